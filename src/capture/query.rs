//! Which objects of the heap have a prototype in their chain (`v8.queryObjects`), and which id an
//! object has in snapshots.
//!
//! `HeapProfiler::QueryObjects` by its symbol, as in `snapshot`: it asks a `QueryObjectPredicate` of
//! ours about each object that is alive. We keep those that we want ourselves, so that V8's vector
//! of results stays empty.
#![expect(unsafe_code, reason = "V8's C++ API by its symbols")]

use super::snapshot::{Opaque, Table, heap_profiler, ignore};
use std::ffi::c_void;
use std::ptr;

unsafe extern "C" {
    #[link_name = "_ZN2v812HeapProfiler12QueryObjectsENS_5LocalINS_7ContextEEEPNS_20QueryObjectPredicateEPNSt4__Cr6vectorINS_6GlobalINS_6ObjectEEENS6_9allocatorISA_EEEE"]
    fn query_objects_of(
        profiler: *mut Opaque,
        context: *const v8::Context,
        predicate: *mut Opaque,
        objects: *mut [*const c_void; 3],
    );

    #[link_name = "_ZN2v812HeapProfiler11GetObjectIdENS_5LocalINS_5ValueEEE"]
    fn id_of(profiler: *mut Opaque, value: *const v8::Value) -> u32;
}

/// `v8::QueryObjectPredicate`.
#[repr(C)]
struct Predicate<'t> {
    table: &'t Functions,
    isolate: v8::UnsafeRawIsolatePtr,
    context: v8::Global<v8::Context>,
    prototype: v8::Global<v8::Object>,
    found: Vec<v8::Global<v8::Object>>,
}

#[repr(C)]
struct Functions {
    destroy: extern "C" fn(*mut c_void),
    destroy_and_free: extern "C" fn(*mut c_void),
    filter: extern "C" fn(*mut Predicate<'_>, v8::Local<'_, v8::Object>) -> bool,
}

static TABLE: Table<Functions> = Table {
    offset_to_top: 0,
    type_information: ptr::null(),
    functions: Functions {
        destroy: ignore,
        destroy_and_free: ignore,
        filter,
    },
};

extern "C" fn filter(predicate: *mut Predicate<'_>, object: v8::Local<'_, v8::Object>) -> bool {
    // SAFETY: V8 passes the object that `query_objects` lent to it.
    unsafe { &mut *predicate }.look_at(object);
    false
}

impl Predicate<'_> {
    fn look_at(&mut self, object: v8::Local<'_, v8::Object>) {
        // SAFETY: the isolate outlives the query, which runs on its thread.
        let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr_unchecked(self.isolate) };
        v8::scope_with_context!(let scope, &mut isolate, &self.context);
        let wanted: v8::Local<v8::Value> = v8::Local::new(scope, &self.prototype).into();
        let mut next = object.get_prototype(scope);
        while let Some(prototype) = next {
            if prototype == wanted {
                self.found.push(v8::Global::new(scope, object));
                return;
            }
            let object = v8::Local::<v8::Object>::try_from(prototype);
            next = object.ok().and_then(|object| object.get_prototype(scope));
        }
    }
}

/// The objects that are alive and have `prototype` in their chain. Collects garbage.
pub fn query_objects(
    scope: &mut v8::PinScope<'_, '_>,
    prototype: v8::Local<'_, v8::Object>,
) -> Vec<v8::Global<v8::Object>> {
    let context = scope.get_current_context();
    let mut predicate = Predicate {
        table: &TABLE.functions,
        // SAFETY: only the pointer is taken; it is used while this call lasts.
        isolate: unsafe { scope.as_raw_isolate_ptr() },
        context: v8::Global::new(scope, context),
        prototype: v8::Global::new(scope, prototype),
        found: Vec::new(),
    };
    // An empty `std::vector`; nothing is put into it.
    let mut objects = [ptr::null(); 3];
    let profiler = heap_profiler(scope);
    // SAFETY: the profiler lives as long as the isolate; handle, predicate and vector outlive the
    // call.
    unsafe {
        query_objects_of(
            profiler,
            ptr::from_ref(&*context),
            (&raw mut predicate).cast(),
            &raw mut objects,
        );
    }
    predicate.found
}

/// The id that an object has in snapshots; 0 where none was taken that gave it one.
pub fn object_id(scope: &mut v8::PinScope<'_, '_>, value: v8::Local<'_, v8::Value>) -> u32 {
    let profiler = heap_profiler(scope);
    // SAFETY: the profiler lives as long as the isolate; the handle outlives the call.
    unsafe { id_of(profiler, ptr::from_ref(&*value)) }
}
