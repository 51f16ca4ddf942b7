//! How many requests may be inside at once, and when to come back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::error::ApiError;

/// What one request takes, before the first has ended.
const FIRST_GUESS: Duration = Duration::from_secs(10);
/// Weight of the newest request in the mean.
const NEWEST: f64 = 0.3;
const LONGEST: Duration = Duration::from_secs(600);

/// The places of a server. The models work at one request at a time, so a place is free again each time they end one.
#[derive(Debug)]
pub(super) struct Admission {
    places: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    next: u64,
    /// Requests inside and when they came, oldest first.
    inside: Vec<(u64, Instant)>,
    /// Mean of what one takes, without its wait for those before it.
    mean: Duration,
    last_end: Option<Instant>,
}

impl Admission {
    pub fn new(places: usize) -> Arc<Self> {
        let state = State { next: 0, inside: Vec::new(), mean: FIRST_GUESS, last_end: None };
        Arc::new(Self { places, state: Mutex::new(state) })
    }

    /// A place, kept until the ticket is dropped.
    ///
    /// # Errors
    /// All are taken; the error says when the next should be free.
    pub fn enter(self: &Arc<Self>) -> Result<Ticket, ApiError> {
        let mut state = self.state();
        if state.inside.len() >= self.places {
            return Err(ApiError::busy(state.until_free(Instant::now())));
        }
        let id = state.next;
        state.next += 1;
        state.inside.push((id, Instant::now()));
        Ok(Ticket { admission: self.clone(), id })
    }

    /// Requests inside, and how many there may be.
    pub fn taken(&self) -> (usize, usize) {
        (self.state().inside.len(), self.places)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Since when the models have been at the oldest request.
    fn since(&self) -> Option<Instant> {
        let (_, came) = self.inside.first()?;
        Some(self.last_end.map_or(*came, |end| end.max(*came)))
    }

    /// Whole seconds, at least one.
    fn until_free(&self, now: Instant) -> u64 {
        let spent = self.since().map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        let left = self.mean.saturating_sub(spent).min(LONGEST);
        (left.as_secs_f64().ceil() as u64).max(1)
    }

    fn leave(&mut self, id: u64, now: Instant) {
        let Some(index) = self.inside.iter().position(|(other, _)| *other == id) else { return };
        if let (0, Some(since)) = (index, self.since()) {
            let took = now.saturating_duration_since(since);
            self.mean = self.mean.mul_f64(1.0 - NEWEST) + took.mul_f64(NEWEST);
        }
        self.inside.remove(index);
        self.last_end = Some(now);
    }
}

/// The right to be worked for.
#[derive(Debug)]
pub(super) struct Ticket {
    admission: Arc<Admission>,
    id: u64,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.admission.state().leave(self.id, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_ticket_is_dropped() {
        let admission = Admission::new(2);
        let first = admission.enter().unwrap();
        let _second = admission.enter().unwrap();
        let busy = admission.enter().unwrap_err();
        assert_eq!((busy.status.as_u16(), busy.retry_after), (429, Some(10)));
        drop(first);
        assert_eq!(admission.taken(), (1, 2));
        assert!(admission.enter().is_ok());
    }

    #[test]
    fn the_pause_follows_what_requests_took_less_what_has_passed() {
        let now = Instant::now();
        let seconds = Duration::from_secs;
        let mut state =
            State { next: 0, inside: vec![(0, now), (1, now)], mean: seconds(100), last_end: None };
        assert_eq!(state.until_free(now + seconds(30)), 70);
        assert_eq!(state.until_free(now + seconds(300)), 1, "overdue: any moment");
        state.leave(0, now + seconds(200));
        assert_eq!(state.mean, seconds(130));
        // The second has been worked on since the first ended.
        assert_eq!(state.until_free(now + seconds(210)), 120);
        state.mean = seconds(100_000);
        assert_eq!(state.until_free(now + seconds(200)), 600);
    }
}
