//! `binding.net`: sockets of the system, by their descriptors. Once connected, a descriptor becomes a
//! pipe (`binding.pipe`), which reads and writes.
//!
//! What the system refuses is a negative errno.

#![expect(unsafe_code, reason = "descriptors are plain numbers to JavaScript")]

mod lookup;
mod udp;
mod waiting;

use std::ffi::CString;
use std::io;
use std::mem::ManuallyDrop;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::fd::{FromRawFd, IntoRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, TcpKeepalive, Type};

use super::{constant, method, string_arg};
use crate::engine::string;

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

/// libuv's `UV_TCP_IPV6ONLY` and `UV_TCP_REUSEPORT`, Node's flags of `bind`.
const IPV6_ONLY: u32 = 1;
const REUSE_PORT: u32 = 2;

/// Most programs have no sockets: the natives come when `load()` is called.
pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "load", load);
}

/// `load()`: puts all others on the binding.
fn load(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let target = args.this();
    method(scope, target, "socket", socket);
    method(scope, target, "bind", bind);
    method(scope, target, "name", name);
    method(scope, target, "peerName", peer_name);
    method(scope, target, "setNoDelay", set_no_delay);
    method(scope, target, "setKeepAlive", set_keep_alive);
    method(scope, target, "setTypeOfService", set_type_of_service);
    method(scope, target, "getTypeOfService", type_of_service);
    method(scope, target, "setReset", set_reset);
    method(scope, target, "kind", kind);
    waiting::fill(scope, target);
    udp::fill(scope, target);
    lookup::fill(scope, target);
}

fn errno_of(error: &io::Error) -> i32 {
    -error.raw_os_error().unwrap_or(libc::EINVAL)
}

fn status_of(result: io::Result<()>) -> i32 {
    result.map_or_else(|error| errno_of(&error), |()| 0)
}

/// The socket of argument 0. A number that is no socket is refused by the system.
fn socket_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>) -> io::Result<ManuallyDrop<Socket>> {
    borrowed(args.get(0).int32_value(scope).unwrap_or(-1))
}

/// The socket of a descriptor, which stays open.
fn borrowed(fd: RawFd) -> io::Result<ManuallyDrop<Socket>> {
    if fd < 0 {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    // SAFETY: not negative, given to system calls only, and never closed through this.
    let socket = unsafe { Socket::from_raw_fd(fd) };
    Ok(ManuallyDrop::new(socket))
}

/// An address as text, with `%` and an interface where IPv6 has a scope.
fn address_of(text: &str, port: u16) -> Option<SocketAddr> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Some(SocketAddr::new(ip, port));
    }
    let (ip, zone) = text.split_once('%')?;
    let ip: Ipv6Addr = ip.parse().ok()?;
    let scope_id = zone.parse().ok().or_else(|| {
        let zone = CString::new(zone).ok()?;
        // SAFETY: a string that ends with NUL.
        Some(unsafe { libc::if_nametoindex(zone.as_ptr()) })
    })?;
    Some(SocketAddrV6::new(ip, port, 0, scope_id).into())
}

/// Arguments `index` and `index + 1`: an address and a port, or a path and undefined.
fn address_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> io::Result<SockAddr> {
    let text = string_arg(scope, args, index);
    if args.get(index + 1).is_undefined() {
        return path_address(&text);
    }
    let port = args.get(index + 1).uint32_value(scope).unwrap_or(0);
    let address = u16::try_from(port)
        .ok()
        .and_then(|port| address_of(&text, port));
    address
        .map(SockAddr::from)
        .ok_or_else(|| io::Error::from_raw_os_error(libc::EINVAL))
}

/// A path, or a name of Linux's abstract namespace, which begins with NUL.
fn path_address(text: &str) -> io::Result<SockAddr> {
    let path = std::ffi::OsStr::from_bytes(text.as_bytes());
    SockAddr::unix(path).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))
}

/// `{ address, family, port }`; for a path its text.
fn address_into_js<'s>(scope: &mut Scope<'s, '_>, address: &SockAddr) -> v8::Local<'s, v8::Value> {
    if let Some(address) = address.as_socket() {
        return socket_address_into_js(scope, address).into();
    }
    let path = address.as_unix().and_then(|address| {
        let path = address.as_pathname()?;
        Some(path.to_string_lossy().into_owned())
    });
    let path = path.or_else(|| {
        let name = address.as_abstract_namespace()?;
        Some(format!("\0{}", String::from_utf8_lossy(name)))
    });
    string(scope, &path.unwrap_or_default()).into()
}

fn socket_address_into_js<'s>(
    scope: &mut Scope<'s, '_>,
    address: SocketAddr,
) -> v8::Local<'s, v8::Object> {
    let target = v8::Object::new(scope);
    let mut text = address.ip().to_string();
    if let SocketAddr::V6(v6) = address
        && v6.scope_id() != 0
    {
        text.push('%');
        text.push_str(&interface_name(v6.scope_id()));
    }
    let text = string(scope, &text).into();
    constant(scope, target, "address", text);
    let family = string(scope, if address.is_ipv4() { "IPv4" } else { "IPv6" }).into();
    constant(scope, target, "family", family);
    let port = v8::Integer::new(scope, i32::from(address.port())).into();
    constant(scope, target, "port", port);
    target
}

