//! A transcript as pages and exports show it, gathered in a few queries.

use std::borrow::Cow;

use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::edit::{self, Edit, Revision};
use super::estimate::{self, Estimate};
use super::output::{self, Shown};
use super::participant::{self, Participant, SpeakerNames};
use super::room;
use super::segment::{self, Segment};
use super::stage::{self, Stage, StageState};
use super::transcript::{self, Transcript};
use super::understanding::{self, ActionItem, SummaryKind, SummarySentence, Topic, as_texts};
use crate::ids::{OutputId, TranscriptId};

/// Everything about a transcript but its text, which may be long and is read in pages ([`segment::page`]) or at once
/// ([`TranscriptView::segments`]).
#[derive(Clone, Debug)]
pub struct TranscriptView {
    pub transcript: Transcript,
    /// What the room is called that it is in.
    pub room_name: Option<String>,
    /// A person's title, else the machine's.
    pub title: Option<String>,
    /// A person's summary, else the machine's; so with the long one, which is markdown.
    pub short_summary: Option<String>,
    pub long_summary: Option<String>,
    pub participants: Vec<Participant>,
    /// Which version of the text is shown; `None` when there is none yet.
    pub text: Option<Shown>,
    /// What people changed, over that version.
    pub edits: Vec<Edit>,
    /// The text with these changes, where there are any: making it takes all of the text, so it is made once.
    changed: Option<Vec<Segment>>,
    pub topics: Vec<Topic>,
    /// The machine's, with the times they rest on; see [`TranscriptView::shown_sentences`].
    pub sentences: Vec<SummarySentence>,
    pub actions: Vec<ActionItem>,
    pub stages: Vec<StageState>,
    pub estimate: Estimate,
    /// Which methods made the topics, title and summaries, without repetition.
    pub methods: Vec<String>,
}

impl TranscriptView {
    /// Gathers it; `None` when there is no such transcript. One in the trash is gathered too.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn load(conn: &mut AsyncPgConnection, id: TranscriptId) -> QueryResult<Option<Self>> {
        // What needs no other answer is asked in one go: the database works it off without waiting for us in between.
        let at_once: &AsyncPgConnection = conn;
        let (found, stages, outputs, edits, participants) = tokio::try_join!(
            transcript::get(at_once, id),
            stage::list(at_once, id),
            output::all_current(at_once, id),
            edit::list(at_once, id),
            participant::list(at_once, id),
        )?;
        let Some(transcript) = found else { return Ok(None) };
        let of = |stage: Stage| outputs.iter().find(|made| made.stage == stage);
        let made = |stage: Stage| of(stage).map(|made| made.id);
        let text = output::shown_beside(at_once, id, of(Stage::Assemble).cloned()).await?;
        let (changed, topics, headline, sentences, actions, mut rooms) = tokio::try_join!(
            changed(at_once, text.as_ref(), &edits),
            of_version(made(Stage::Topics), |output| understanding::topics(at_once, output)),
            of_version(made(Stage::Title), |output| understanding::title(at_once, output)),
            of_version(made(Stage::Summarize), |output| understanding::sentences(at_once, output)),
            of_version(made(Stage::Summarize), |output| understanding::actions(at_once, output)),
            room::names(at_once, transcript.room_id),
        )?;
        let mut methods: Vec<String> = Vec::new();
        for understood in [Stage::Topics, Stage::Title, Stage::Summarize].into_iter().filter_map(of) {
            if !methods.contains(&understood.method) {
                methods.push(understood.method.clone());
            }
        }
        let texts = as_texts(&sentences);
        Ok(Some(Self {
            title: transcript.title.clone().or(headline),
            short_summary: transcript.short_summary.clone().or(texts.short),
            long_summary: transcript.long_summary.clone().or(texts.long),
            room_name: transcript.room_id.and_then(|room| rooms.remove(&room)),
            participants,
            estimate: estimate::estimate(conn, transcript.seconds(), &stages, crate::clock::now()).await?,
            transcript,
            text,
            edits,
            changed,
            topics,
            sentences,
            actions,
            stages,
            methods,
        }))
    }

    /// Which state of text and names this is, to be named by who changes it.
    pub fn revision(&self) -> Revision {
        let assembled = self.text.as_ref().filter(|shown| !shown.provisional);
        Revision {
            version: assembled.map_or(0, |shown| shown.output.version),
            edit: self.edits.last().map_or(0, |edit| edit.revision),
        }
    }

    /// What to call the voices.
    pub fn speaker_names(&self) -> SpeakerNames {
        SpeakerNames::new(&self.participants)
    }

    /// Sentences of the machine's summary of this kind; none where a person's own text is shown instead.
    pub fn shown_sentences(&self, kind: SummaryKind) -> impl Iterator<Item = &SummarySentence> {
        let by_a_person = match kind {
            SummaryKind::Short => &self.transcript.short_summary,
            SummaryKind::Long => &self.transcript.long_summary,
        };
        let hidden = by_a_person.as_deref().is_some_and(|text| !text.trim().is_empty());
        self.sentences.iter().filter(move |sentence| !hidden && sentence.kind == kind)
    }

    /// Language of the text: as detected, else as the person said.
    pub fn language(&self) -> &str {
        self.text
            .as_ref()
            .and_then(|shown| shown.output.language.as_deref())
            .unwrap_or(&self.transcript.source_language)
    }

    /// The whole text that is shown, as people changed it.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn segments(&self, conn: &mut AsyncPgConnection) -> QueryResult<Vec<Segment>> {
        match (&self.changed, &self.text) {
            (Some(changed), _) => Ok(changed.clone()),
            (None, Some(shown)) => segment::all(conn, shown.output.id).await,
            (None, None) => Ok(Vec::new()),
        }
    }

    /// As [`TranscriptView::segments`], for who shows no words by themselves: there may be none in them.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn lines(&self, conn: &mut AsyncPgConnection) -> QueryResult<Cow<'_, [Segment]>> {
        Ok(match (&self.changed, &self.text) {
            (Some(changed), _) => Cow::Borrowed(changed.as_slice()),
            (None, Some(shown)) => Cow::Owned(segment::lines(conn, shown.output.id).await?),
            (None, None) => Cow::Borrowed(&[]),
        })
    }
}

/// What `ask` finds of a version, where there is one.
async fn of_version<T, F>(output: Option<OutputId>, ask: impl FnOnce(OutputId) -> F) -> QueryResult<T>
where
    T: Default,
    F: Future<Output = QueryResult<T>>,
{
    match output {
        Some(output) => ask(output).await,
        None => Ok(T::default()),
    }
}

/// The text as people changed it, if they did.
async fn changed(
    conn: &AsyncPgConnection,
    text: Option<&Shown>,
    edits: &[Edit],
) -> QueryResult<Option<Vec<Segment>>> {
    match text {
        Some(shown) if edits.iter().any(|one| one.change.is_of_text()) => {
            let machine = segment::all(conn, shown.output.id).await?;
            Ok(Some(edit::shown(machine, shown.output.id, edits)))
        }
        _ => Ok(None),
    }
}
