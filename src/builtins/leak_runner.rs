//! `binding.leakRunner`: what a scenario leaves behind, told by snapshots between rounds of it, and
//! references of the live heap that are cut to prove it.

use std::cell::RefCell;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use super::{method, string_arg};
use crate::capture::{self, Contents};
use crate::engine::string;
use crate::heap::rounds::Rounds;
use crate::heap::{Graph, Release, Snapshot, SnapshotFile};
use crate::report::text::rank;

type Args<'s> = v8::FunctionCallbackArguments<'s>;
type Ret<'s> = v8::ReturnValue<'s>;
type Scope<'a, 'b> = v8::PinScope<'a, 'b>;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "collect", collect);
    method(scope, target, "begin", begin);
    method(scope, target, "look", look);
    method(scope, target, "survivors", survivors);
    method(scope, target, "objectsById", objects_by_id);
    method(scope, target, "forgetVariable", forget_variable);
}

thread_local! {
    static ROUNDS: RefCell<Option<Rounds>> = const { RefCell::new(None) };
}

/// `collect()`: collects all garbage.
fn collect(scope: &mut Scope<'_, '_>, _args: Args<'_>, _result: Ret<'_>) {
    scope.low_memory_notification();
}

/// `begin(wantsCuts)`: forgets what was seen of another scenario. Leaks come with what would have to be
/// cut where that is wanted.
fn begin(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let wants_cuts = args.get(0).boolean_value(scope);
    ROUNDS.set(Some(Rounds::new(rank, wants_cuts)));
}

/// `look(path, repetitions)` -> what has grown in every round so far, as JSON; or `[errno, syscall,
/// path]`, or `[undefined, message]`. The snapshot stays at `path`.
fn look(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = string_arg(scope, &args, 0);
    let repetitions = u64::from(args.get(1).uint32_value(scope).unwrap_or(0));
    let found = with_graph(scope, path, |_, snapshot, graph| {
        let mut rounds = ROUNDS.take().unwrap_or_else(|| Rounds::new(rank, false));
        let leaks = rounds.look(snapshot, graph, repetitions);
        ROUNDS.set(Some(rounds));
        serde_json::to_string(&leaks).unwrap_or_default()
    });
    answer(scope, found, &mut result);
}

/// `survivors(path, number)` -> what is still there of leak `number` of the last look, as JSON; or as
/// `look` what failed.
fn survivors(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let path = string_arg(scope, &args, 0);
    let number = args.get(1).uint32_value(scope).unwrap_or(0) as usize;
    let found = with_graph(scope, path, |_, _, graph| {
        ROUNDS.with_borrow(|rounds| {
            let survivors = rounds
                .as_ref()
                .map(|rounds| rounds.survivors(graph, number));
            serde_json::to_string(&survivors).unwrap_or_default()
        })
    });
    answer(scope, found, &mut result);
}

/// `objectsById(ids)` -> the objects with these ids in snapshots, undefined where there is none.
fn objects_by_id(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Ok(list) = v8::Local::<v8::Array>::try_from(args.get(0)) else {
        return;
    };
    let ids: Vec<u32> = (0..list.length())
        .map(|at| {
            let id = list.get_index(scope, at);
            id.and_then(|id| id.uint32_value(scope)).unwrap_or(0)
        })
        .collect();
    let objects: Vec<v8::Local<v8::Value>> = capture::objects_by_id(scope, &ids)
        .into_iter()
        .map(|object| match object {
            Some(object) => v8::Local::new(scope, object).into(),
            None => v8::undefined(scope).into(),
        })
        .collect();
    result.set(v8::Array::new_with_elements(scope, &objects).into());
}

/// `forgetVariable(function, name)` -> whether the function sees that variable, which is undefined now.
fn forget_variable(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let function = v8::Local::<v8::Function>::try_from(args.get(0));
    let name = v8::Local::<v8::String>::try_from(args.get(1));
    if let (Ok(function), Ok(name)) = (function, name) {
        result.set_bool(capture::forget_variable(scope, function, name));
    }
}

/// Why there is no answer.
pub(super) enum Failed {
    /// The snapshot could not be written.
    Capture(i32, &'static str, PathBuf),
    /// It could not be read.
    Reading(String),
}

/// Takes a snapshot at `path` and reads it.
pub(super) fn with_graph<T>(
    scope: &mut Scope<'_, '_>,
    path: String,
    read: impl FnOnce(&mut Scope<'_, '_>, &Snapshot<'_>, &Graph<'_>) -> T,
) -> Result<T, Failed> {
    let path = OsString::from(path);
    let contents = Contents {
        plain: true,
        ..Contents::default()
    };
    capture::take_snapshot(scope, Some(path.as_bytes()), contents).map_err(|error| {
        let path = OsString::from_vec(error.path).into();
        Failed::Capture(error.errno.0, error.step, path)
    })?;
    let failed = |error: &dyn std::fmt::Display| Failed::Reading(error.to_string());
    #[expect(unsafe_code, reason = "see below")]
    // SAFETY: nobody writes to a snapshot once it is complete; the next one replaces it.
    let file = unsafe { SnapshotFile::open(path.as_ref()) }.map_err(|error| failed(&error))?;
    let snapshot = Snapshot::parse(file.bytes()).map_err(|error| failed(&error))?;
    let graph = Graph::build(&snapshot, &Release::nothing()).map_err(|error| failed(&error))?;
    Ok(read(scope, &snapshot, &graph))
}

pub(super) fn answer(
    scope: &mut Scope<'_, '_>,
    found: Result<String, Failed>,
    result: &mut Ret<'_>,
) {
    let parts: [v8::Local<v8::Value>; 3] = match found {
        Ok(text) => {
            result.set(string(scope, &text).into());
            return;
        }
        Err(Failed::Capture(errno, syscall, path)) => [
            v8::Integer::new(scope, -errno).into(),
            string(scope, syscall).into(),
            string(scope, &path.to_string_lossy()).into(),
        ],
        Err(Failed::Reading(message)) => [
            v8::undefined(scope).into(),
            string(scope, &message).into(),
            v8::undefined(scope).into(),
        ],
    };
    result.set(v8::Array::new_with_elements(scope, &parts).into());
}
