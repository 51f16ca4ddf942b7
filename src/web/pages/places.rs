//! What was found in a transcript, as lines that lead to the second.

use super::format::{Moment, plain};
use super::people::label as speaker_label;
use crate::ids::TranscriptId;
use crate::model::participant::SpeakerNames;
use crate::model::search::{Excerpt, Hit, PassageKind, Snippet};
use crate::web::say::{say, say_with};

/// A place.
pub(super) struct PlaceView {
    pub href: String,
    /// Empty where it has no time.
    pub clock: String,
    /// Who says it, or where it is written.
    pub label: String,
    pub pieces: Vec<PieceView>,
}

/// Text, marked where it was looked for.
pub(super) struct PieceView {
    pub hit: bool,
    pub text: String,
}

/// The places of a hit, and how many more there are, in words.
pub(super) fn places(hit: &Hit, names: Option<&SpeakerNames>) -> (Vec<PlaceView>, String) {
    let id = hit.item.transcript.id;
    let nobody = SpeakerNames::default();
    let names = names.unwrap_or(&nobody);
    let shown = i64::try_from(hit.snippets.len()).unwrap_or(i64::MAX);
    let more = match hit.matches - shown {
        ..=0 => String::new(),
        more => say_with("library-row-more", &[("count", more.into())]),
    };
    (hit.snippets.iter().map(|snippet| place(id, snippet, names)).collect(), more)
}

fn place(id: TranscriptId, snippet: &Snippet, names: &SpeakerNames) -> PlaceView {
    let label = match (snippet.kind, snippet.speaker) {
        (PassageKind::Words, Some(speaker)) => {
            names.given(speaker).map_or_else(|| speaker_label(speaker), str::to_owned)
        }
        (PassageKind::Words, None) => String::new(),
        (PassageKind::Topic, _) => say("library-place-topic"),
        (PassageKind::Summary, _) => say("library-place-summary"),
        (PassageKind::Action, _) => say("library-place-action"),
        (PassageKind::Speaker, _) => say("library-place-speaker"),
        (PassageKind::Notes, _) => say("library-place-notes"),
        (PassageKind::Title | PassageKind::Name, _) => say("library-place-title"),
    };
    let (href, clock) = match snippet.kind {
        PassageKind::Notes => (format!("/transcripts/{id}#notes"), String::new()),
        _ => {
            let at = plain(snippet.start);
            (format!("/transcripts/{id}?t={at}#here"), Moment::new(snippet.start).clock)
        }
    };
    PlaceView { href, clock, label, pieces: pieces(&snippet.excerpt) }
}

fn pieces(excerpt: &Excerpt) -> Vec<PieceView> {
    let mut pieces = Vec::new();
    let mut add = |hit, text: &str| {
        if !text.is_empty() {
            pieces.push(PieceView { hit, text: text.to_owned() });
        }
    };
    let mut from = 0;
    for mark in &excerpt.marks {
        add(false, &excerpt.text[from..mark.start]);
        add(true, &excerpt.text[mark.clone()]);
        from = mark.end;
    }
    add(false, &excerpt.text[from..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_its_marks_and_loses_nothing() {
        let excerpt = Excerpt { text: "…cut the büdget".into(), marks: vec![3..6, 11..18] };
        let pieces: Vec<_> = pieces(&excerpt).into_iter().map(|one| (one.hit, one.text)).collect();
        let wanted = [(false, "…"), (true, "cut"), (false, " the "), (true, "büdget")];
        assert_eq!(pieces, wanted.map(|(hit, text)| (hit, text.to_owned())));
    }
}