/// The interface that an IPv6 address names with `%`; 0 is none.
fn interface_index(address: &SocketAddr) -> u32 {
    match address {
        SocketAddr::V6(v6) => v6.scope_id(),
        SocketAddr::V4(_) => 0,
    }
}

fn interface_name(index: u32) -> String {
    let mut name = [0_u8; libc::IF_NAMESIZE];
    // SAFETY: room for the longest name.
    let found = unsafe { libc::if_indextoname(index, name.as_mut_ptr().cast()) };
    if found.is_null() {
        return index.to_string();
    }
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(0);
    String::from_utf8_lossy(&name[..end]).into_owned()
}

/// `socket(family, datagrams)` → a descriptor that does not wait, or a negative errno. `family` is 4,
/// 6, or 0 for sockets with a path.
fn socket(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let domain = match args.get(0).int32_value(scope) {
        Some(4) => Domain::IPV4,
        Some(6) => Domain::IPV6,
        _ => Domain::UNIX,
    };
    let kind = if args.get(1).boolean_value(scope) {
        Type::DGRAM
    } else {
        Type::STREAM
    };
    let made = Socket::new(domain, kind.nonblocking(), None);
    result.set_int32(made.map_or_else(|error| errno_of(&error), IntoRawFd::into_raw_fd));
}

/// `bind(fd, address, port, flags)` or `bind(fd, path)` → 0 or a negative errno. Of Node's flags.
fn bind(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let flags = args.get(3).uint32_value(scope).unwrap_or(0);
    let bound = socket_arg(scope, &args).and_then(|socket| {
        let address = address_arg(scope, &args, 1)?;
        if !address.is_unix() {
            socket.set_reuse_address(true)?;
            if flags & REUSE_PORT != 0 {
                socket.set_reuse_port(true)?;
            }
            if address.is_ipv6() {
                socket.set_only_v6(flags & IPV6_ONLY != 0)?;
            }
        }
        socket.bind(&address)
    });
    result.set_int32(status_of(bound));
}

/// `name(fd)` → `{ address, family, port }`, a path, or a negative errno.
fn name(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    match socket_arg(scope, &args).and_then(|socket| socket.local_addr()) {
        Ok(address) => result.set(address_into_js(scope, &address)),
        Err(error) => result.set_int32(errno_of(&error)),
    }
}

/// `peerName(fd)`, likewise.
fn peer_name(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    match socket_arg(scope, &args).and_then(|socket| socket.peer_addr()) {
        Ok(address) => result.set(address_into_js(scope, &address)),
        Err(error) => result.set_int32(errno_of(&error)),
    }
}

/// `setNoDelay(fd, on)` → 0 or a negative errno.
fn set_no_delay(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let on = args.get(1).boolean_value(scope);
    let set = socket_arg(scope, &args).and_then(|socket| socket.set_tcp_nodelay(on));
    result.set_int32(status_of(set));
}

/// `setKeepAlive(fd, on, delay)` → 0 or a negative errno. `delay` in seconds; then a probe a second,
/// ten of them, as libuv asks for.
fn set_keep_alive(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let on = args.get(1).boolean_value(scope);
    let delay = args.get(2).uint32_value(scope).unwrap_or(0);
    let set = socket_arg(scope, &args).and_then(|socket| {
        socket.set_keepalive(on)?;
        if !on || delay == 0 {
            return Ok(());
        }
        let probes = TcpKeepalive::new()
            .with_time(Duration::from_secs(delay.into()))
            .with_interval(Duration::from_secs(1))
            .with_retries(10);
        socket.set_tcp_keepalive(&probes)
    });
    result.set_int32(status_of(set));
}

/// `setTypeOfService(fd, number)` → 0 or a negative errno.
fn set_type_of_service(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let tos = args.get(1).uint32_value(scope).unwrap_or(0);
    let set = socket_arg(scope, &args).and_then(|socket| match socket.domain()? {
        Domain::IPV6 => socket.set_tclass_v6(tos),
        _ => socket.set_tos_v4(tos),
    });
    result.set_int32(status_of(set));
}

/// `getTypeOfService(fd)` → a number, or a negative errno.
fn type_of_service(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let tos = socket_arg(scope, &args).and_then(|socket| match socket.domain()? {
        Domain::IPV6 => socket.tclass_v6(),
        _ => socket.tos_v4(),
    });
    match tos {
        Ok(tos) => result.set_uint32(tos),
        Err(error) => result.set_int32(errno_of(&error)),
    }
}

/// `setReset(fd)` → 0 or a negative errno: closing it resets the connection.
fn set_reset(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let set = socket_arg(scope, &args).and_then(|socket| socket.set_linger(Some(Duration::ZERO)));
    result.set_int32(status_of(set));
}

/// `kind(fd)` → `tcp`, `udp`, `path` or, for what is no socket, undefined.
fn kind(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let found = socket_arg(scope, &args).and_then(|socket| {
        let kind = socket.r#type()?;
        Ok(match socket.domain()? {
            Domain::UNIX => "path",
            _ if kind == Type::DGRAM => "udp",
            _ => "tcp",
        })
    });
    if let Ok(name) = found {
        result.set(string(scope, name).into());
    }
}

/// The socket is the caller's, who closes it.
fn into_descriptor(socket: Socket) -> RawFd {
    socket.into_raw_fd()
}
