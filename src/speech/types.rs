use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::SpeechError;

/// One spoken word. Times are seconds from the start of the recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// With its leading space where the language writes one, and with its punctuation.
    pub text: String,
    pub start: f64,
    pub end: f64,
    /// Mean probability of its tokens, 0 to 1.
    pub probability: f32,
}

/// What the model took for one utterance; its words lie inside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    pub start: f64,
    pub end: f64,
    pub text: String,
    pub words: Vec<Word>,
}

/// One speaker speaking without a pause. Turns of different speakers may overlap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    pub start: f64,
    pub end: f64,
    /// Numbered from 0 in order of first appearance.
    pub speaker: u32,
}

/// A whole recording's words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcription {
    /// Two-letter code as Whisper names it (`en`, `fr`, also `yue`, `haw`).
    pub language: String,
    pub segments: Vec<Segment>,
    /// Seconds.
    pub duration: f64,
}

/// Who spoke when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Diarization {
    /// In order of start.
    pub turns: Vec<Turn>,
    pub speakers: Vec<SpeakerVoice>,
}

impl Diarization {
    /// The turns with one speaker at a time, for whoever can't show two at once: where several talk, the time is that of who
    /// began first until they end; who talks on then has the rest, and who only talked meanwhile has none. In order of start.
    pub fn exclusive(&self) -> Vec<Turn> {
        let mut turns = self.turns.clone();
        turns.sort_by(|a, b| a.start.total_cmp(&b.start));
        let mut taken = 0.0;
        turns.retain_mut(|turn| {
            turn.start = turn.start.max(taken);
            taken = turn.end.max(taken);
            turn.start < turn.end
        });
        turns
    }
}

/// What one speaker sounds like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpeakerVoice {
    pub speaker: u32,
    /// Numbers of unit length, 192 of CAM++; as many as the embedding model has.
    pub embedding: Vec<f32>,
}

/// What the caller knows or wants about a transcription.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TranscribeOptions {
    /// Whisper's code of the language; `None` detects it.
    pub language: Option<String>,
    /// The languages that may be spoken, where `language` is `None`: each window is in one of them. Empty: one language, whichever.
    pub languages: Vec<String>,
    /// Text that the recording goes on from, or names and words to expect: the model leans towards their spelling and style.
    /// Only its last 223 tokens count.
    pub prompt: Option<String>,
    /// Name of the model; `None` takes the engine's own.
    pub model: Option<String>,
    /// Hypotheses kept while decoding, 1 is greedy; `None` takes the engine's own.
    pub beam: Option<usize>,
    pub task: Task,
}

/// What Whisper writes down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Task {
    /// The words, in their own language.
    #[default]
    Transcribe,
    /// English, whatever was spoken. Multilingual models only.
    Translate,
}

/// What the caller knows about who speaks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiarizeOptions {
    /// How many people speak; `None` finds out.
    pub speakers: Option<u32>,
    /// At least so many, where `speakers` is not given.
    pub min_speakers: Option<u32>,
    /// At most so many, where `speakers` is not given.
    pub max_speakers: Option<u32>,
}

impl DiarizeOptions {
    /// The least and the greatest number of speakers.
    ///
    /// # Errors
    /// A number of 0, and numbers that contradict each other; the message names them.
    pub fn bounds(&self) -> Result<RangeInclusive<usize>, SpeechError> {
        let refuse = |what: String| Err(SpeechError::Request(what));
        let given = [
            ("speakers", self.speakers),
            ("min_speakers", self.min_speakers),
            ("max_speakers", self.max_speakers),
        ];
        if let Some((name, _)) = given.iter().find(|(_, number)| *number == Some(0)) {
            return refuse(format!("{name} is 0; it must be at least 1"));
        }
        let least = self.min_speakers.unwrap_or(1);
        let most = self.max_speakers.unwrap_or(u32::MAX);
        if least > most {
            return refuse(format!("min_speakers is {least}, more than max_speakers, which is {most}"));
        }
        match self.speakers {
            Some(number) if number < least => {
                refuse(format!("speakers is {number}, less than min_speakers, which is {least}"))
            }
            Some(number) if number > most => {
                refuse(format!("speakers is {number}, more than max_speakers, which is {most}"))
            }
            Some(number) => Ok(number as usize..=number as usize),
            None => Ok(least as usize..=most as usize),
        }
    }
}

