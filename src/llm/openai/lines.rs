//! The transcript as the model sees it: short numbered lines to cite, and the way back from a citation to a time.
use std::collections::HashSet;

use crate::llm::text::{Language, tokens, units};
use crate::llm::types::Meeting;

/// A line takes in further sentences of the same speaker up to this many words.
const WORDS: usize = 25;
/// Cited lines further apart than this many seconds are different moments.
const SAME_MOMENT: f64 = 30.0;
/// Bytes of a line's text in a prompt at most; only text without any word boundary gets near it.
const LONGEST: usize = 900;

/// One or a few sentences of a speaker.
pub struct Line {
    pub speaker: String,
    pub text: String,
    pub start: f64,
    pub end: f64,
    stems: HashSet<String>,
}

impl Line {
    /// As it stands in a prompt.
    pub fn shown(&self, number: usize) -> String {
        let end = self.text.floor_char_boundary(LONGEST);
        format!("[{number}] {}: {}\n", self.speaker, &self.text[..end])
    }
}

/// All lines of a meeting, and the language they are in.
pub struct Transcript {
    pub language: Language,
    pub lines: Vec<Line>,
    speakers: Vec<String>,
    said: HashSet<String>,
}

impl Transcript {
    pub fn new(meeting: &Meeting) -> Self {
        let (language, units) = units(meeting);
        let mut lines: Vec<Line> = Vec::new();
        let mut words = 0;
        let (mut speakers, mut said) = (Vec::new(), HashSet::new());
        for unit in units {
            if !speakers.contains(&unit.speaker) {
                speakers.push(unit.speaker.clone());
            }
            said.extend(unit.tokens.iter().map(|token| token.norm.clone()));
            let stems = unit.tokens.iter().filter(|token| token.content).map(|token| token.stem.clone());
            match lines.last_mut() {
                Some(line)
                    if line.speaker == unit.speaker
                        && words + unit.tokens.len() <= WORDS
                        && unit.start - line.end < SAME_MOMENT =>
                {
                    line.text.push(' ');
                    line.text.push_str(&unit.text);
                    line.end = unit.end.max(line.end);
                    line.stems.extend(stems);
                    words += unit.tokens.len();
                }
                _ => {
                    words = unit.tokens.len();
                    let stems = stems.collect();
                    lines.push(Line {
                        speaker: unit.speaker,
                        text: unit.text,
                        start: unit.start,
                        end: unit.end,
                        stems,
                    });
                }
            }
        }
        Self { language, lines, speakers, said }
    }

    /// The moment that a sentence rests on: the cited lines (indices) where they are near each other and, of several such
    /// places, the one that shares most words with the sentence. Without a citation, or with one that has nothing to do with
    /// the sentence while another place plainly has, that place. `None` if there is none.
    pub fn moment(&self, sentence: &str, cited: &[usize]) -> Option<(f64, f64)> {
        let wanted = self.stems(sentence);
        let mut cited: Vec<usize> = cited.iter().copied().filter(|&i| i < self.lines.len()).collect();
        cited.sort_unstable();
        cited.dedup();
        let mut best: Option<(f64, (f64, f64))> = None;
        for group in cited.chunk_by(|&a, &b| self.lines[b].start - self.lines[a].end <= SAME_MOMENT) {
            let share = self.share(&wanted, group);
            if best.is_none_or(|(most, _)| share > most) {
                best = Some((share, self.span(group)));
            }
        }
        let elsewhere = self.search(&wanted);
        match (best, elsewhere) {
            (None, Some((share, span))) if share >= 0.34 => Some(span),
            (None, _) => None,
            (Some((cited, _)), Some((share, span))) if cited < 0.15 && share >= 0.6 => Some(span),
            (Some((_, span)), _) => Some(span),
        }
    }

