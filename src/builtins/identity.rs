//! The part of `binding.process` that changes who the process is: user, groups, title.

#![expect(unsafe_code, reason = "plain libc calls")]

use std::ffi::CString;
use std::mem::MaybeUninit;
use std::sync::OnceLock;
use std::{fs, ptr};

use super::{method, string_arg};

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "userId", user_id);
    method(scope, target, "groupId", group_id);
    method(scope, target, "setId", set_id);
    method(scope, target, "setGroups", set_groups);
    method(scope, target, "initGroups", init_groups);
    method(scope, target, "setTitle", set_title);
}

/// Room for one line of the password or the group file.
const ENTRY_BYTES: usize = 64 * 1024;

/// `userId(name)` → the number, or undefined where nobody has the name.
fn user_id(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let name = CString::new(string_arg(scope, &args, 0)).unwrap_or_default();
    let mut entry = MaybeUninit::<libc::passwd>::zeroed();
    let mut buffer = vec![0; ENTRY_BYTES];
    let mut found = ptr::null_mut();
    // SAFETY: the name ends with a NUL; entry and buffer are writable for their sizes.
    unsafe {
        libc::getpwnam_r(
            name.as_ptr(),
            entry.as_mut_ptr(),
            buffer.as_mut_ptr(),
            buffer.len(),
            &raw mut found,
        )
    };
    if !found.is_null() {
        // SAFETY: not null, so the entry was filled.
        result.set_uint32(unsafe { entry.assume_init() }.pw_uid);
    }
}

/// `groupId(name)` → the number, or undefined where there is no such group.
fn group_id(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let name = CString::new(string_arg(scope, &args, 0)).unwrap_or_default();
    let mut entry = MaybeUninit::<libc::group>::zeroed();
    let mut buffer = vec![0; ENTRY_BYTES];
    let mut found = ptr::null_mut();
    // SAFETY: the name ends with a NUL; entry and buffer are writable for their sizes.
    unsafe {
        libc::getgrnam_r(
            name.as_ptr(),
            entry.as_mut_ptr(),
            buffer.as_mut_ptr(),
            buffer.len(),
            &raw mut found,
        )
    };
    if !found.is_null() {
        // SAFETY: not null, so the entry was filled.
        result.set_uint32(unsafe { entry.assume_init() }.gr_gid);
    }
}

/// 0, or the negative errno of a call that gave -1.
fn status(outcome: i32) -> i32 {
    if outcome == 0 {
        return 0;
    }
    let error = std::io::Error::last_os_error();
    -error.raw_os_error().unwrap_or(libc::EINVAL)
}

/// `setId(call, number)`, where `call` is one of `setuid`, `seteuid`, `setgid`, `setegid` → 0 or a
/// negative errno.
fn set_id(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let call = string_arg(scope, &args, 0);
    let id = args.get(1).uint32_value(scope).unwrap_or(u32::MAX);
    let outcome = match call.as_str() {
        // SAFETY: takes any number, as do the others.
        "setuid" => unsafe { libc::setuid(id) },
        // SAFETY: as above.
        "seteuid" => unsafe { libc::seteuid(id) },
        // SAFETY: as above.
        "setgid" => unsafe { libc::setgid(id) },
        // SAFETY: as above.
        _ => unsafe { libc::setegid(id) },
    };
    result.set_int32(status(outcome));
}

/// `setGroups(numbers)` → 0 or a negative errno.
fn set_groups(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Ok(array) = v8::Local::<v8::Array>::try_from(args.get(0)) else {
        return;
    };
    let groups: Vec<libc::gid_t> = (0..array.length())
        .filter_map(|index| array.get_index(scope, index)?.uint32_value(scope))
        .collect();
    // SAFETY: the list has this length.
    result.set_int32(status(unsafe {
        libc::setgroups(groups.len(), groups.as_ptr())
    }));
}

/// `initGroups(user name, extra group)` → 0 or a negative errno.
fn init_groups(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let name = CString::new(string_arg(scope, &args, 0)).unwrap_or_default();
    let group = args.get(1).uint32_value(scope).unwrap_or(u32::MAX);
    // SAFETY: the name ends with a NUL.
    result.set_int32(status(unsafe { libc::initgroups(name.as_ptr(), group) }));
}

/// Start and length of the memory that `ps` shows as the command line (proc(5): fields 48 and 49 of
/// `/proc/self/stat`). The kernel put it on the main thread's stack; it stays for the process's life.
fn command_line() -> Option<(usize, usize)> {
    static AREA: OnceLock<Option<(usize, usize)>> = OnceLock::new();
    *AREA.get_or_init(|| {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        // The command's name, in parentheses, may hold spaces; field 3 follows it.
        let (_, after) = stat.rsplit_once(") ")?;
        let mut fields = after.split(' ').skip(45);
        let begin: usize = fields.next()?.parse().ok()?;
        let end: usize = fields.next()?.trim().parse().ok()?;
        (begin != 0 && end > begin).then(|| (begin, end - begin))
    })
}

/// `setTitle(title)`: what `ps` and `top` show, as far as the command line has room for it.
fn set_title(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let title = string_arg(scope, &args, 0);
    let name = CString::new(title.replace('\0', "")).unwrap_or_default();
    // SAFETY: the name ends with a NUL; the kernel takes its first 15 bytes.
    unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
    let Some((start, length)) = command_line() else {
        return;
    };
    let shown = name.as_bytes().len().min(length - 1);
    let area = ptr::with_exposed_provenance_mut::<u8>(start);
    // SAFETY: the area is writable memory that nothing in this program holds a reference to; `env`
    // reads it anew each time, and still finds strings that end.
    unsafe { ptr::copy_nonoverlapping(name.as_ptr().cast(), area, shown) };
    // SAFETY: as above; the rest of the area.
    unsafe { ptr::write_bytes(area.wrapping_add(shown), 0, length - shown) };
}
