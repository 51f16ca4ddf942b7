//! Threads that work on tasks without waiting for each other, while their results come in the order of the tasks.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Scope};

/// Ends when it is dropped, each thread with the task at hand.
pub struct Crew<T, R> {
    tasks: Sender<(usize, T)>,
    results: Receiver<(usize, thread::Result<R>)>,
    /// Results that were not taken yet, by their tasks' places.
    early: BTreeMap<usize, thread::Result<R>>,
    given: usize,
    taken: usize,
}

impl<T: Send, R: Send> Crew<T, R> {
    /// So many threads that do this work.
    pub fn gather<'scope, 'env>(
        scope: &'scope Scope<'scope, 'env>,
        number: usize,
        work: impl Fn(T) -> R + Send + Sync + 'scope,
    ) -> Self
    where
        T: 'scope,
        R: 'scope,
    {
        let (tasks, inbox) = channel::<(usize, T)>();
        let (outbox, results) = channel();
        let (inbox, work) = (Arc::new(Mutex::new(inbox)), Arc::new(work));
        for _ in 0..number {
            let (inbox, work, outbox) = (Arc::clone(&inbox), Arc::clone(&work), outbox.clone());
            scope.spawn(move || {
                loop {
                    // Held while waiting: whoever comes next waits here instead.
                    let task = inbox.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((place, task)) = task else { break };
                    let result = catch_unwind(AssertUnwindSafe(|| work(task)));
                    if outbox.send((place, result)).is_err() {
                        break;
                    }
                }
            });
        }
        Self { tasks, results, early: BTreeMap::new(), given: 0, taken: 0 }
    }

    /// A task for whoever is free next.
    pub fn give(&mut self, task: T) {
        // Threads end with this crew, so that there always is one that receives.
        let _ = self.tasks.send((self.given, task));
        self.given += 1;
    }

    /// Tasks so far.
    pub fn given(&self) -> usize {
        self.given
    }

    /// Tasks that are not done.
    pub fn busy(&self) -> usize {
        self.given - self.taken - self.early.len()
    }

    /// Whether the result of every task was taken.
    pub fn is_idle(&self) -> bool {
        self.taken == self.given
    }

    /// Waits until a task is done, whichever it is.
    pub fn wait(&mut self) {
        if self.busy() > 0
            && let Ok((place, result)) = self.results.recv()
        {
            self.early.insert(place, result);
        }
    }

    /// The result of the first task whose result was not taken yet, if it is done. A panic of that task goes on here.
    pub fn take(&mut self) -> Option<R> {
        let result = self.early.remove(&self.taken)?;
        self.taken += 1;
        Some(result.unwrap_or_else(|panic| resume_unwind(panic)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread::scope;

    use super::*;

    fn drained<T: Send, R: Send>(crew: &mut Crew<T, R>) -> Vec<R> {
        let mut taken = Vec::new();
        while crew.busy() > 0 {
            crew.wait();
            taken.extend(std::iter::from_fn(|| crew.take()));
        }
        taken
    }

    #[test]
    fn results_come_in_the_order_of_the_tasks_and_nobody_waits_for_a_slow_one() {
        let slow = Barrier::new(2);
        let work = |task: u32| {
            // The first goes on only once the last is at work, which another thread must have come to.
            if [0, 9].contains(&task) {
                slow.wait();
            }
            task * 2
        };
        scope(|scope| {
            let mut crew = Crew::gather(scope, 2, work);
            assert!(crew.is_idle());
            (0..10).for_each(|task| crew.give(task));
            assert_eq!((crew.given(), crew.busy(), crew.is_idle()), (10, 10, false));
            assert_eq!(drained(&mut crew), [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
            assert!(crew.is_idle());
            crew.wait();
            assert_eq!(crew.take(), None);
        });
    }

    #[test]
    fn a_panic_comes_in_its_place_and_the_threads_live_on() {
        let found = catch_unwind(AssertUnwindSafe(|| {
            scope(|scope| {
                let mut crew = Crew::gather(scope, 1, |task: u32| assert_ne!(task, 1, "out of memory"));
                crew.give(0);
                crew.wait();
                assert_eq!(crew.take(), Some(()));
                crew.give(1);
                crew.give(2);
                crew.wait();
                crew.wait();
                assert_eq!(crew.busy(), 0, "the task after it was done, too");
                crew.take()
            })
        }));
        let said = found.unwrap_err();
        assert!(said.downcast_ref::<String>().is_some_and(|said| said.contains("out of memory")));
    }

    #[test]
    fn what_was_not_begun_is_left_when_the_crew_goes() {
        let (begun, go) = (Mutex::new(0), Barrier::new(2));
        scope(|scope| {
            let mut crew = Crew::gather(scope, 1, |()| {
                *begun.lock().unwrap() += 1;
                go.wait();
            });
            crew.give(());
            crew.give(());
            drop(crew);
            go.wait();
        });
        assert_eq!(*begun.lock().unwrap(), 1);
    }
}
