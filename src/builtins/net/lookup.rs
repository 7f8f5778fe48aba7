//! Names to addresses and back, by the system's resolver on the pool.

use std::net::SocketAddr;

use dns_lookup::{AddrInfoHints, LookupError, getaddrinfo, getnameinfo};

use super::{Args, Ret, Scope, address_of};
use crate::builtins::async_context::AsyncContext;
use crate::builtins::{method, string_arg, string_array};
use crate::engine::{call_only, host};

/// glibc's; the crate has it not.
const EAI_ADDRFAMILY: i32 = -9;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "lookup", lookup);
    method(scope, target, "lookupService", lookup_service);
}

/// libuv's number for an error of `getaddrinfo`.
fn uv_error(error: &LookupError) -> i32 {
    match error.error_num() {
        EAI_ADDRFAMILY => -3000,
        libc::EAI_AGAIN => -3001,
        libc::EAI_BADFLAGS => -3002,
        libc::EAI_FAIL => -3004,
        libc::EAI_FAMILY => -3005,
        libc::EAI_MEMORY => -3006,
        libc::EAI_NODATA => -3007,
        libc::EAI_NONAME => -3008,
        libc::EAI_OVERFLOW => -3009,
        libc::EAI_SERVICE => -3010,
        libc::EAI_SOCKTYPE => -3011,
        libc::EAI_SYSTEM => -libc::EIO,
        // A name that cannot be asked for.
        _ => -libc::EINVAL,
    }
}

/// Does `work` on the pool, then `callback(errno)` or `callback(0, strings)`.
fn submit(
    scope: &mut Scope<'_, '_>,
    callback: v8::Local<v8::Value>,
    work: impl FnOnce() -> Result<Vec<String>, i32> + Send + 'static,
) {
    let Ok(callback) = v8::Local::<v8::Function>::try_from(callback) else {
        return;
    };
    let callback = v8::Global::new(scope, callback);
    let context = AsyncContext::current(scope);
    host(scope)
        .event_loop
        .spawn_blocking(work, move |scope, found| {
            context.run(scope, |scope| {
                let callback = v8::Local::new(scope, callback);
                let status = found.as_ref().err().copied().unwrap_or(0);
                let status = v8::Integer::new(scope, status).into();
                let found = string_array(scope, found.unwrap_or_default()).into();
                call_only(scope, callback, &[status, found]);
            });
        });
}

/// `lookup(name, family, hints, callback)`: `callback(errno)` or `callback(0, addresses)`, in the
/// resolver's order. `family` is 4, 6 or 0, `hints` are `AI_*`.
fn lookup(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let name = string_arg(scope, &args, 0);
    let address = match args.get(1).int32_value(scope) {
        Some(4) => libc::AF_INET,
        Some(6) => libc::AF_INET6,
        _ => libc::AF_UNSPEC,
    };
    let hints = AddrInfoHints {
        flags: args.get(2).int32_value(scope).unwrap_or(0),
        address,
        socktype: libc::SOCK_STREAM,
        protocol: 0,
    };
    submit(scope, args.get(3), move || {
        let found =
            getaddrinfo(Some(&name), None, Some(hints)).map_err(|error| uv_error(&error))?;
        Ok(found
            .flatten()
            .map(|entry| text_of(entry.sockaddr))
            .collect())
    });
}

/// An address without its port.
fn text_of(address: SocketAddr) -> String {
    match address {
        SocketAddr::V6(v6) if v6.scope_id() != 0 => {
            format!("{}%{}", v6.ip(), super::interface_name(v6.scope_id()))
        }
        _ => address.ip().to_string(),
    }
}

/// `lookupService(address, port, callback)`: `callback(errno)` or `callback(0, [host, service])`.
fn lookup_service(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let text = string_arg(scope, &args, 0);
    let port = args.get(1).uint32_value(scope).unwrap_or(0);
    let address = u16::try_from(port)
        .ok()
        .and_then(|port| address_of(&text, port));
    submit(scope, args.get(2), move || {
        let address = address.ok_or(-libc::EINVAL)?;
        let flags = libc::NI_NAMEREQD;
        let (host, service) = getnameinfo(&address, flags).map_err(|error| uv_error(&error))?;
        Ok(vec![host, service])
    });
}
