//! Tracking of heap objects: V8 notes where each is allocated, and its own snapshots carry that.
#![expect(unsafe_code, reason = "V8's C++ API by its symbols")]

use crate::capture::snapshot::{Opaque, heap_profiler};
use std::cell::Cell;

unsafe extern "C" {
    #[link_name = "_ZN2v812HeapProfiler24StartTrackingHeapObjectsEb"]
    fn start_tracking_heap_objects(profiler: *mut Opaque, allocations: bool);

    #[link_name = "_ZN2v812HeapProfiler23StopTrackingHeapObjectsEv"]
    fn stop_tracking_heap_objects(profiler: *mut Opaque);
}

thread_local! {
    static TRACKING: Cell<bool> = const { Cell::new(false) };
}

/// Starts to track objects, with the stack of each allocation if `allocations`; `false` where that
/// is under way.
pub fn start(isolate: &mut v8::Isolate, allocations: bool) -> bool {
    if TRACKING.replace(true) {
        return false;
    }
    let profiler = heap_profiler(isolate);
    // SAFETY: the profiler lives as long as the isolate, and nothing is tracked yet, which is what
    // V8 asks for.
    unsafe { start_tracking_heap_objects(profiler, allocations) };
    true
}

/// Ends it; what was noted is forgotten. `false` where nothing was tracked.
pub fn stop(isolate: &mut v8::Isolate) -> bool {
    let was_on = TRACKING.replace(false);
    if was_on {
        let profiler = heap_profiler(isolate);
        // SAFETY: as above.
        unsafe { stop_tracking_heap_objects(profiler) };
    }
    was_on
}
