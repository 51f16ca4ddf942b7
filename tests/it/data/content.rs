use chrono::TimeDelta;
use diesel::result::{DatabaseErrorKind, Error};
use reflector::clock::now;
use reflector::ids::{ActionItemId, TopicId};
use reflector::model::participant::{self, Change, ParticipantError};
use reflector::model::stage::{self, Begun};
use reflector::model::transcript::{Filter, Patch};
use reflector::model::turn::{self, Turn, Voice};
use reflector::model::{
    ActionItem, ActionKind, Segment, Stage, SummaryKind, SummarySentence, Topic, TranscriptView, Viewer,
    Word, estimate, output, segment, transcript, understanding,
};

use super::stages::{attempt, pass, started};
use super::transcripts::new_transcript;
use crate::support::postgres;

fn spoken(idx: i32, speaker: Option<i32>, text: &str) -> Segment {
    let start = f64::from(idx) * 2.0;
    let words = text
        .split_inclusive(' ')
        .enumerate()
        .map(|(at, word)| Word {
            text: word.into(),
            start: start + 0.1 * at as f64,
            end: start + 0.1 * at as f64 + 0.1,
            probability: 0.5,
        })
        .collect();
    Segment { idx, start, end: start + 1.5, speaker, text: text.into(), words, channel: 0 }
}

#[tokio::test]
async fn segments_come_back_as_they_went_and_in_pages() {
    let database = postgres::fresh().await;
    let conn = &mut *database.conn().await;
    let (id, run) = started(conn).await;
    let attempt = attempt(conn, id, run, Stage::Ingest).await;
    let output = output::open(conn, &attempt, "test", Some("de")).await.unwrap().unwrap();
    let mut all: Vec<Segment> =
        (0..1200).map(|idx| spoken(idx, Some(idx % 3), "Grüße an alle 👋 {\"x\"} NULL")).collect();
    all[7].words.clear();
    all[8].speaker = None;
    all[9].channel = 1;
    segment::append(conn, output, &all[..700]).await.unwrap();
    segment::append(conn, output, &all[700..]).await.unwrap();
    assert_eq!(segment::count(conn, output).await.unwrap(), 1200);
    assert_eq!(segment::all(conn, output).await.unwrap(), all);
    assert_eq!(segment::page(conn, output, None, 2).await.unwrap(), all[..2]);
    assert_eq!(segment::page(conn, output, Some(1), 3).await.unwrap(), all[2..5]);
    assert!(segment::page(conn, output, Some(1199), 3).await.unwrap().is_empty());

    let twice = segment::append(conn, output, &all[..1]).await.unwrap_err();
    assert!(matches!(twice, Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)));
    let backwards = Segment { end: -1.0, idx: 5000, ..all[0].clone() };
    let refused = segment::append(conn, output, &[backwards]).await.unwrap_err();
    assert!(matches!(refused, Error::DatabaseError(DatabaseErrorKind::CheckViolation, _)));
    let zero = Segment { text: "a\0b".into(), idx: 5000, ..all[0].clone() };
    segment::append(conn, output, &[zero]).await.unwrap();
}

