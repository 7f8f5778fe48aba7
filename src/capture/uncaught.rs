//! Errors that nobody caught and that say that memory ran out.

use super::trigger;

/// The messages of V8's own `RangeError`s for a request that memory could not
/// meet (`src/common/message-template.h`, `src/wasm/wasm-js.cc`).
const MESSAGES: &[&str] = &[
    "Array buffer allocation failed",
    "Invalid string length",
    "Maximum BigInt size exceeded",
    "Map maximum size exceeded",
    "Set maximum size exceeded",
    "could not allocate memory",
    "Unable to grow instance memory",
    "Maximum memory size exceeded",
    "Out of memory",
];

/// Captures, if `exception` says that memory ran out: tier 0, a snapshot, the
/// summary, as far as the budget goes. Call it before the error is printed; the
/// process then ends as it would have.
pub fn account_for_uncaught(scope: &mut v8::PinScope<'_, '_>, exception: v8::Local<'_, v8::Value>) {
    if !exception.is_native_error() {
        return;
    }
    let message = v8::Exception::create_message(scope, exception)
        .get(scope)
        .to_rust_string_lossy(scope);
    let message = message.strip_prefix("Uncaught ").unwrap_or(&message);
    if tells_of_memory(message) {
        trigger::uncaught(scope, exception, message);
    }
}

/// Whether the error `Class: message` is one of V8's about memory.
fn tells_of_memory(message: &str) -> bool {
    message
        .strip_prefix("RangeError: ")
        .is_some_and(|rest| MESSAGES.iter().any(|known| rest.ends_with(known)))
}

#[cfg(test)]
mod tests {
    use super::tells_of_memory;

    #[test]
    fn v8s_range_errors_about_memory() {
        for message in [
            "RangeError: Array buffer allocation failed",
            "RangeError: Invalid string length",
            "RangeError: WebAssembly.Memory(): could not allocate memory",
            "RangeError: WebAssembly.Memory.grow(): Unable to grow instance memory",
            "RangeError: WebAssembly.Memory.grow(): Maximum memory size exceeded",
            "RangeError: Map maximum size exceeded",
        ] {
            assert!(tells_of_memory(message), "{message}");
        }
    }

    #[test]
    fn other_errors_are_no_matter_of_memory() {
        for message in [
            "RangeError: Invalid array length",
            "RangeError: Maximum call stack size exceeded",
            "Error: Array buffer allocation failed",
            "TypeError: Invalid string length",
        ] {
            assert!(!tells_of_memory(message), "{message}");
        }
    }
}
