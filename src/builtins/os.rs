//! `binding.os`: what `os` needs from the system.

#![expect(unsafe_code, reason = "plain libc calls")]

use std::ffi::CStr;
use std::fs;
use std::mem::MaybeUninit;

use super::{constant, method};
use crate::engine::string;

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "uname", uname);
    method(scope, target, "memory", memory);
    method(scope, target, "loadavg", loadavg);
    method(scope, target, "uptime", uptime);
    method(scope, target, "cpuinfo", cpuinfo);
    method(scope, target, "parallelism", parallelism);
    method(scope, target, "userInfo", user_info);
    method(scope, target, "getPriority", get_priority);
    method(scope, target, "setPriority", set_priority);
    method(scope, target, "networkInterfaces", network_interfaces);
}

/// `uname()` → `{ sysname, nodename, release, version, machine }`.
fn uname(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let mut names = MaybeUninit::<libc::utsname>::zeroed();
    // SAFETY: fills the utsname.
    unsafe { libc::uname(names.as_mut_ptr()) };
    // SAFETY: filled above (and zero is valid).
    let names = unsafe { names.assume_init() };
    let target = v8::Object::new(scope);
    let fields = [
        ("sysname", &names.sysname),
        ("nodename", &names.nodename),
        ("release", &names.release),
        ("version", &names.version),
        ("machine", &names.machine),
    ];
    for (name, field) in fields {
        // SAFETY: uname ends each field with a NUL.
        let text = unsafe { CStr::from_ptr(field.as_ptr()) }.to_string_lossy();
        let text = string(scope, &text).into();
        constant(scope, target, name, text);
    }
    result.set(target.into());
}

/// `memory()` → `[total, available]` in bytes (`/proc/meminfo`'s `MemTotal` and `MemAvailable`).
#[expect(clippy::cast_precision_loss, reason = "below 2^53 bytes")]
fn memory(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().split(' ').next()?.parse::<u64>().ok()
    };
    let total = field("MemTotal:").unwrap_or(0) * 1024;
    let available = field("MemAvailable:").unwrap_or(0) * 1024;
    let total = v8::Number::new(scope, total as f64).into();
    let available = v8::Number::new(scope, available as f64).into();
    result.set(v8::Array::new_with_elements(scope, &[total, available]).into());
}

/// `loadavg()` → three numbers.
fn loadavg(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let mut loads = [0.0; 3];
    // SAFETY: room for three.
    unsafe { libc::getloadavg(loads.as_mut_ptr(), 3) };
    let loads = loads.map(|load| v8::Number::new(scope, load).into());
    result.set(v8::Array::new_with_elements(scope, &loads).into());
}

/// `uptime()` → seconds since boot.
fn uptime(_scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let text = fs::read_to_string("/proc/uptime").unwrap_or_default();
    result.set_double(
        text.split(' ')
            .next()
            .and_then(|text| text.parse().ok())
            .unwrap_or(0.0),
    );
}

/// `cpuinfo()` → the texts of `/proc/cpuinfo` and `/proc/stat`, for JavaScript to take apart.
fn cpuinfo(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let info = string(scope, &info).into();
    let stat = string(scope, &stat).into();
    result.set(v8::Array::new_with_elements(scope, &[info, stat]).into());
}

fn parallelism(_scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let count = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    result.set_uint32(u32::try_from(count).unwrap_or(u32::MAX));
}

/// `userInfo()` → `{ uid, gid, username, homedir, shell }` from the password file, or a negative
/// errno.
fn user_info(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let mut entry = MaybeUninit::<libc::passwd>::zeroed();
    let mut buffer = vec![0; 16 * 1024];
    let mut found = std::ptr::null_mut();
    // SAFETY: getuid cannot fail.
    let uid = unsafe { libc::getuid() };
    // SAFETY: entry and buffer are writable for the sizes given and outlive the use below.
    let status = unsafe {
        libc::getpwuid_r(
            uid,
            entry.as_mut_ptr(),
            buffer.as_mut_ptr(),
            buffer.len(),
            &raw mut found,
        )
    };
    if status != 0 || found.is_null() {
        result.set_int32(if status == 0 { -libc::ENOENT } else { -status });
        return;
    }
    // SAFETY: found is not null, so entry was filled.
    let entry = unsafe { entry.assume_init() };
    let target = v8::Object::new(scope);
    let uid = v8::Integer::new_from_unsigned(scope, entry.pw_uid).into();
    constant(scope, target, "uid", uid);
    let gid = v8::Integer::new_from_unsigned(scope, entry.pw_gid).into();
    constant(scope, target, "gid", gid);
    for (name, text) in [
        ("username", entry.pw_name),
        ("homedir", entry.pw_dir),
        ("shell", entry.pw_shell),
    ] {
        // SAFETY: getpwuid_r's strings end with a NUL and lie in buffer.
        let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
        let text = string(scope, &text).into();
        constant(scope, target, name, text);
    }
    result.set(target.into());
}

