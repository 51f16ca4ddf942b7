//! Where an event stands among those of its topic.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Grows with every event of a topic; as text two numbers, `1763791200000-7`. Over Redis it is the stream's own (milliseconds and
/// a number among those of the same one). Within one process it is when that began, in milliseconds, and a number that grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventId {
    pub(super) since: u64,
    pub(super) number: u64,
}

/// A text that is no event's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no event's id, such as 1763791200000-7")]
pub struct NoEventId;

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.since, self.number)
    }
}

impl FromStr for EventId {
    type Err = NoEventId;

    fn from_str(text: &str) -> Result<Self, NoEventId> {
        let number = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|_| plain).ok_or(NoEventId)
        };
        let (since, rest) = text.split_once('-').ok_or(NoEventId)?;
        Ok(Self { since: number(since)?, number: number(rest)? })
    }
}

impl TryFrom<String> for EventId {
    type Error = NoEventId;

    fn try_from(text: String) -> Result<Self, NoEventId> {
        text.parse()
    }
}

impl From<EventId> for String {
    fn from(id: EventId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_two_numbers_and_sort_as_such() {
        let ids = ["9-10", "10-2", "10-10"].map(|text| text.parse::<EventId>().unwrap());
        assert!(ids[0] < ids[1] && ids[1] < ids[2]);
        assert_eq!(serde_json::to_string(&ids[2]).unwrap(), "\"10-10\"");
        assert_eq!(serde_json::from_str::<EventId>("\"10-10\"").unwrap(), ids[2]);
        for bad in ["", "-", "5", "5-", "-5", "+5-1", "5-1-1", " 5-1", "$", "99999999999999999999-0", "a-b"] {
            assert!(bad.parse::<EventId>().is_err(), "{bad:?}");
        }
    }
}
