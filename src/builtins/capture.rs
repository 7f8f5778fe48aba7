//! `binding.capture`: heap snapshots on request.

use super::method;
use crate::capture::{self, Contents};
use crate::engine::string;

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "takeSnapshot", take_snapshot);
    method(scope, target, "setNearHeapLimit", set_near_heap_limit);
    method(scope, target, "setOomSnapshot", set_oom_snapshot);
}

/// `takeSnapshot(path | undefined, exposeInternals, exposeNumericValues, plain)` → the path of the file,
/// or `[negative errno, syscall, path]`.
fn take_snapshot(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = args.get(0);
    let path = (!path.is_undefined()).then(|| path.to_rust_string_lossy(scope));
    let contents = Contents {
        expose_internals: args.get(1).is_true(),
        expose_numeric_values: args.get(2).is_true(),
        plain: args.get(3).is_true(),
    };
    match capture::take_snapshot(scope, path.as_deref().map(str::as_bytes), contents) {
        Ok(path) => {
            let path = string(scope, &String::from_utf8_lossy(&path));
            result.set(path.into());
        }
        Err(error) => {
            let errno = v8::Integer::new(scope, -error.errno.0).into();
            let syscall = string(scope, error.step).into();
            let path = string(scope, &String::from_utf8_lossy(&error.path)).into();
            result.set(v8::Array::new_with_elements(scope, &[errno, syscall, path]).into());
        }
    }
}

/// `setNearHeapLimit(times)`: how many snapshots to take before the heap's limit stands.
fn set_near_heap_limit(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let times = args.get(0).uint32_value(scope).unwrap_or(0);
    capture::set_near_heap_limit(times);
}

/// `setOomSnapshot(pattern)`: the path of automatic snapshots, as of `--oom-snapshot`, unless the
/// command line has named one.
fn set_oom_snapshot(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    capture::set_oom_snapshot(args.get(0).to_rust_string_lossy(scope).into());
}
