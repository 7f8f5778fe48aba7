//! `binding.leakTest`: objects that should go. Snapshots and what grows are `binding.leakRunner`'s.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use super::leak_runner::{answer, with_graph};
use super::{method, string_arg};
use crate::capture;
use crate::heap::{Path, Routes, SourcePath};

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "track", track);
    method(scope, target, "count", count);
    method(scope, target, "wayTo", way_to);
    method(scope, target, "forget", forget);
}

thread_local! {
    /// By group; weak handles, so that nothing in the heap speaks of them.
    static TRACKED: RefCell<FxHashMap<u32, Vec<v8::Weak<v8::Object>>>> = RefCell::default();
}

fn group_of(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> u32 {
    args.get(index).uint32_value(scope).unwrap_or(0)
}

/// `track(group, object)`.
fn track(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let group = group_of(scope, &args, 0);
    let Ok(object) = v8::Local::<v8::Object>::try_from(args.get(1)) else {
        return;
    };
    let weak = v8::Weak::new(scope, object);
    TRACKED.with_borrow_mut(|tracked| tracked.entry(group).or_default().push(weak));
}

/// `count(group)` -> how many of its objects are there, and how many it had.
fn count(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let group = group_of(scope, &args, 0);
    let counts = TRACKED.with_borrow(|tracked| {
        let objects = tracked.get(&group).map_or(&[][..], Vec::as_slice);
        let alive = objects.iter().filter(|weak| !weak.is_empty()).count();
        [alive, objects.len()]
    });
    let counts = counts.map(|count| {
        v8::Integer::new_from_unsigned(scope, u32::try_from(count).unwrap_or(u32::MAX)).into()
    });
    result.set(v8::Array::new_with_elements(scope, &counts).into());
}

/// `wayTo(path, group)` -> where the first of its objects that is still there is in the program, as
/// JSON; null where nothing leads to it. Or what failed, as `leakRunner.look`. The snapshot stays at
/// `path`.
fn way_to(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = string_arg(scope, &args, 0);
    let group = group_of(scope, &args, 1);
    let found = with_graph(scope, path, |scope, _, graph| {
        // The snapshot has given it its id.
        let object = TRACKED.with_borrow(|tracked| {
            let mut objects = tracked.get(&group)?.iter();
            objects.find_map(|weak| weak.to_local(scope))
        });
        let id = object.map(|object| capture::object_id(scope, object.into()));
        let node = graph.nodes().find(|node| Some(graph.id(*node)) == id);
        let routes = Routes::find(graph);
        let way = node
            .filter(|node| routes.before(*node).is_some())
            .map(|node| SourcePath::of(graph, &Path::to(graph, &routes, node)).text);
        serde_json::to_string(&way).unwrap_or_default()
    });
    answer(scope, found, &mut result);
}

/// `forget(group)`: tracks its objects no longer.
fn forget(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let group = group_of(scope, &args, 0);
    TRACKED.with_borrow_mut(|tracked| tracked.remove(&group));
}
