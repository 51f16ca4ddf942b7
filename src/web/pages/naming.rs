//! Names that people give to voices, in a form; and, where somebody else was faster, a page with what both call them.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use diesel_async::AsyncConnection;
use serde::Deserialize;

use super::format::shown_title;
use super::people::Names;
use crate::app::App;
use crate::error::Error;
use crate::ids::TranscriptId;
use crate::model::{TranscriptView, edit, participant};
use crate::web::api::v1::edits::tell_names;
use crate::web::api::v1::participants::refused;
use crate::web::api::v1::speaker::in_range;
use crate::web::api::v1::transcripts::{MAX_TITLE, short};
use crate::web::extract::{PageForm, UrlPath};
use crate::web::respond::{PageError, html};
use crate::web::say::filters;
use crate::web::viewer::Asking;
use crate::web::{assets, read};

/// A name that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Given {
    speaker: i32,
    name: String,
    /// What the voice was called in the form that they filled in; `None`: it did not say.
    seen: Option<String>,
}

/// What is to become of names.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sorted {
    wanted: Vec<(i32, String)>,
    /// Those that somebody else has changed meanwhile, with what they are now.
    clashes: Vec<(Given, String)>,
}

/// Sorts names by what voices are called now. Who left a name as it was changes nothing, whatever others do.
fn sorted(given: Vec<Given>, now: &Names) -> Sorted {
    let mut sorted = Sorted::default();
    for one in given {
        let theirs = now.given(one.speaker).unwrap_or_default();
        match &one.seen {
            _ if one.name == theirs => {}
            Some(seen) if *seen == one.name => {}
            Some(seen) if seen != theirs => sorted.clashes.push((one, theirs.to_owned())),
            _ => sorted.wanted.push((one.speaker, one.name)),
        }
    }
    sorted
}

/// What both call them.
#[derive(Template)]
#[template(path = "names.html")]
struct NamesPage {
    version: &'static str,
    here: &'static str,
    id: TranscriptId,
    title: String,
    stay: bool,
    clashes: Vec<ClashView>,
    /// What else was written: it goes along.
    rest: Vec<ClashView>,
    limit: usize,
}

/// A voice with the names that two people gave it.
struct ClashView {
    speaker: i32,
    /// "Speaker 1", whatever the name.
    label: String,
    yours: String,
    theirs: String,
}

impl ClashView {
    fn new(speaker: i32, yours: &str, theirs: &str) -> Self {
        let label = super::people::label(speaker);
        Self { speaker, label, yours: yours.to_owned(), theirs: theirs.to_owned() }
    }
}

/// The form: fields `speaker-0` and so on, and `was-0` with what it was; with `stay` it leads back to the page of the speakers.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(in crate::web) struct NamesForm(BTreeMap<String, String>);

impl NamesForm {
    fn given(&self) -> Result<Vec<Given>, Error> {
        let mut given = Vec::new();
        for (field, name) in &self.0 {
            let speaker = field.strip_prefix("speaker-").and_then(|speaker| speaker.parse::<i32>().ok());
            if let Some(speaker) = speaker {
                let seen = self.0.get(&format!("was-{speaker}")).map(|seen| seen.trim().to_owned());
                let name = short("name", name.clone())?;
                given.push(Given { speaker: in_range("speaker", speaker)?, name, seen });
            }
        }
        Ok(given)
    }
}

/// `POST /transcripts/{id}/speakers`: an empty name takes the one that is there away.
pub(in crate::web) async fn save(
    State(app): State<App>,
    Asking(viewer): Asking,
    UrlPath(id): UrlPath<TranscriptId>,
    PageForm(form): PageForm<NamesForm>,
) -> Result<Response, PageError> {
    let stay = form.0.contains_key("stay");
    let given = form.given()?;
    let mut conn = read::connect(&app).await?;
    let done: Result<(Sorted, Option<i32>), Error> = conn
        .transaction(async |conn| {
            // A conflict shows what others wrote.
            let shows = given.iter().any(|one| one.seen.is_some());
            read::held(conn, viewer, id, |may| may.write && (may.read || !shows)).await?;
            let now = Names::new(&participant::list(conn, id).await?);
            let sorted = sorted(given.clone(), &now);
            if !sorted.clashes.is_empty() || sorted.wanted.is_empty() {
                return Ok((sorted, None));
            }
            participant::name_speakers(conn, id, &sorted.wanted, viewer.user()).await.map_err(refused)?;
            Ok((sorted, Some(edit::revision(conn, id).await?.edit)))
        })
        .await;
    let (sorted, made) = done?;
    if sorted.clashes.is_empty() {
        if made.is_some() {
            tell_names(&app, &mut conn, id).await?;
        }
        let to = match made {
            _ if !stay => format!("/transcripts/{id}"),
            Some(made) => format!("/transcripts/{id}/speakers?done=named&change={made}"),
            None => format!("/transcripts/{id}/speakers?done=named"),
        };
        return Ok(Redirect::to(&to).into_response());
    }
    let view = TranscriptView::load(&mut conn, id).await?.ok_or(Error::NotFound("Transcript"))?;
    let now = Names::new(&view.participants);
    let clash = |(one, theirs): &(Given, String)| ClashView::new(one.speaker, &one.name, theirs);
    let rest = |(speaker, name): &(i32, String)| {
        ClashView::new(*speaker, name, now.given(*speaker).unwrap_or_default())
    };
    let page = NamesPage {
        version: &assets::VERSION,
        here: "",
        id,
        title: shown_title(view.title.as_deref(), &view.transcript),
        stay,
        clashes: sorted.clashes.iter().map(clash).collect(),
        rest: sorted.wanted.iter().map(rest).collect(),
        limit: MAX_TITLE,
    };
    Ok((StatusCode::CONFLICT, html(&page)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ParticipantId;
    use crate::model::Participant;

    #[test]
    fn a_name_takes_the_place_of_what_its_writer_saw_alone() {
        let called = |name: &str| {
            let id = ParticipantId::new();
            let one = Participant { id, speaker: Some(0), name: name.into(), user_id: None, email: None };
            Names::new(&[one])
        };
        let (wanted, clash) = (vec![(0, "Mine".to_owned())], |theirs: &str| theirs.to_owned());
        for (name, seen, there, writes, clashes) in [
            ("Mine", None, "Theirs", true, false),
            ("Mine", Some("Old"), "Old", true, false),
            ("Mine", Some("Old"), "Theirs", false, true),
            ("Mine", Some("Old"), "Mine", false, false),
            ("Old", Some("Old"), "Theirs", false, false),
            ("Mine", Some(""), "", true, false),
            ("", Some("Old"), "Theirs", false, true),
        ] {
            let one = Given { speaker: 0, name: name.into(), seen: seen.map(str::to_owned) };
            let names = if there.is_empty() { Names::default() } else { called(there) };
            let expected = Sorted {
                wanted: if writes { wanted.clone() } else { Vec::new() },
                clashes: if clashes { vec![(one.clone(), clash(there))] } else { Vec::new() },
            };
            assert_eq!(sorted(vec![one], &names), expected, "{name:?} over {there:?}, seen {seen:?}");
        }
    }
}