/// `getPriority(pid)` → `[errno, nice value]`: 0 or a negative errno, since -1 is a nice value.
fn get_priority(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let pid = args.get(0).uint32_value(scope).unwrap_or(0);
    // SAFETY: errno is this thread's own.
    unsafe { *libc::__errno_location() = 0 };
    // SAFETY: takes any numbers.
    let nice = unsafe { libc::getpriority(libc::PRIO_PROCESS, pid) };
    // SAFETY: as above.
    let errno = if nice == -1 {
        unsafe { *libc::__errno_location() }
    } else {
        0
    };
    let pair = [-errno, nice].map(|number| v8::Integer::new(scope, number).into());
    result.set(v8::Array::new_with_elements(scope, &pair).into());
}

/// `setPriority(pid, nice value)` → 0 or a negative errno.
fn set_priority(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let pid = args.get(0).uint32_value(scope).unwrap_or(0);
    let nice = args.get(1).int32_value(scope).unwrap_or(0);
    // SAFETY: takes any numbers.
    let outcome = unsafe { libc::setpriority(libc::PRIO_PROCESS, pid, nice) };
    let error = std::io::Error::last_os_error();
    result.set_int32(if outcome == 0 {
        0
    } else {
        -error.raw_os_error().unwrap_or(libc::EINVAL)
    });
}

/// The interface's hardware address as the kernel shows it.
fn hardware_address(interface: &str) -> String {
    let text = fs::read_to_string(format!("/sys/class/net/{interface}/address"));
    text.map_or_else(
        |_| "00:00:00:00:00:00".to_owned(),
        |text| text.trim().to_owned(),
    )
}

/// `networkInterfaces()` → flat array of `name, family (4|6), address, netmask, internal, mac,
/// scopeid` for each address of an interface that is up.
fn network_interfaces(scope: &mut Scope<'_, '_>, _args: Args<'_>, mut result: Ret<'_>) {
    let mut values: Vec<v8::Local<v8::Value>> = Vec::new();
    let mut first = std::ptr::null_mut();
    // SAFETY: fills the pointer on success; freed below.
    if unsafe { libc::getifaddrs(&raw mut first) } != 0 {
        return;
    }
    let mut next = first;
    while !next.is_null() {
        // SAFETY: a node of the list, valid until freeifaddrs.
        let entry = unsafe { *next };
        next = entry.ifa_next;
        let flags = entry.ifa_flags.cast_signed();
        if flags & (libc::IFF_UP | libc::IFF_RUNNING) != libc::IFF_UP | libc::IFF_RUNNING {
            continue;
        }
        let Some((family, address, scope_id)) = ip_of(entry.ifa_addr) else {
            continue;
        };
        let netmask = ip_of(entry.ifa_netmask).map_or(String::new(), |(_, mask, _)| mask);
        // SAFETY: the name ends with a NUL.
        let name = unsafe { CStr::from_ptr(entry.ifa_name) }.to_string_lossy();
        let internal = flags & libc::IFF_LOOPBACK != 0;
        values.push(string(scope, &name).into());
        values.push(v8::Integer::new(scope, family).into());
        values.push(string(scope, &address).into());
        values.push(string(scope, &netmask).into());
        values.push(v8::Boolean::new(scope, internal).into());
        values.push(string(scope, &hardware_address(&name)).into());
        values.push(v8::Integer::new_from_unsigned(scope, scope_id).into());
    }
    // SAFETY: the list came from getifaddrs and is not used again.
    unsafe { libc::freeifaddrs(first) };
    result.set(v8::Array::new_with_elements(scope, &values).into());
}

/// Family, text form and scope of an IP socket address.
fn ip_of(address: *const libc::sockaddr) -> Option<(i32, String, u32)> {
    if address.is_null() {
        return None;
    }
    // SAFETY: not null, so a sockaddr of at least its common head.
    let family = i32::from(unsafe { (*address).sa_family });
    match family {
        libc::AF_INET => {
            // SAFETY: the family says that it is a sockaddr_in.
            let v4 = unsafe { address.cast::<libc::sockaddr_in>().read_unaligned() };
            let ip = std::net::Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Some((4, ip.to_string(), 0))
        }
        libc::AF_INET6 => {
            // SAFETY: the family says that it is a sockaddr_in6.
            let v6 = unsafe { address.cast::<libc::sockaddr_in6>().read_unaligned() };
            let ip = std::net::Ipv6Addr::from(v6.sin6_addr.s6_addr);
            Some((6, ip.to_string(), v6.sin6_scope_id))
        }
        _ => None,
    }
}