#[tokio::test]
async fn turns_and_voices_come_back() {
    let database = postgres::fresh().await;
    let conn = &mut *database.conn().await;
    let (id, run) = started(conn).await;
    let attempt = attempt(conn, id, run, Stage::Ingest).await;
    let output = output::open(conn, &attempt, "test", None).await.unwrap().unwrap();
    let turns: Vec<Turn> = (0..2500)
        .map(|at| {
            let channel = Some(1).filter(|_| at % 3 > 0);
            Turn { start: f64::from(at), end: f64::from(at) + 1.5, speaker: at % 2, channel }
        })
        .collect();
    let voices: Vec<Voice> =
        (0..2).map(|speaker| Voice { speaker, embedding: vec![0.25 * speaker as f32; 192] }).collect();
    turn::store(conn, output, &turns, &voices).await.unwrap();
    assert_eq!(turn::turns(conn, output).await.unwrap(), turns);
    assert_eq!(turn::voices(conn, output).await.unwrap(), voices);
    // Silence has neither.
    let restart = stage::restart(conn, id, Stage::Ingest, now()).await.unwrap().unwrap();
    let attempt = super::stages::attempt(conn, id, restart.run, Stage::Ingest).await;
    let silent = output::open(conn, &attempt, "test", None).await.unwrap().unwrap();
    turn::store(conn, silent, &[], &[]).await.unwrap();
    assert!(turn::turns(conn, silent).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_voice_has_one_name_and_a_rename_needs_no_speaker() {
    let database = postgres::fresh().await;
    let conn = &mut *database.conn().await;
    let made = new_transcript(conn, "one", None).await;
    let other = new_transcript(conn, "other", None).await.id;
    let of = made.id;
    let ada = participant::create(conn, of, "Ada", Some(0), None).await.unwrap();
    let silent = participant::create(conn, of, "Silent", None, None).await.unwrap();
    let guest = participant::create(conn, of, "Guest", None, None).await.unwrap();
    let taken = participant::create(conn, of, "Bob", Some(0), None).await.unwrap_err();
    assert!(matches!(taken, ParticipantError::SpeakerTaken));
    let rename = Change { name: Some("Quiet".into()), speaker: None };
    let renamed = participant::update(conn, of, silent.id, &rename, None).await.unwrap();
    assert_eq!((renamed.name.as_str(), renamed.speaker), ("Quiet", None));
    let assign = Change { name: None, speaker: Some(Some(0)) };
    let taken = participant::update(conn, of, guest.id, &assign, None).await.unwrap_err();
    assert!(matches!(taken, ParticipantError::SpeakerTaken));
    let before = transcript::get(conn, other).await.unwrap().unwrap().change_seq;
    let elsewhere = participant::update(conn, other, guest.id, &rename, None).await.unwrap_err();
    assert!(matches!(elsewhere, ParticipantError::Unknown));
    let elsewhere = participant::delete(conn, other, guest.id, None).await.unwrap_err();
    assert!(matches!(elsewhere, ParticipantError::Unknown));
    assert_eq!(transcript::get(conn, other).await.unwrap().unwrap().change_seq, before);
    participant::delete(conn, of, guest.id, None).await.unwrap();

    let names = [(0, "Ada L.".to_owned()), (1, "Charles".into()), (2, String::new())];
    participant::name_speakers(conn, of, &names, None).await.unwrap();
    assert_eq!(participant::get(conn, of, ada.id).await.unwrap().unwrap().name, "Ada L.");
    let names: Vec<String> =
        participant::list(conn, of).await.unwrap().into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["Ada L.", "Charles", "Quiet"]);
    assert!(transcript::get(conn, of).await.unwrap().unwrap().change_seq > made.change_seq);
}

#[tokio::test]
async fn a_view_shows_text_early_then_the_whole_with_a_persons_words_over_the_machines() {
    let database = postgres::fresh().await;
    let conn = &mut *database.conn().await;
    let (id, run) = started(conn).await;
    let view = TranscriptView::load(conn, id).await.unwrap().unwrap();
    assert!(view.text.is_none() && view.title.is_none() && view.stages.len() == 8);
    transcript::set_duration(conn, id, 60_000.0).await.unwrap();
    pass(conn, id, run, Stage::Ingest).await;

    let words = attempt(conn, id, run, Stage::Transcribe).await;
    let text = output::open(conn, &words, "whisper", Some("de")).await.unwrap().unwrap();
    segment::append(conn, text, &[spoken(0, None, "Guten Tag")]).await.unwrap();
    let view = TranscriptView::load(conn, id).await.unwrap().unwrap();
    assert!(view.text.as_ref().unwrap().provisional);
    assert_eq!((view.segments(conn).await.unwrap().len(), view.language()), (1, "de"));
    stage::finish(conn, &words, Some(text), now()).await.unwrap();
    pass(conn, id, run, Stage::Diarize).await;

    let assemble = attempt(conn, id, run, Stage::Assemble).await;
    let text = output::open(conn, &assemble, "assemble", Some("de")).await.unwrap().unwrap();
    segment::append(conn, text, &[spoken(0, Some(0), "Guten Tag"), spoken(1, Some(1), "Hallo")])
        .await
        .unwrap();
    stage::finish(conn, &assemble, Some(text), now()).await.unwrap();

    let topics = attempt(conn, id, run, Stage::Topics).await;
    let made = output::open(conn, &topics, "extractive", None).await.unwrap().unwrap();
    let greeting =
        Topic { id: TopicId::new(), start: 0.0, end: 60.0, title: "Gruß".into(), summary: "Kurz.".into() };
    understanding::store_topics(conn, made, std::slice::from_ref(&greeting)).await.unwrap();
    stage::finish(conn, &topics, Some(made), now()).await.unwrap();

    let title = attempt(conn, id, run, Stage::Title).await;
    let made = output::open(conn, &title, "extractive", None).await.unwrap().unwrap();
    understanding::store_title(conn, made, "Guten Tag").await.unwrap();
    stage::finish(conn, &title, Some(made), now()).await.unwrap();

    let summarize = attempt(conn, id, run, Stage::Summarize).await;
    let made = output::open(conn, &summarize, "extractive", None).await.unwrap().unwrap();
    let sentence = |kind, heading: Option<&str>, text: &str| SummarySentence {
        kind,
        heading: heading.map(str::to_owned),
        text: text.into(),
        start: 0.0,
        end: 1.5,
    };
    let sentences = [
        sentence(SummaryKind::Short, None, "Man grüßt."),
        sentence(SummaryKind::Long, Some("Gruß"), "Man grüßt sich."),
    ];
    understanding::store_sentences(conn, made, &sentences).await.unwrap();
    let item = ActionItem {
        id: ActionItemId::new(),
        kind: ActionKind::NextStep,
        text: "Antworten".into(),
        assignee: Some("Ada".into()),
        deadline: None,
        context: None,
        start: 0.0,
        end: 1.5,
    };
    understanding::store_actions(conn, made, std::slice::from_ref(&item)).await.unwrap();
    stage::finish(conn, &summarize, Some(made), now()).await.unwrap();
    pass(conn, id, run, Stage::Deliver).await;

    participant::name_speakers(conn, id, &[(1, "Ada".into())], None).await.unwrap();
    let view = TranscriptView::load(conn, id).await.unwrap().unwrap();
    assert!(!view.text.as_ref().unwrap().provisional);
    assert_eq!([0, 1].map(|speaker| view.speaker_names().name(speaker)), ["Speaker 1", "Ada"]);
    assert_eq!((view.topics, view.sentences, view.actions), (vec![greeting], sentences.to_vec(), vec![item]));
    assert_eq!(view.title.as_deref(), Some("Guten Tag"));
    assert_eq!(view.short_summary.as_deref(), Some("Man grüßt."));
    assert_eq!(view.long_summary.as_deref(), Some("## Gruß\n\nMan grüßt sich."));
    assert_eq!(view.methods, ["extractive"]);
    assert_eq!((view.estimate.percent, view.estimate.seconds_left), (100.0, Some(0.0)));

    let search = Filter { search_term: Some("GUTEN".into()), ..Filter::new(Viewer::Anonymous) };
    let found = transcript::list(conn, &search).await.unwrap().items.remove(0);
    assert_eq!(found.title.as_deref(), Some("Guten Tag"));
    assert_eq!(found.short_summary.as_deref(), Some("Man grüßt."));
    let mine = Patch {
        title: Some(Some("Begrüßung".into())),
        long_summary: Some(Some("Mein Text".into())),
        ..Patch::default()
    };
    transcript::patch(conn, id, &mine).await.unwrap();
    assert_eq!(
        transcript::list(conn, &search).await.unwrap().total,
        0,
        "the person's title is what is searched"
    );
    let view = TranscriptView::load(conn, id).await.unwrap().unwrap();
    assert_eq!(view.title.as_deref(), Some("Begrüßung"));
    assert_eq!(view.long_summary.as_deref(), Some("Mein Text"));

    // While everything runs again, what there was stays in sight.
    stage::restart(conn, id, Stage::Transcribe, now()).await.unwrap().unwrap();
    let view = TranscriptView::load(conn, id).await.unwrap().unwrap();
    assert_eq!((view.segments(conn).await.unwrap().len(), view.topics.len()), (2, 1));
}

#[tokio::test]
async fn time_left_is_learned_from_what_was_done_here() {
    let database = postgres::fresh().await;
    let conn = &mut *database.conn().await;
    let start = now();
    // Three recordings of 100 s whose ingest took 10, 20 and 900 s: the median is 0.2 s a second.
    for took in [10, 900, 20] {
        let (id, run) = started(conn).await;
        let Begun::Start { attempt, .. } =
            stage::begin(conn, id, run, Stage::Ingest, "test", start).await.unwrap()
        else {
            panic!("it starts")
        };
        transcript::set_duration(conn, id, 100_000.0).await.unwrap();
        stage::finish(conn, &attempt, None, start + TimeDelta::seconds(took)).await.unwrap();
        // Destroying a transcript does not unlearn.
        transcript::delete(conn, id, start).await.unwrap();
        assert!(transcript::destroy(conn, id).await.unwrap());
    }
    let (id, _) = started(conn).await;
    let states = stage::list(conn, id).await.unwrap();
    let estimate = estimate::estimate(conn, 50.0, &states[..1], start).await.unwrap();
    assert!((estimate.seconds_left.unwrap() - 10.0).abs() < 1e-6, "{estimate:?}");
}
