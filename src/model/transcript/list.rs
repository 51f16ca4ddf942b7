use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{ShareMode, SourceKind, Status, Transcript};
use crate::db::schema::{headline, room, stage_state, transcript};
use crate::ids::{RoomId, TranscriptId, UserId};
use crate::model::room::names;
use crate::model::stage::Stage;
use crate::model::understanding::{Summaries, summaries};
use crate::model::user::Viewer;

/// The most items a page holds.
pub const PAGE_SIZE_MAX: i64 = 100;

/// Which transcripts to list.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Whose list it is: a person's own transcripts (an administrator's also those that nobody owns); where nobody logs in,
    /// those that nobody owns; for visitors of a public site also those that are public; for everybody with an account also those in
    /// shared rooms and in their own, unless they are private.
    pub viewer: Viewer,
    pub source_kind: Option<SourceKind>,
    pub room_id: Option<RoomId>,
    /// A part of the shown title or of the name, in any case; empty means all.
    pub search_term: Option<String>,
    /// Standing at one of these; empty: at any.
    pub statuses: Vec<Status>,
    /// Only what changed after this number.
    pub change_seq_from: Option<i64>,
    pub order: ListOrder,
    /// 1-based.
    pub page: i64,
    /// 1 to [`PAGE_SIZE_MAX`].
    pub size: i64,
}

/// What comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListOrder {
    #[default]
    Newest,
    /// By what changed first, for a reader who catches up.
    Change,
    Oldest,
    Longest,
    Shortest,
    /// By the title that is shown, or else the name, whatever its capitals.
    Title,
}

impl Filter {
    /// The first 50, unfiltered.
    pub fn new(viewer: Viewer) -> Self {
        Self {
            viewer,
            source_kind: None,
            room_id: None,
            search_term: None,
            statuses: Vec::new(),
            change_seq_from: None,
            order: ListOrder::Newest,
            page: 1,
            size: 50,
        }
    }
}

