//! Environments that threads share (`SHARE_ENV`), by number.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

type Variables = BTreeMap<String, String>;

static SHARED: LazyLock<Mutex<Vec<Variables>>> = LazyLock::new(Mutex::default);

fn shared() -> MutexGuard<'static, Vec<Variables>> {
    SHARED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes an environment in and returns its number. It stays for good.
pub fn add(variables: Variables) -> usize {
    let mut shared = shared();
    shared.push(variables);
    shared.len() - 1
}

/// Does something with an environment; nothing where there is none of that number.
pub fn with<T>(number: usize, work: impl FnOnce(&mut Variables) -> T) -> Option<T> {
    shared().get_mut(number).map(work)
}