impl DiarizeOptions {
    /// The same for one of `sides` channels, on each of which somebody speaks; `None` where there are fewer people than channels, which
    /// then are no sides.
    pub fn of_side(&self, sides: u32) -> Option<Self> {
        let most = self.speakers.or(self.max_speakers);
        let Some(most) = most else { return Some(Self::default()) };
        let own = most.checked_sub(sides)? + 1;
        Some(Self { max_speakers: Some(own), ..Self::default() })
    }
}

/// A step forward of a transcription under way.
#[derive(Clone, Copy, Debug)]
pub struct TranscribeUpdate<'a> {
    /// New since the last update, in order of time.
    pub segments: &'a [Segment],
    /// Seconds of the recording that are behind us.
    pub done: f64,
    /// Seconds of the whole recording.
    pub total: f64,
}

/// How the engine is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Health {
    /// The thread lives, and the models could be loaded when they were last needed. Unloaded ones are loaded for the next request.
    pub ready: bool,
    /// The models are in memory.
    pub loaded: bool,
    /// Why the models could not be loaded; the next request tries again.
    pub failure: Option<String>,
    /// Requests that wait.
    pub queued: usize,
    /// Requests being worked on: 0 or 1.
    pub running: usize,
    /// `cpu` or `cuda:0`.
    pub device: String,
    /// `f32`, `bf16`, `f16`, `int16` or `int8`.
    pub dtype: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exclusive_turns_cover_the_same_time_once() {
        let turn = |start, end, speaker| Turn { start, end, speaker };
        let turns = vec![turn(0.0, 10.0, 0), turn(5.0, 7.0, 1), turn(9.0, 12.0, 1), turn(11.0, 13.0, 2)];
        let found = Diarization { turns, speakers: Vec::new() };
        assert_eq!(found.exclusive(), [turn(0.0, 10.0, 0), turn(10.0, 12.0, 1), turn(12.0, 13.0, 2)]);
        assert!(Diarization::default().exclusive().is_empty());
    }

    #[test]
    fn bounds_come_from_what_is_given() {
        let options =
            |speakers, min_speakers, max_speakers| DiarizeOptions { speakers, min_speakers, max_speakers };
        let bounds = |options: DiarizeOptions| options.bounds().unwrap();
        assert_eq!(bounds(options(None, None, None)), 1..=u32::MAX as usize);
        assert_eq!(bounds(options(None, Some(2), Some(5))), 2..=5);
        assert_eq!(bounds(options(Some(3), Some(2), Some(5))), 3..=3);
    }

    #[test]
    fn a_side_has_at_most_those_whom_the_other_leaves() {
        let of = |speakers, min_speakers, max_speakers| {
            let side = DiarizeOptions { speakers, min_speakers, max_speakers }.of_side(2);
            side.map(|side| side.bounds().unwrap())
        };
        assert_eq!(of(Some(2), None, None), Some(1..=1));
        assert_eq!(of(None, Some(2), Some(4)), Some(1..=3));
        assert_eq!(of(None, Some(3), None), Some(1..=u32::MAX as usize));
        assert_eq!((of(Some(1), None, None), of(None, None, Some(1))), (None, None));
    }

    #[test]
    fn contradictory_bounds_are_refused_by_name() {
        let refused = |speakers, min_speakers, max_speakers| {
            let options = DiarizeOptions { speakers, min_speakers, max_speakers };
            match options.bounds() {
                Err(SpeechError::Request(why)) => why,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(refused(None, Some(4), Some(2)), "min_speakers is 4, more than max_speakers, which is 2");
        assert_eq!(refused(Some(2), Some(3), None), "speakers is 2, less than min_speakers, which is 3");
        assert_eq!(refused(Some(6), None, Some(5)), "speakers is 6, more than max_speakers, which is 5");
        assert_eq!(refused(None, None, Some(0)), "max_speakers is 0; it must be at least 1");
    }
}
