//! Which objects of the heap have a prototype in their chain (`v8.queryObjects`), or certain ids in
//! snapshots, and which id an object has.
//!
//! `HeapProfiler::QueryObjects` by its symbol, as in `snapshot`: it asks a `QueryObjectPredicate` of
//! ours about each object that is alive. We keep those that we want ourselves, so that V8's vector
//! of results stays empty.
#![expect(unsafe_code, reason = "V8's C++ API by its symbols")]

use super::snapshot::{Opaque, Table, heap_profiler, ignore};
use rustc_hash::FxHashMap;
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
struct Predicate<'a> {
    table: &'a Functions,
    look_at: &'a mut dyn FnMut(v8::Local<'_, v8::Object>),
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
    // SAFETY: V8 passes the object that `for_each_object` lent to it.
    (unsafe { &mut *predicate }.look_at)(object);
    false
}

/// Shows all objects that are alive. Collects garbage.
fn for_each_object(
    scope: &mut v8::PinScope<'_, '_>,
    look_at: &mut dyn FnMut(v8::Local<'_, v8::Object>),
) {
    let context = scope.get_current_context();
    let mut predicate = Predicate {
        table: &TABLE.functions,
        look_at,
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
}

/// The objects that are alive and have `prototype` in their chain. Collects garbage.
pub fn query_objects(
    scope: &mut v8::PinScope<'_, '_>,
    prototype: v8::Local<'_, v8::Object>,
) -> Vec<v8::Global<v8::Object>> {
    let current = scope.get_current_context();
    let context = v8::Global::new(scope, current);
    let prototype = v8::Global::new(scope, prototype);
    // SAFETY: only the pointer is taken; it is used while this call lasts.
    let isolate = unsafe { scope.as_raw_isolate_ptr() };
    let mut found = Vec::new();
    for_each_object(scope, &mut |object| {
        // SAFETY: the isolate outlives the query, which runs on its thread.
        let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr_unchecked(isolate) };
        v8::scope_with_context!(let scope, &mut isolate, &context);
        let wanted: v8::Local<v8::Value> = v8::Local::new(scope, &prototype).into();
        let mut next = object.get_prototype(scope);
        while let Some(prototype) = next {
            if prototype == wanted {
                found.push(v8::Global::new(scope, object));
                return;
            }
            let object = v8::Local::<v8::Object>::try_from(prototype);
            next = object.ok().and_then(|object| object.get_prototype(scope));
        }
    });
    found
}

/// The objects with these ids in snapshots, in their order; `None` for what is not there any more, or
/// is nothing that a script can have. One walk of the heap. Collects garbage.
pub fn objects_by_id(
    scope: &mut v8::PinScope<'_, '_>,
    ids: &[u32],
) -> Vec<Option<v8::Global<v8::Object>>> {
    let mut wanted: FxHashMap<u32, Option<v8::Global<v8::Object>>> =
        ids.iter().map(|id| (*id, None)).collect();
    let profiler = heap_profiler(scope);
    // SAFETY: only the pointer is taken; it is used while this call lasts.
    let isolate = unsafe { scope.as_raw_isolate_ptr() };
    for_each_object(scope, &mut |object| {
        // SAFETY: as in `object_id`.
        let id = unsafe { id_of(profiler, ptr::from_ref::<v8::Object>(&*object).cast()) };
        if let Some(place) = wanted.get_mut(&id) {
            // SAFETY: the isolate outlives the query, which runs on its thread.
            let isolate = unsafe { v8::Isolate::from_raw_isolate_ptr_unchecked(isolate) };
            *place = Some(v8::Global::new(&isolate, object));
        }
    });
    ids.iter()
        .map(|id| wanted.get(id).cloned().flatten())
        .collect()
}

/// The id that an object has in snapshots; 0 where none was taken that gave it one.
pub fn object_id(scope: &mut v8::PinScope<'_, '_>, value: v8::Local<'_, v8::Value>) -> u32 {
    let profiler = heap_profiler(scope);
    // SAFETY: the profiler lives as long as the isolate; the handle outlives the call.
    unsafe { id_of(profiler, ptr::from_ref(&*value)) }
}
