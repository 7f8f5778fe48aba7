//! What each garbage collection does to the heap, for `v8.GCProfiler`.
#![expect(unsafe_code, reason = "V8's callbacks and their data pointers")]

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// The heap at one moment, sizes in bytes.
type Figures = Value;

struct Record {
    kind: &'static str,
    before: Figures,
    /// Microseconds.
    cost: u128,
    after: Figures,
}

#[derive(Default)]
struct Log {
    under_way: Cell<Option<Instant>>,
    before: RefCell<Figures>,
    records: RefCell<Vec<Record>>,
}

/// Listens to V8 until it is stopped.
pub struct GcProfiler {
    started: u64,
    log: Box<Log>,
}

impl GcProfiler {
    /// Starts to listen.
    #[must_use]
    pub fn start(isolate: &mut v8::Isolate) -> Self {
        let profiler = Self {
            started: now_ms(),
            log: Box::default(),
        };
        let data = profiler.data();
        isolate.add_gc_prologue_callback(before_gc, data, v8::GCType::kGCTypeAll);
        isolate.add_gc_epilogue_callback(after_gc, data, v8::GCType::kGCTypeAll);
        profiler
    }

    /// Ends it; what was heard, in the shape that Node documents.
    #[must_use]
    pub fn stop(self, isolate: &mut v8::Isolate) -> String {
        let data = self.data();
        isolate.remove_gc_prologue_callback(before_gc, data);
        isolate.remove_gc_epilogue_callback(after_gc, data);
        let records = self.log.records.take();
        let statistics: Vec<Value> = records
            .into_iter()
            .map(|record| {
                json!({
                    "gcType": record.kind,
                    "beforeGC": record.before,
                    "cost": u64::try_from(record.cost).unwrap_or(u64::MAX),
                    "afterGC": record.after,
                })
            })
            .collect();
        json!({
            "version": 1,
            "startTime": self.started,
            "statistics": statistics,
            "endTime": now_ms(),
        })
        .to_string()
    }

    fn data(&self) -> *mut c_void {
        std::ptr::from_ref(&*self.log).cast_mut().cast()
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

unsafe extern "C" fn before_gc(
    isolate: v8::UnsafeRawIsolatePtr,
    _kind: v8::GCType,
    _flags: v8::GCCallbackFlags,
    data: *mut c_void,
) {
    // SAFETY: `data` is the log of a profiler, which removes the callback before it goes.
    let log = unsafe { &*data.cast::<Log>() };
    // SAFETY: V8 calls on the isolate's thread, while it lives.
    let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr_unchecked(isolate) };
    log.before.replace(figures(&mut isolate));
    log.under_way.set(Some(Instant::now()));
}

unsafe extern "C" fn after_gc(
    isolate: v8::UnsafeRawIsolatePtr,
    kind: v8::GCType,
    _flags: v8::GCCallbackFlags,
    data: *mut c_void,
) {
    // SAFETY: as above.
    let log = unsafe { &*data.cast::<Log>() };
    let Some(began) = log.under_way.take() else {
        return;
    };
    let cost = began.elapsed().as_micros();
    // SAFETY: as above.
    let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr_unchecked(isolate) };
    let record = Record {
        kind: name(kind),
        before: log.before.take(),
        cost,
        after: figures(&mut isolate),
    };
    log.records.borrow_mut().push(record);
}

fn name(kind: v8::GCType) -> &'static str {
    match kind {
        v8::GCType::kGCTypeScavenge => "Scavenge",
        v8::GCType::kGCTypeMinorMarkSweep => "MinorMarkSweep",
        v8::GCType::kGCTypeMarkSweepCompact => "MarkSweepCompact",
        v8::GCType::kGCTypeIncrementalMarking => "IncrementalMarking",
        v8::GCType::kGCTypeProcessWeakCallbacks => "ProcessWeakCallbacks",
        _ => "Unknown",
    }
}

fn figures(isolate: &mut v8::Isolate) -> Figures {
    let heap = isolate.get_heap_statistics();
    let spaces: Vec<Value> = (0..isolate.number_of_heap_spaces())
        .filter_map(|index| {
            let space = isolate.get_heap_space_statistics(index)?;
            Some(json!({
                "spaceName": space.space_name().to_string_lossy(),
                "spaceSize": space.space_size(),
                "spaceUsedSize": space.space_used_size(),
                "spaceAvailableSize": space.space_available_size(),
                "physicalSpaceSize": space.physical_space_size(),
            }))
        })
        .collect();
    json!({
        "heapStatistics": {
            "totalHeapSize": heap.total_heap_size(),
            "totalHeapSizeExecutable": heap.total_heap_size_executable(),
            "totalPhysicalSize": heap.total_physical_size(),
            "totalAvailableSize": heap.total_available_size(),
            "totalGlobalHandlesSize": heap.total_global_handles_size(),
            "usedGlobalHandlesSize": heap.used_global_handles_size(),
            "usedHeapSize": heap.used_heap_size(),
            "heapSizeLimit": heap.heap_size_limit(),
            "mallocedMemory": heap.malloced_memory(),
            "externalMemory": heap.external_memory(),
            "peakMallocedMemory": heap.peak_malloced_memory(),
        },
        "heapSpaceStatistics": spaces,
    })
}
