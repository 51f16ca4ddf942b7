//! What was told within this process, kept for a while for those who were away.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::hub::Hub;
use super::{Event, EventId, KEPT, KEPT_FOR, Told, Topic};
use crate::clock;

pub(super) struct Memory {
    /// Ids of another life of this process are none of ours.
    began: u64,
    hub: Hub,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Of the newest event of all topics.
    number: u64,
    topics: HashMap<Topic, Ring>,
    swept: Option<Instant>,
}

/// The newest events of a topic: everything after `floor`.
struct Ring {
    floor: u64,
    /// Without the event where that is too large to be kept.
    events: VecDeque<(u64, Option<Event>)>,
    used: Instant,
}

impl Kept {
    fn ring(&mut self, topic: Topic) -> &mut Ring {
        let floor = self.number;
        let new = || Ring { floor, events: VecDeque::new(), used: Instant::now() };
        let ring = self.topics.entry(topic).or_insert_with(new);
        ring.used = Instant::now();
        ring
    }

    /// Forgets topics to which nothing has happened for long.
    fn sweep(&mut self) {
        if self.swept.is_none_or(|at| at.elapsed() > KEPT_FOR / 60) {
            self.topics.retain(|_, ring| ring.used.elapsed() < KEPT_FOR);
            self.swept = Some(Instant::now());
        }
    }
}

impl Memory {
    pub(super) fn new(hub: Hub) -> Self {
        let began = u64::try_from(clock::now().timestamp_millis()).unwrap_or_default();
        Self { began, hub, kept: Mutex::default() }
    }

    fn id(&self, number: u64) -> EventId {
        EventId { since: self.began, number }
    }

    /// Keeps an event, if it is not too large, and hands it on: both in one order, whoever publishes at once.
    pub(super) fn publish(&self, topic: Topic, event: &Event, large: bool) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.sweep();
        let ring = kept.ring(topic);
        if ring.events.len() >= KEPT
            && let Some((number, _)) = ring.events.pop_front()
        {
            ring.floor = number;
        }
        kept.number += 1;
        let number = kept.number;
        kept.ring(topic).events.push_back((number, (!large).then(|| event.clone())));
        self.hub.send(topic, Told { id: self.id(number), event: event.clone() });
    }

    /// Where the topic ends now.
    pub(super) fn position(&self, topic: Topic) -> EventId {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.sweep();
        let ring = kept.ring(topic);
        let last = ring.events.back().map_or(ring.floor, |(number, _)| *number);
        self.id(last)
    }

    /// What was told after `after`; `None` if that is not known any more.
    pub(super) fn since(&self, topic: Topic, after: EventId) -> Option<Vec<Told>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let ring = kept.topics.get(&topic)?;
        let known = after.since == self.began && (ring.floor..=kept.number).contains(&after.number);
        if !known {
            return None;
        }
        let missed = ring.events.iter().filter(|(number, _)| *number > after.number);
        missed.map(|(number, event)| Some(Told { id: self.id(*number), event: event.clone()? })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TranscriptId;

    fn event(n: usize) -> Event {
        Event::Duration { duration: n as f64 }
    }

    fn told(memory: &Memory, topic: Topic, after: EventId) -> Option<Vec<f64>> {
        let length = |told: Told| match told.event {
            Event::Duration { duration } => duration,
            other => panic!("{other:?}"),
        };
        Some(memory.since(topic, after)?.into_iter().map(length).collect())
    }

    #[test]
    fn what_was_told_meanwhile_is_told_again_once_and_in_order() {
        let memory = Memory::new(Hub::default());
        let (one, other) = (Topic::Transcript(TranscriptId::new()), Topic::Lists);
        let begin = memory.position(one);
        assert_eq!(told(&memory, one, begin), Some(vec![]));
        memory.publish(one, &event(1), false);
        memory.publish(other, &event(7), false);
        memory.publish(one, &event(2), false);
        assert_eq!(told(&memory, one, begin), Some(vec![1.0, 2.0]));
        let end = memory.position(one);
        assert!(end > begin);
        assert_eq!(told(&memory, one, end), Some(vec![]));
        assert_eq!(told(&memory, other, memory.position(other)), Some(vec![]));
    }

    #[test]
    fn what_is_too_old_too_large_or_of_another_life_is_not_known() {
        let memory = Memory::new(Hub::default());
        let topic = Topic::Transcript(TranscriptId::new());
        let begin = memory.position(topic);
        assert_eq!(told(&memory, Topic::Lists, begin), None, "nobody has listened there");
        for n in 0..KEPT {
            memory.publish(topic, &event(n), false);
        }
        assert_eq!(told(&memory, topic, begin).unwrap().len(), KEPT, "all that is kept");
        let now = memory.position(topic);
        memory.publish(topic, &event(0), false);
        assert_eq!(told(&memory, topic, begin), None, "too old");
        memory.publish(topic, &event(0), true);
        assert_eq!(told(&memory, topic, now), None, "too large");
        let end = memory.position(topic);
        assert_eq!(told(&memory, topic, end), Some(vec![]));
        let strange = EventId { since: end.since + 1, ..end };
        assert_eq!(told(&memory, topic, strange), None, "another life");
        let future = EventId { number: end.number + 1, ..end };
        assert_eq!(told(&memory, topic, future), None, "never told");
    }
}
