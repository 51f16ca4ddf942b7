//! Names and colours of speakers. The colour is never the only sign: the name is always printed.

use std::collections::BTreeMap;

use crate::model::{Participant, Segment};
use crate::web::say::say_with;

/// Colours in the style sheet (`.sp0` …).
const COLOURS: i32 = 8;

/// A speaker as a paragraph shows it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Who {
    pub speaker: i32,
    pub name: String,
    pub colour: i32,
}

/// Names that people gave to voices.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(BTreeMap<i32, String>);

impl Names {
    pub fn new(participants: &[Participant]) -> Self {
        let named =
            participants.iter().filter_map(|person| Some((person.speaker?, person.name.trim().to_owned())));
        Self(named.filter(|(_, name)| !name.is_empty()).collect())
    }

    /// The name given, if one was.
    pub fn given(&self, speaker: i32) -> Option<&str> {
        self.0.get(&speaker).map(String::as_str)
    }

    /// The name given, else "Speaker 1" and so on.
    pub fn shown(&self, speaker: i32) -> String {
        self.given(speaker).map_or_else(|| label(speaker), str::to_owned)
    }

    pub fn who(&self, speaker: i32) -> Who {
        Who { speaker, name: self.shown(speaker), colour: speaker.rem_euclid(COLOURS) }
    }
}

/// What an unnamed voice is called: people count from one.
pub(crate) fn label(speaker: i32) -> String {
    say_with("people-speaker", &[("number", speaker.saturating_add(1).into())])
}

/// A line of the list of speakers.
#[derive(Clone, Debug)]
pub(crate) struct PersonView {
    pub speaker: i32,
    /// "Speaker 1", whatever the name.
    pub label: String,
    pub name: String,
    /// Empty if none was given.
    pub given: String,
    pub colour: i32,
    /// Of the time that anybody speaks, 0 to 100.
    pub percent: u32,
    /// "62 %"
    pub share: String,
}

/// Everybody who speaks, by number, with the share of the talking.
pub(super) fn people(segments: &[Segment], names: &Names) -> Vec<PersonView> {
    let mut seconds: BTreeMap<i32, f64> = BTreeMap::new();
    for segment in segments {
        if let Some(speaker) = segment.speaker {
            *seconds.entry(speaker).or_default() += (segment.end - segment.start).max(0.0);
        }
    }
    let all: f64 = seconds.values().sum();
    seconds
        .into_iter()
        .map(|(speaker, spoken)| {
            let percent = if all > 0.0 { (spoken / all * 100.0).round() as u32 } else { 0 };
            let Who { name, colour, .. } = names.who(speaker);
            PersonView {
                speaker,
                label: label(speaker),
                name,
                given: names.given(speaker).unwrap_or_default().to_owned(),
                colour,
                percent,
                share: say_with("people-share", &[("percent", percent.into())]),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_names_count_from_one() {
        let segment = |speaker, start: f64, end: f64| Segment {
            idx: 0,
            start,
            end,
            speaker,
            text: String::new(),
            words: Vec::new(),
            channel: 0,
        };
        let segments = [segment(Some(0), 0.0, 3.0), segment(Some(1), 3.0, 4.0), segment(None, 4.0, 9.0)];
        let shown = people(&segments, &Names(BTreeMap::from([(1, "Ada".to_owned())])));
        assert_eq!(shown.iter().map(|person| person.percent).collect::<Vec<_>>(), [75, 25]);
        assert_eq!(shown.iter().map(|person| person.name.as_str()).collect::<Vec<_>>(), ["Speaker 1", "Ada"]);
        assert_eq!(Names::default().who(9).colour, 1);
    }
}
