use diesel_async::AsyncPgConnection;
use reflector::clock;
use reflector::ids::{TranscriptId, UserId};
use reflector::model::transcript::{self, Filter, NewTranscript, Patch};
use reflector::model::{ShareMode, SourceKind, Status, Transcript, Viewer, user};

use crate::support::postgres;

pub async fn new_transcript(conn: &mut AsyncPgConnection, name: &str, user_id: Option<UserId>) -> Transcript {
    let new = NewTranscript { user_id, ..NewTranscript::of_file(name) };
    transcript::create(conn, &new).await.unwrap()
}

async fn names(conn: &mut AsyncPgConnection, filter: &Filter) -> (Vec<String>, i64) {
    let page = transcript::list(conn, filter).await.unwrap();
    (page.items.into_iter().map(|item| item.transcript.name).collect(), page.total)
}

#[tokio::test]
async fn a_new_transcript_is_idle_and_everybodys() {
    let database = postgres::fresh().await;
    let conn = &mut *database.conn().await;
    let made = new_transcript(conn, "One", None).await;
    assert_eq!(
        (made.status, made.run, made.duration, made.share_mode),
        (Status::Idle, 0, 0.0, ShareMode::Private)
    );
    let found = transcript::get(conn, made.id).await.unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.change_seq), ("One", made.change_seq));
    assert!(transcript::get(conn, TranscriptId::new()).await.unwrap().is_none());
}

#[tokio::test]
async fn lists_are_newest_first_paged_filtered_and_ones_own() {
    let database = postgres::fresh().await;
    let conn = &mut *database.conn().await;
    let ada = user::create(conn, Some("ada@example.org"), Some("subject-1")).await.unwrap();
    for name in ["Älpha 100%", "beta", "gamma"] {
        new_transcript(conn, name, None).await;
    }
    let own = new_transcript(conn, "own", Some(ada.id)).await;

    let everybody = Filter::new(Viewer::Anonymous);
    assert_eq!(names(conn, &everybody).await, (vec!["gamma".into(), "beta".into(), "Älpha 100%".into()], 3));
    assert_eq!(names(conn, &Filter::new(Viewer::User(ada.id))).await, (vec!["own".into()], 1));

    let second = Filter { page: 2, size: 2, ..everybody.clone() };
    assert_eq!(names(conn, &second).await, (vec!["Älpha 100%".into()], 3));
    for (term, expected) in [("älpha", 1), ("100%", 1), ("%", 1), ("_", 0), ("a", 3), ("  ", 3), ("zeta", 0)]
    {
        let search = Filter { search_term: Some(term.into()), ..everybody.clone() };
        assert_eq!(names(conn, &search).await.1, expected, "{term:?}");
    }
    let rooms = Filter { source_kind: Some(SourceKind::Room), ..everybody.clone() };
    assert_eq!(names(conn, &rooms).await.1, 0);
    // A deleted person's transcripts must never become everybody's.
    let deleted = diesel::delete(reflector::db::schema::app_user::table);
    assert!(diesel_async::RunQueryDsl::execute(deleted, conn).await.is_err());
    assert_eq!(transcript::get(conn, own.id).await.unwrap().unwrap().user_id, Some(ada.id));
}

#[tokio::test]
async fn every_change_takes_the_next_number() {
    let database = postgres::fresh().await;
    let conn = &mut *database.conn().await;
    let one = new_transcript(conn, "one", None).await;
    let other = new_transcript(conn, "other", None).await;
    assert!(other.change_seq > one.change_seq);
    let changed = Patch { title: Some(Some("Mine".into())), reviewed: Some(true), ..Patch::default() };
    let patched = transcript::patch(conn, one.id, &changed).await.unwrap().unwrap();
    assert!(patched.change_seq > other.change_seq && patched.updated_at > one.updated_at);
    assert_eq!((patched.title.as_deref(), patched.reviewed), (Some("Mine"), true));

    let since = Filter { change_seq_from: Some(other.change_seq), ..Filter::new(Viewer::Anonymous) };
    assert_eq!(names(conn, &since).await, (vec!["one".into()], 1));

    // Nothing to change is no change; giving the title back is one.
    let same = transcript::patch(conn, one.id, &Patch::default()).await.unwrap().unwrap();
    assert_eq!(same.change_seq, patched.change_seq);
    let back = Patch { title: Some(None), ..Patch::default() };
    assert_eq!(transcript::patch(conn, one.id, &back).await.unwrap().unwrap().title, None);
    assert!(transcript::patch(conn, TranscriptId::new(), &changed).await.unwrap().is_none());
}

#[tokio::test]
async fn the_trash_gives_back_and_only_what_is_in_it_is_destroyed() {
    let database = postgres::fresh().await;
    let conn = &mut *database.conn().await;
    let id = new_transcript(conn, "one", None).await.id;
    assert!(!transcript::destroy(conn, id).await.unwrap(), "not in the trash yet");
    assert!(!transcript::restore(conn, id).await.unwrap());
    assert!(transcript::delete(conn, id, clock::now()).await.unwrap());
    assert!(!transcript::delete(conn, id, clock::now()).await.unwrap(), "it is there already");
    assert_eq!(names(conn, &Filter::new(Viewer::Anonymous)).await.1, 0);
    assert!(transcript::restore(conn, id).await.unwrap());
    assert_eq!(names(conn, &Filter::new(Viewer::Anonymous)).await.1, 1);
    assert!(transcript::delete(conn, id, clock::now()).await.unwrap());
    assert!(transcript::destroy(conn, id).await.unwrap());
    assert!(transcript::get(conn, id).await.unwrap().is_none());
}
