use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A flag that asks long work to stop; clones share it. Work looks at it often and ends with its error for "cancelled".
///
/// Because work looks at each of its steps, the looks are also a sign of life: see [`counted_by`](Self::counted_by).
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    flag: Arc<AtomicBool>,
    looks: Option<Arc<AtomicU64>>,
}

impl Cancel {
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for the stop; it can't be taken back.
    pub fn cancel(&self) {
        self.flag.store(true, Ordering::Release);
    }

    pub fn is_cancelled(&self) -> bool {
        if let Some(looks) = &self.looks {
            looks.fetch_add(1, Ordering::Relaxed);
        }
        self.flag.load(Ordering::Acquire)
    }

    /// The same flag; each look at this one and its clones is counted in `looks`.
    #[must_use]
    pub fn counted_by(&self, looks: Arc<AtomicU64>) -> Self {
        Self { flag: self.flag.clone(), looks: Some(looks) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_the_flag() {
        let cancel = Cancel::new();
        let seen_elsewhere = cancel.clone();
        assert!(!seen_elsewhere.is_cancelled());
        cancel.cancel();
        assert!(seen_elsewhere.is_cancelled());
    }

    #[test]
    fn looks_of_the_work_are_counted_and_those_of_others_are_not() {
        let (cancel, looks) = (Cancel::new(), Arc::new(AtomicU64::new(0)));
        let works = cancel.counted_by(looks.clone()).clone();
        assert!(!works.is_cancelled() && !works.is_cancelled() && !cancel.is_cancelled());
        assert_eq!(looks.load(Ordering::Relaxed), 2);
        cancel.cancel();
        assert!(works.is_cancelled());
    }
}
