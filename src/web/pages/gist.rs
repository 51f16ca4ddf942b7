//! The summary part: sentences with links to the moments they rest on, decisions, next steps.

use super::format::Moment;
use crate::model::TranscriptView;
use crate::model::understanding::{ActionItem, ActionKind, SummaryKind, SummarySentence};
use crate::web::say::{say, say_with};

/// What was understood.
#[derive(Clone, Debug, Default)]
pub(crate) struct GistView {
    /// How it was made: "Extractive summary", "Summary by MODEL", "Edited".
    pub method: String,
    pub short: Vec<SentenceView>,
    pub sections: Vec<SectionView>,
    pub decisions: Vec<ItemView>,
    pub next_steps: Vec<ItemView>,
}

impl GistView {
    pub fn is_empty(&self) -> bool {
        self.short.is_empty()
            && self.sections.is_empty()
            && self.decisions.is_empty()
            && self.next_steps.is_empty()
    }
}

/// A sentence; one that a person wrote has no moment.
#[derive(Clone, Debug)]
pub(crate) struct SentenceView {
    pub text: String,
    pub at: Option<Moment>,
}

/// Part of the long summary.
#[derive(Clone, Debug)]
pub(crate) struct SectionView {
    pub heading: String,
    pub sentences: Vec<SentenceView>,
}

/// A decision or a next step.
#[derive(Clone, Debug)]
pub(crate) struct ItemView {
    pub text: String,
    pub at: Moment,
    /// Who and until when; may be empty.
    pub who: String,
}

/// A person's summaries go before the machine's.
pub(super) fn gist(view: &TranscriptView) -> GistView {
    let row = &view.transcript;
    let short = match written(row.short_summary.as_deref()) {
        Some(text) => vec![SentenceView { text, at: None }],
        None => view.shown_sentences(SummaryKind::Short).map(sentence).collect(),
    };
    let sections = match written(row.long_summary.as_deref()) {
        Some(text) => paragraphs(&text),
        None => sections(view.shown_sentences(SummaryKind::Long)),
    };
    let items = |kind| view.actions.iter().filter(|item| item.kind == kind).map(item).collect();
    let edited = row.short_summary.is_some() || row.long_summary.is_some();
    let method = if edited { say("gist-edited") } else { label(view.methods.last().map(String::as_str)) };
    GistView {
        method,
        short,
        sections,
        decisions: items(ActionKind::Decision),
        next_steps: items(ActionKind::NextStep),
    }
}

/// The honest label of whatever made the summary.
fn label(method: Option<&str>) -> String {
    match method {
        None => String::new(),
        Some("extractive") => say("gist-extractive"),
        Some(model) => say_with("gist-by-model", &[("model", model.into())]),
    }
}

fn written(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn sentence(from: &SummarySentence) -> SentenceView {
    SentenceView { text: from.text.clone(), at: Some(Moment::new(from.start)) }
}

fn sections<'s>(sentences: impl Iterator<Item = &'s SummarySentence>) -> Vec<SectionView> {
    let mut sections: Vec<SectionView> = Vec::new();
    for from in sentences {
        let heading = from.heading.clone().unwrap_or_default();
        match sections.last_mut().filter(|section| section.heading == heading) {
            Some(section) => section.sentences.push(sentence(from)),
            None => sections.push(SectionView { heading, sentences: vec![sentence(from)] }),
        }
    }
    sections
}

/// The little markdown that a long summary uses: headings and paragraphs. Anything else is shown as it stands.
fn paragraphs(markdown: &str) -> Vec<SectionView> {
    let mut sections: Vec<SectionView> = Vec::new();
    for block in markdown.split("\n\n").map(str::trim).filter(|block| !block.is_empty()) {
        match block.strip_prefix('#') {
            Some(rest) => {
                let heading = rest.trim_start_matches('#').trim().to_owned();
                sections.push(SectionView { heading, sentences: Vec::new() });
            }
            None => {
                let text = SentenceView { text: block.to_owned(), at: None };
                match sections.last_mut().filter(|section| section.sentences.is_empty()) {
                    Some(section) => section.sentences.push(text),
                    None => sections.push(SectionView { heading: String::new(), sentences: vec![text] }),
                }
            }
        }
    }
    sections
}

fn item(from: &ActionItem) -> ItemView {
    let who: Vec<&str> = [&from.assignee, &from.deadline]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .filter(|text| !text.is_empty())
        .collect();
    ItemView { text: from.text.clone(), at: Moment::new(from.start), who: who.join(" · ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persons_markdown_becomes_sections() {
        let sections = paragraphs("Before.\n\n## Budget\n\nMoney.\n\nMore.\n");
        let shape: Vec<(&str, usize)> =
            sections.iter().map(|section| (section.heading.as_str(), section.sentences.len())).collect();
        assert_eq!(shape, [("", 1), ("Budget", 1), ("", 1)]);
    }

    #[test]
    fn sentences_under_one_heading_make_one_section() {
        let long = |heading: &str, start| SummarySentence {
            kind: SummaryKind::Long,
            heading: Some(heading.into()),
            text: "x".into(),
            start,
            end: start + 1.0,
        };
        let all = [long("A", 0.0), long("A", 1.0), long("B", 2.0)];
        assert_eq!(sections(all.iter()).iter().map(|s| s.sentences.len()).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn the_method_is_named() {
        assert_eq!(label(Some("extractive")), "Extractive summary");
        assert_eq!(label(Some("qwen3")), "Summary by qwen3");
    }
}