    /// The place of one to three lines that shares most words with `wanted`, and how much of them.
    fn search(&self, wanted: &HashSet<String>) -> Option<(f64, (f64, f64))> {
        if wanted.is_empty() {
            return None;
        }
        let mut best: Option<(f64, usize, usize)> = None;
        for length in 1..=3 {
            for from in 0..(self.lines.len() + 1).saturating_sub(length) {
                let group: Vec<usize> = (from..from + length).collect();
                let share = self.share(wanted, &group);
                // A longer place must be clearly better.
                if best.is_none_or(|(most, _, _)| share > most + if length > 1 { 0.1 } else { 0.0 }) {
                    best = Some((share, from, length));
                }
            }
        }
        let (share, from, length) = best?;
        Some((share, self.span(&(from..from + length).collect::<Vec<_>>())))
    }

    fn share(&self, wanted: &HashSet<String>, group: &[usize]) -> f64 {
        let found = wanted.iter().filter(|stem| group.iter().any(|&i| self.lines[i].stems.contains(*stem)));
        found.count() as f64 / wanted.len().max(1) as f64
    }

    fn span(&self, group: &[usize]) -> (f64, f64) {
        let lines = group.iter().map(|&i| &self.lines[i]);
        lines.fold((f64::MAX, 0.0), |(start, end), line| (start.min(line.start), end.max(line.end)))
    }

    fn stems(&self, text: &str) -> HashSet<String> {
        let content = tokens(text, &self.language).into_iter().filter(|token| token.content);
        content.map(|token| token.stem).collect()
    }

    /// A person whom the model named, if there is one: a speaker's label, or a name that was said.
    pub fn person(&self, name: &str) -> Option<String> {
        let name = name.trim();
        if let Some(speaker) = self.speakers.iter().find(|speaker| speaker.eq_ignore_ascii_case(name)) {
            return Some(speaker.clone());
        }
        let words = tokens(name, &self.language);
        let known = !words.is_empty() && words.iter().all(|word| self.said.contains(&word.norm));
        (known && words.iter().any(|word| word.content)).then(|| name.to_owned())
    }

    /// The lines that start in a stretch of time, by index.
    pub fn between(&self, start: f64, end: f64) -> std::ops::Range<usize> {
        let from = self.lines.partition_point(|line| line.start < start - 0.005);
        let to = self.lines.partition_point(|line| line.start < end - 0.005);
        from..to.max(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::types::Utterance;

    fn transcript() -> Transcript {
        let say = |speaker: &str, start: f64, text: &str| Utterance {
            speaker: speaker.into(),
            start,
            end: start + 5.0,
            text: text.into(),
            words: vec![],
        };
        Transcript::new(&Meeting {
            language: "en".into(),
            duration: 200.0,
            utterances: vec![
                say("Anna", 0.0, "The ferry engine broke."),
                say("Bob", 6.0, "Carla repairs the engine."),
                say("Anna", 100.0, "The school kitchen needs flour."),
                say("Bob", 106.0, "Flour is expensive."),
            ],
        })
    }

    #[test]
    fn a_citation_becomes_a_time() {
        let t = transcript();
        assert_eq!(t.moment("The motor is being mended", &[0, 1]), Some((0.0, 11.0)));
        // Two moments: the one that the sentence is about.
        assert_eq!(t.moment("Flour costs a lot", &[0, 3]), Some((106.0, 111.0)));
        assert_eq!(t.moment("The school kitchen needs flour", &[77]), Some((100.0, 105.0)));
        assert_eq!(t.moment("Something else entirely", &[]), None);
        // A citation that is plainly wrong.
        assert_eq!(t.moment("The school kitchen needs flour", &[0]), Some((100.0, 105.0)));
    }

    #[test]
    fn only_people_who_exist() {
        let t = transcript();
        assert_eq!(t.person("anna").as_deref(), Some("Anna"));
        assert_eq!(t.person("Carla").as_deref(), Some("Carla"));
        assert_eq!(t.person("Zoe"), None);
        assert_eq!(t.person("the"), None);
        assert_eq!(t.person(""), None);
    }
}