/// A transcript as lists show it.
#[derive(Clone, Debug)]
pub struct ListItem {
    pub transcript: Transcript,
    /// A person's title, else the machine's.
    pub title: Option<String>,
    pub short_summary: Option<String>,
    pub long_summary: Option<String>,
    pub room_name: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page {
    pub items: Vec<ListItem>,
    /// How many there are on all pages.
    pub total: i64,
}

/// Transcripts in their order, without those in the trash.
///
/// # Errors
/// Those of the database.
pub async fn list(conn: &mut AsyncPgConnection, filter: &Filter) -> QueryResult<Page> {
    let total = filtered(filter).select(count_star()).first(conn).await?;
    let size = filter.size.clamp(1, PAGE_SIZE_MAX);
    let page = filtered(filter)
        .select((Transcript::as_select(), headline::title.nullable()))
        .limit(size)
        .offset(filter.page.max(1).saturating_sub(1).saturating_mul(size));
    let newest = (transcript::created_at.desc(), transcript::id.desc());
    let page = match filter.order {
        ListOrder::Newest => page.order(newest),
        ListOrder::Change => page.order(transcript::change_seq.asc()),
        ListOrder::Oldest => page.order((transcript::created_at.asc(), transcript::id.asc())),
        ListOrder::Longest => page.order(transcript::duration.desc()).then_order_by(newest),
        ListOrder::Shortest => page.order(transcript::duration.asc()).then_order_by(newest),
        ListOrder::Title => {
            let shown = coalesce(transcript::title, headline::title.nullable());
            page.order(lower(coalesce(shown, transcript::name.nullable())).asc()).then_order_by(newest)
        }
    };
    let rows: Vec<(Transcript, Option<String>)> = page.load(conn).await?;
    Ok(Page { items: with_summaries(conn, rows).await?, total })
}

/// These transcripts as lists show them, in the trash or not.
///
/// # Errors
/// Those of the database.
pub async fn items(
    conn: &mut AsyncPgConnection,
    ids: &[TranscriptId],
) -> QueryResult<HashMap<TranscriptId, ListItem>> {
    let rows: Vec<(Transcript, Option<String>)> = joined(Stage::Title)
        .filter(transcript::id.eq_any(ids))
        .select((Transcript::as_select(), headline::title.nullable()))
        .load(conn)
        .await?;
    let items = with_summaries(conn, rows).await?;
    Ok(items.into_iter().map(|item| (item.transcript.id, item)).collect())
}

async fn with_summaries(
    conn: &mut AsyncPgConnection,
    rows: Vec<(Transcript, Option<String>)>,
) -> QueryResult<Vec<ListItem>> {
    let ids: Vec<_> = rows.iter().map(|(row, _)| row.id).collect();
    let mut summaries = summaries(conn, &ids).await?;
    let rooms = names(conn, rows.iter().filter_map(|(row, _)| row.room_id)).await?;
    let items = rows
        .into_iter()
        .map(|(transcript, headline)| {
            let Summaries { short, long } = summaries.remove(&transcript.id).unwrap_or_default();
            ListItem {
                title: transcript.title.clone().or(headline),
                short_summary: transcript.short_summary.clone().or(short),
                long_summary: transcript.long_summary.clone().or(long),
                room_name: transcript.room_id.and_then(|id| rooms.get(&id).cloned()),
                transcript,
            }
        })
        .collect();
    Ok(items)
}

/// Transcripts with the version of `stage`, the title's, that is shown.
#[diesel::dsl::auto_type]
fn joined(stage: Stage) -> _ {
    let of_stage = stage_state::transcript_id.eq(transcript::id).and(stage_state::stage.eq(stage));
    let shown = headline::output_id.nullable().eq(stage_state::current_output);
    transcript::table.left_join(stage_state::table.on(of_stage)).left_join(headline::table.on(shown))
}

type Filtered<'a> = diesel::helper_types::IntoBoxed<'a, joined, Pg>;

diesel::define_sql_function! {
    /// SQL's COALESCE of two texts.
    fn coalesce(first: Nullable<Text>, second: Nullable<Text>) -> Nullable<Text>;
}

diesel::define_sql_function! {
    /// SQL's LOWER.
    fn lower(text: Nullable<Text>) -> Nullable<Text>;
}

/// What is listed for a viewer.
fn theirs(query: Filtered<'_>, viewer: Viewer) -> Filtered<'_> {
    // What others have put into a shared room, or into one's own, and do not keep to themselves. As an array, whose rooms are looked for
    // by their index, beside one's own by another: for a subquery PostgreSQL would read every transcript.
    let in_room = |user: UserId| {
        let theirs = room::is_shared.nullable().or(room::user_id.eq(user));
        let rooms = room::table.filter(room::deleted_at.is_null()).filter(theirs).select(room::id.nullable());
        let rooms = diesel::dsl::array::<Nullable<SqlUuid>, _>(rooms);
        transcript::share_mode.ne(ShareMode::Private).and(transcript::room_id.eq_any(rooms))
    };
    match viewer {
        Viewer::Anonymous => query.filter(transcript::user_id.is_null()),
        Viewer::Visitor { public: false } => query.filter(diesel::dsl::sql::<Bool>("false")),
        Viewer::Visitor { public: true } => {
            query.filter(transcript::user_id.is_null().or(transcript::share_mode.eq(ShareMode::Public)))
        }
        Viewer::Key { scopes, .. } if !scopes.read => query.filter(diesel::dsl::sql::<Bool>("false")),
        Viewer::User(user) | Viewer::Key { user, .. } => {
            query.filter(transcript::user_id.eq(user).or(in_room(user)))
        }
        Viewer::Admin(user) => {
            query.filter(transcript::user_id.eq(user).or(transcript::user_id.is_null()).or(in_room(user)))
        }
    }
}

/// Whether a viewer's list has a transcript; `trash`: or had it before it was deleted.
///
/// # Errors
/// Those of the database.
pub async fn is_listed(
    conn: &mut AsyncPgConnection,
    viewer: Viewer,
    id: TranscriptId,
    trash: bool,
) -> QueryResult<bool> {
    let one = joined(Stage::Title).filter(transcript::id.eq(id)).into_boxed();
    let mut query = theirs(one, viewer);
    if !trash {
        query = query.filter(transcript::deleted_at.is_null());
    }
    let found: i64 = query.select(count_star()).first(conn).await?;
    Ok(found > 0)
}

fn filtered(filter: &Filter) -> Filtered<'_> {
    let all = joined(Stage::Title).filter(transcript::deleted_at.is_null()).into_boxed();
    let mut query = theirs(all, filter.viewer);
    if let Some(kind) = filter.source_kind {
        query = query.filter(transcript::source_kind.eq(kind));
    }
    if let Some(room) = filter.room_id {
        query = query.filter(transcript::room_id.eq(room));
    }
    if !filter.statuses.is_empty() {
        query = query.filter(transcript::status.eq_any(&filter.statuses));
    }
    if let Some(seen) = filter.change_seq_from {
        query = query.filter(transcript::change_seq.gt(seen));
    }
    if let Some(term) = filter.search_term.as_deref().map(str::trim).filter(|term| !term.is_empty()) {
        let pattern = format!("%{}%", escape_like(term));
        query = query.filter(
            coalesce(transcript::title, headline::title.nullable())
                .ilike(pattern.clone())
                .or(transcript::name.nullable().ilike(pattern)),
        );
    }
    query
}

/// A text that LIKE takes literally.
pub(in crate::model) fn escape_like(text: &str) -> String {
    text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_")
}
