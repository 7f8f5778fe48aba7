//! Work spread over the machine's cores.

use std::sync::{Mutex, PoisonError};
use std::thread;

/// Threads worth starting: as many as the process may use cores.
pub(super) fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Calls `work` with each of `tasks`, which are taken in order, on all cores; the results are in
/// the order of the tasks. Where no thread can be started the caller's does it all.
pub(super) fn each<T, R>(tasks: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R>
where
    T: Send,
    R: Send,
{
    let helpers = threads().min(tasks.len()).saturating_sub(1);
    let queue = Mutex::new(tasks.into_iter().enumerate());
    let run = || {
        let mut done = Vec::new();
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((at, task)) = next else { break };
            done.push((at, work(task)));
        }
        done
    };
    let mut done = thread::scope(|scope| {
        let started: Vec<_> = (0..helpers)
            .map_while(|_| thread::Builder::new().spawn_scoped(scope, run).ok())
            .collect();
        let mut done = run();
        for helper in started {
            match helper.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Runs both, at the same time where a thread can be started.
///
/// # Panics
/// Where one of them does.
pub fn both<A, B>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B)
where
    A: Send,
    B: Send,
{
    let a = Mutex::new(Some(a));
    let first = || {
        let taken = a.lock().unwrap_or_else(PoisonError::into_inner).take();
        taken.map(|a| a())
    };
    thread::scope(|scope| {
        let helper = if threads() > 1 {
            thread::Builder::new().spawn_scoped(scope, first).ok()
        } else {
            None
        };
        let b = b();
        let a = match helper.map(thread::ScopedJoinHandle::join) {
            Some(Ok(a)) => a,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => first(),
        };
        (a.expect("the only one to take it"), b)
    })
}

/// The first error of several results, or all of what came.
pub(super) fn all<T, E>(results: Vec<Result<T, E>>) -> Result<Vec<T>, E> {
    results.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_tasks() {
        let squares = each((0..1000_u64).collect(), |n| n * n);
        assert!((0..1000).zip(squares).all(|(n, square)| n * n == square));
        assert!(each(Vec::<u8>::new(), |n| n).is_empty());
        assert_eq!(both(|| 1, || "b"), (1, "b"));
    }
}
