//! Search: `GET /v1/transcripts/search`, and the list's page.

use diesel::QueryableByName;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use reflector::clock;
use reflector::ids::{TranscriptId, UserId};
use reflector::model::search::{self, Ask};
use reflector::model::stage::{self, Begun, Stage};
use reflector::model::transcript::{self, NewTranscript};
use reflector::model::{Segment, ShareMode, SourceKind, Viewer, Word, output, segment};
use serde_json::{Value, json};

use crate::support::site::{Site, talk};

mod notes;

fn spoken(said: &[(i32, &str)]) -> Vec<Segment> {
    (0..)
        .zip(said)
        .map(|(idx, (speaker, text))| {
            let mut segment = talk(true).remove(0);
            let start = f64::from(idx) * 10.0;
            (segment.idx, segment.start, segment.end) = (idx, start, start + 5.0);
            (segment.speaker, segment.text) = (Some(*speaker), (*text).to_owned());
            segment.words = vec![Word { text: (*text).into(), start, end: start + 5.0, probability: 0.9 }];
            segment
        })
        .collect()
}

/// Hears a transcript, anew or for the first time.
async fn hear(site: &Site, id: TranscriptId, language: &str, said: &[(i32, &str)]) {
    let mut conn = site.workshop.conn().await;
    let run = stage::restart(&mut conn, id, Stage::Ingest, clock::now()).await.unwrap().unwrap().run;
    for stage in Stage::ALL {
        let begun = stage::begin(&mut conn, id, run, *stage, "by hand", clock::now()).await.unwrap();
        let Begun::Start { attempt, .. } = begun else { panic!("{stage} does not start") };
        let mut made = None;
        if *stage == Stage::Assemble {
            let output = output::open(&mut conn, &attempt, "test", Some(language)).await.unwrap().unwrap();
            segment::append(&mut conn, output, &spoken(said)).await.unwrap();
            made = Some(output);
        }
        stage::finish(&mut conn, &attempt, made, clock::now()).await.unwrap();
    }
}

async fn heard(site: &Site, name: &str, language: &str, said: &[(i32, &str)]) -> TranscriptId {
    let id = site.create(name).await;
    hear(site, id, language, said).await;
    id
}

async fn find(site: &Site, query: &[(&str, &str)]) -> Value {
    let response = site.client.get(site.url("/v1/transcripts/search")).query(query).send().await.unwrap();
    let status = response.status();
    let body: Value = response.json().await.unwrap();
    assert_eq!(status, 200, "{query:?}: {body}");
    body
}

/// The ids that a query finds, in order.
async fn ids(site: &Site, query: &[(&str, &str)]) -> Vec<String> {
    let found = find(site, query).await;
    let ids: Vec<String> = found["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(found["total"], json!(ids.len()));
    ids
}

async fn q(site: &Site, query: &str) -> Vec<String> {
    ids(site, &[("q", query)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_has_the_ancestors_fields_and_says_where_to_listen() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let found = find(&site, &[("q", "budgets")]).await;
    assert_eq!(
        (&found["total"], &found["query"], &found["limit"], &found["offset"]),
        (&json!(1), &json!("budgets"), &json!(20), &json!(0))
    );
    let one = found["results"][0].as_object().unwrap();
    let mut fields: Vec<&str> = one.keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "change_seq",
            "created_at",
            "duration",
            "id",
            "rank",
            "room_id",
            "room_name",
            "search_places",
            "search_snippets",
            "source_kind",
            "source_language",
            "status",
            "title",
            "total_match_count",
            "user_id"
        ]
    );
    assert_eq!((&one["id"], &one["title"]), (&json!(id), &json!("Budget talks")));
    let rank = one["rank"].as_f64().unwrap();
    assert!(rank > 0.0 && rank < 1.0, "{rank}");
    let snippets = one["search_snippets"].as_array().unwrap();
    assert_eq!(snippets.len(), 3);
    assert_eq!(snippets[0], "We should <cut> the budget.", "the stem is found, not the letters");
    assert!(one["total_match_count"].as_i64().unwrap() > 3);
    let place = &one["search_places"][0];
    assert_eq!(
        (&place["kind"], &place["start"], &place["speaker"]),
        (&json!("words"), &json!(20.0), &json!(1))
    );
    for place in one["search_places"].as_array().unwrap() {
        let text: Vec<char> = place["text"].as_str().unwrap().chars().collect();
        let marks = place["highlights"].as_array().unwrap();
        assert!(!marks.is_empty(), "{place}");
        for mark in marks {
            let (from, to) = (mark[0].as_u64().unwrap() as usize, mark[1].as_u64().unwrap() as usize);
            let marked: String = text[from..to].iter().collect();
            assert!(marked.to_lowercase().starts_with("budget"), "{marked}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_phrases_beginnings_alternatives_and_exclusions() {
    let site = Site::new().await;
    let one =
        heard(&site, "one.wav", "en", &[(0, " We cut the budget."), (1, " The plan was running late.")])
            .await;
    let two = heard(&site, "two.wav", "en", &[(0, " The budget we cut."), (0, " To be or not to be.")]).await;
    let (one, two) = (one.to_string(), two.to_string());
    let both = vec![two.clone(), one.clone()];
    for (query, wanted) in [
        ("budget", &both[..]),
        ("BUDGETS cutting", &both),
        ("cut late", &both[1..]),
        ("\"cut the budget\"", &both[1..]),
        ("\"the budget\"", &both),
        ("\"budget the\"", &[]),
        ("budg*", &both),
        ("bud", &[]),
        ("\"the bud*\"", &both),
        ("budget -late", &both[..1]),
        ("-budget", &[]),
        ("late OR nothing", &both[1..]),
        ("\"not to\" OR late", &both),
        ("-\"not to be\"", &both[1..]),
        ("\"to be or not to be\"", &both[..1]),
        ("the budget", &both),
        ("run", &both[1..]),
        ("zebra", &[]),
        ("!!!", &[]),
        ("' ) & | :* <-> \\ \"", &[]),
        ("one.wav", &both[1..]),
    ] {
        assert_eq!(q(&site, query).await, wanted, "{query}");
    }
    assert_eq!(q(&site, "").await, both, "no words: all, the newest first");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_transcript_is_searched_in_its_own_language_with_or_without_accents() {
    let site = Site::new().await;
    let german = heard(&site, "a.wav", "de", &[(0, " Die Häuser in der Straße sind verkauft.")]).await;
    let french = heard(&site, "b.wav", "fr", &[(0, " Les réunions de l’été étaient annulées.")]).await;
    let chinese = heard(&site, "c.wav", "zh", &[(0, "今天的会议很重要")]).await;
    let polish = heard(&site, "d.wav", "pl", &[(0, " Spotkanie w Łodzi.")]).await;
    let mut russian = heard(&site, "e.wav", "ru", &[(0, " Мы обсуждали бюджеты.")]).await;
    for (query, id, marked) in [
        ("Haus", german, "Häuser"),
        ("hauser", german, "Häuser"),
        ("STRASSE", german, "Straße"),
        ("réunion", french, "réunions"),
        ("reunions", french, "réunions"),
        ("\"l'ete\"", french, "été"),
        ("会议", chinese, "会"),
        ("lodzi", polish, "Łodzi"),
        ("бюджет", russian, "бюджеты"),
    ] {
        let found = find(&site, &[("q", query)]).await;
        assert_eq!(found["results"][0]["id"], json!(id), "{query}: {found}");
        let place = &found["results"][0]["search_places"][0];
        let text: Vec<char> = place["text"].as_str().unwrap().chars().collect();
        let pieces: Vec<String> = place["highlights"]
            .as_array()
            .unwrap()
            .iter()
            .map(|mark| {
                text[mark[0].as_u64().unwrap() as usize..mark[1].as_u64().unwrap() as usize].iter().collect()
            })
            .collect();
        assert!(pieces.iter().any(|piece| piece == marked), "{query}: {pieces:?}");
    }
    assert!(q(&site, "议会").await.is_empty(), "characters in another order are another word");
    // A new run hears another language: the old words are no longer found.
    hear(&site, russian, "en", &[(0, " We discussed budgets.")]).await;
    russian = russian.to_owned();
    assert!(q(&site, "бюджет").await.is_empty());
    assert_eq!(q(&site, "discussing").await, [russian.to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn titles_names_topics_and_summaries_are_found_and_the_title_counts_most() {
    let site = Site::new().await;
    let talk = site.finished("talk.wav").await;
    let path = format!("/v1/transcripts/{talk}");
    let people = format!("{path}/participants");
    let (_, ada) = site.send("POST", &people, &json!({ "name": "Zoë Brøndby", "speaker": 1 })).await;
    let found = find(&site, &[("q", "zoe brondby")]).await;
    let place = &found["results"][0]["search_places"][0];
    assert_eq!((&place["kind"], &place["start"]), (&json!("speaker"), &json!(20.0)), "{found}");
    for (query, kind) in
        [("opening", "topic"), ("\"in the end\"", "summary"), ("\"write it down\"", "action")]
    {
        let found = find(&site, &[("q", query)]).await;
        assert_eq!(found["results"][0]["search_places"][0]["kind"], kind, "{query}");
    }
    // A title is no place to listen to, and is shown anyway.
    let titled = site.create("lonely-name.wav").await;
    site.send("PATCH", &format!("/v1/transcripts/{titled}"), &json!({ "title": "Agreed" })).await;
    let found = find(&site, &[("q", "agreed")]).await;
    assert_eq!(found["results"][0]["id"], json!(titled), "before the one in which it is only said");
    assert_eq!(found["results"][0]["search_snippets"], json!([]));
    assert_eq!(found["results"][1]["id"], json!(talk));
    assert_eq!(q(&site, "lonely name").await, [titled.to_string()]);

    // What is shown is what is found: a person's words in the place of the machine's.
    site.send("PATCH", &path, &json!({ "title": "Quarterly", "long_summary": "Elephants\n\nGiraffes" }))
        .await;
    assert_eq!(q(&site, "quarterly giraffe").await, [talk.to_string()]);
    assert!(q(&site, "\"in the end\"").await.is_empty());
    site.send("PATCH", &path, &json!({ "title": null, "long_summary": null })).await;
    assert!(q(&site, "quarterly").await.is_empty());
    assert_eq!(q(&site, "\"in the end\"").await.len(), 1);
    let one = format!("{people}/{}", ada["id"].as_str().unwrap());
    site.send("PATCH", &one, &json!({ "name": "Eve" })).await;
    assert!(q(&site, "zoe").await.is_empty());
    assert_eq!(q(&site, "eve").await.len(), 1);
    site.send("DELETE", &one, &json!({})).await;
    assert!(q(&site, "eve").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn among_what_only_says_a_word_that_comes_first_which_says_it_most_often() {
    let site = Site::new().await;
    let said = |times: usize| -> Vec<(i32, &'static str)> {
        (0..24).map(|n| if n < times { (0, " The walrus again.") } else { (1, " Something else.") }).collect()
    };
    let mut wanted = vec![heard(&site, "walrus.wav", "en", &said(1)).await.to_string()];
    // The newest says it least.
    for times in [24, 7, 2, 1] {
        wanted.push(heard(&site, "talk.wav", "en", &said(times)).await.to_string());
    }
    for query in ["walrus", "walruses", "walr*", "\"the walrus\"", "walrus OR penguin", "walrus -penguin"] {
        assert_eq!(q(&site, query).await, wanted, "{query}");
    }
    let found = find(&site, &[("q", "walrus")]).await;
    let ranks: Vec<f64> =
        found["results"].as_array().unwrap().iter().map(|one| one["rank"].as_f64().unwrap()).collect();
    assert!(ranks.windows(2).all(|pair| pair[0] > pair[1]) && ranks[4] > 0.0 && ranks[0] < 1.0, "{ranks:?}");
    // Of two that say it as often, the newer one; and what marks a word is none that could be found.
    let newer = heard(&site, "talk.wav", "en", &said(24)).await.to_string();
    assert_eq!(q(&site, "walrus").await[..3], [wanted[0].clone(), newer, wanted[1].clone()]);
    assert_eq!(q(&site, "##walrus").await, q(&site, "walrus").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_narrowed_by_date_speaker_room_language_and_source() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let other = heard(&site, "other.wav", "de", &[(0, " Guten Morgen.")]).await;
    let path = format!("/v1/transcripts/{id}/participants");
    site.send("POST", &path, &json!({ "name": "Ada Lovelace", "speaker": 0 })).await;
    site.send("POST", &path, &json!({ "name": "Bob", "speaker": 1 })).await;
    let id = id.to_string();
    let (past, future) = ("2020-01-01T00:00:00Z", "2999-01-01T00:00:00+02:00");
    for (query, wanted) in [
        (&[("q", "budget"), ("speaker", "bob")][..], 1),
        (&[("q", "budget"), ("speaker", "lovelace")], 0),
        (&[("q", "agreed"), ("speaker", "lovelace")], 1),
        (&[("q", ""), ("speaker", "ada")], 1),
        (&[("q", "budget"), ("from", past), ("to", future)], 1),
        (&[("q", "budget"), ("from", future)], 0),
        (&[("q", "budget"), ("to", past)], 0),
        (&[("q", "budget"), ("language", "en-GB")], 1),
        (&[("q", "budget"), ("language", "de")], 0),
        (&[("q", "budget"), ("source_kind", "file")], 1),
        (&[("q", "budget"), ("source_kind", "room")], 0),
        (&[("q", "budget"), ("room_id", "018f0000-0000-7000-8000-000000000000")], 0),
    ] {
        assert_eq!(ids(&site, query).await, vec![id.clone(); wanted], "{query:?}");
    }
    assert_eq!(ids(&site, &[("q", ""), ("language", "de")]).await, [other.to_string()]);
    // Snippets are what this one says.
    let found = find(&site, &[("q", "budget OR agreed"), ("speaker", "ada")]).await;
    assert_eq!(found["results"][0]["search_snippets"], json!(["Agreed & noted."]));

    let refused = "/v1/transcripts/search?q=&from=2999-01-01T00:00:00Z&to=2020-01-01T00:00:00Z";
    assert_eq!(site.json(refused).await.0, 400);
    for bad in
        ["from=2020-01-01T00:00:00", "source_kind=tape", "room_id=x", "language=<x>", "limit=0", "limit=x"]
    {
        assert_eq!(site.json(&format!("/v1/transcripts/search?q=&{bad}")).await.0, 422, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trash_is_searched_by_itself_and_what_is_destroyed_is_gone() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let path = format!("/v1/transcripts/{id}");
    let trash = [("q", "budget"), ("include_deleted", "true")];
    assert!(ids(&site, &trash).await.is_empty());
    site.send("DELETE", &path, &json!({})).await;
    assert!(q(&site, "budget").await.is_empty());
    assert_eq!(ids(&site, &trash).await, [id.to_string()]);
    site.send("POST", &format!("{path}/restore"), &json!({})).await;
    assert_eq!(q(&site, "budget").await, [id.to_string()]);
    site.send("DELETE", &path, &json!({})).await;
    site.send("DELETE", &format!("{path}/destroy"), &json!({})).await;
    assert!(ids(&site, &trash).await.is_empty());
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        left: i64,
    }
    let left: Count = diesel::sql_query("SELECT count(*) AS left FROM search_passage")
        .get_result(&mut site.workshop.conn().await)
        .await
        .unwrap();
    assert_eq!(left.left, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_and_the_total_is_of_all() {
    let site = Site::new().await;
    for n in 0..7 {
        site.create(&format!("Weekly {n}")).await;
    }
    let mut seen = Vec::new();
    for offset in ["0", "3", "6"] {
        let found = find(&site, &[("q", "weekly"), ("limit", "3"), ("offset", offset)]).await;
        assert_eq!((&found["total"], &found["limit"]), (&json!(7), &json!(3)));
        seen.extend(found["results"].as_array().unwrap().iter().map(|one| one["id"].to_string()));
    }
    assert_eq!(seen.len(), 7);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 7, "none twice");
    let behind = find(&site, &[("q", "weekly"), ("offset", "100")]).await;
    assert_eq!((&behind["total"], &behind["results"]), (&json!(7), &json!([])));
}

/// Makes a transcript of somebody, and says what was said in it.
async fn owned(site: &Site, owner: Option<UserId>, share_mode: ShareMode) -> TranscriptId {
    let mut conn = site.workshop.conn().await;
    let new = NewTranscript {
        user_id: owner,
        share_mode,
        source_kind: SourceKind::Live,
        ..NewTranscript::of_file("Secret plans")
    };
    let id = transcript::create(&mut conn, &new).await.unwrap().id;
    drop(conn);
    hear(site, id, "en", &[(0, " The secret budget.")]).await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_transcript_that_may_not_be_read_is_found() {
    let site = Site::new().await;
    let (ada, bob) = (UserId::new(), UserId::new());
    let people = format!("INSERT INTO app_user (id, email) VALUES ('{ada}', 'a@x'), ('{bob}', 'b@x')");
    site.workshop.conn().await.batch_execute(&people).await.unwrap();
    let nobodys = owned(&site, None, ShareMode::Private).await;
    let adas = owned(&site, Some(ada), ShareMode::Private).await;
    owned(&site, Some(bob), ShareMode::Private).await;
    owned(&site, Some(bob), ShareMode::SemiPrivate).await;
    let trashed = owned(&site, Some(bob), ShareMode::Public).await;
    transcript::delete(&mut *site.workshop.conn().await, trashed, clock::now()).await.unwrap();

    for query in ["secret", "\"secret budget\"", "plans", "secr*", "", "-zebra"] {
        // Nobody logs in here: what is asked over HTTP is asked by nobody.
        assert_eq!(q(&site, query).await, [nobodys.to_string()], "{query:?}");
        for (viewer, wanted) in [(Viewer::User(ada), vec![adas]), (Viewer::User(UserId::new()), vec![])] {
            for trash in [false, true] {
                let ask = Ask { query: query.into(), trash, ..Ask::new(viewer) };
                let found = search::search(&mut *site.workshop.conn().await, &ask).await.unwrap();
                let ids: Vec<_> = found.hits.iter().map(|hit| hit.item.transcript.id).collect();
                let wanted = if trash { Vec::new() } else { wanted.clone() };
                assert_eq!((ids.clone(), found.total), (wanted, ids.len() as i64), "{query:?} {viewer:?}");
            }
        }
    }
    let (_, page) = site.page("/transcripts?q=secret").await;
    assert!(page.contains("1 transcript found") && !page.contains(&adas.to_string()));
}

/// 2000 transcripts of 6 segments with some of 500 words, made where they lie.
const MANY: &str = "
    INSERT INTO transcript (id, name, source_language, target_language, source_kind)
        SELECT gen_random_uuid(), 'Talk ' || n, 'en', 'en', 'file' FROM generate_series(1, 2000) AS n;
    INSERT INTO search_passage (transcript_id, kind, idx, start, speaker, text, vector)
        SELECT id, 'words', n, n * 10, 0, text, to_tsvector('english', text) || to_tsvector('simple', text)
        FROM transcript, generate_series(1, 6) AS n,
             LATERAL (SELECT string_agg('word' || (random() * random() * 500)::int, ' ') AS text
                      FROM generate_series(1, 12) WHERE n > 0 AND id IS NOT NULL) AS made;
    ANALYZE transcript, search_passage;
    INSERT INTO search_document (transcript_id, config, language, front, said)
        SELECT t.id, 'english', 'en', to_tsvector('simple', name),
               (SELECT array_to_tsvector(array_agg(DISTINCT word.lexeme)) FROM search_passage p, unnest(p.vector) AS word
                WHERE p.transcript_id = t.id)
        FROM transcript t;
    ANALYZE transcript, search_document, search_passage";

#[derive(QueryableByName)]
struct Function {
    #[diesel(sql_type = diesel::sql_types::Text)]
    body: String,
    #[diesel(sql_type = diesel::sql_types::Array<diesel::sql_types::Text>)]
    settings: Vec<String>,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    #[diesel(column_name = "QUERY PLAN")]
    line: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_indexes_find_documents_and_phrases() {
    let site = Site::new().await;
    let mut conn = site.workshop.conn().await;
    conn.batch_execute(MANY).await.unwrap();
    for (query, index) in [
        ("word450", "Function Scan on search_documents"),
        ("word450 word401", "Function Scan on search_documents"),
        ("word495*", "Function Scan on search_documents"),
        ("\"word450 word401\"", "search_passage_vector"),
    ] {
        for notes in [false, true] {
            let ask = Ask { query: query.into(), notes, ..Ask::new(Viewer::Anonymous) };
            let plan = search::plan(&mut conn, &ask).await.unwrap();
            assert!(plan.contains(index), "{query}\n{plan}");
            assert_eq!(plan.contains("search_documents_and_notes"), notes, "{query}\n{plan}");
            assert!(!plan.contains("Seq Scan on search_passage"), "{query}\n{plan}");
            // Rows of documents may be read for their rank, but never all of their words to find some.
            let reads = |line: &str| line.contains("Filter:") && line.contains("said");
            assert!(!plan.lines().any(reads), "{query}\n{plan}");
        }
    }
    // What that function does is not in the plan of those who call it. A word that each has is found by the index too.
    for (name, indexes) in [
        ("search_documents", &["search_document_all"][..]),
        ("search_documents_and_notes", &["search_document_all", "search_document_notes"]),
    ] {
        let Function { body, settings } = diesel::sql_query(format!(
            "SELECT prosrc AS body, proconfig AS settings FROM pg_proc WHERE proname = '{name}'",
        ))
        .get_result(&mut conn)
        .await
        .unwrap();
        assert_eq!(settings, ["enable_seqscan=off"]);
        conn.batch_execute("SET enable_seqscan = off").await.unwrap();
        for word in ["word450", "talk", "word1 & talk"] {
            let query = body.replace("$1", "'english'").replace("$2", &format!("'{word}'::tsquery"));
            let lines: Vec<Line> =
                diesel::sql_query(format!("EXPLAIN {query}")).load(&mut conn).await.unwrap();
            let plan: String = lines.into_iter().map(|line| line.line + "\n").collect();
            for index in indexes {
                assert!(plan.contains(&format!("Bitmap Index Scan on {index}")), "{name} {word}\n{plan}");
            }
        }
        conn.batch_execute("RESET enable_seqscan").await.unwrap();
    }
    let ask = Ask { query: "word450".into(), ..Ask::new(Viewer::Anonymous) };
    let found = search::search(&mut conn, &ask).await.unwrap();
    assert!(found.total > 0 && found.total < 2000, "{}", found.total);
    for hit in &found.hits {
        assert!(!hit.snippets.is_empty() && hit.matches >= hit.snippets.len() as i64);
        for snippet in &hit.snippets {
            let marks: Vec<&str> =
                snippet.excerpt.marks.iter().map(|mark| &snippet.excerpt.text[mark.clone()]).collect();
            assert!(!marks.is_empty() && marks.iter().all(|mark| *mark == "word450"), "{snippet:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_without_end_can_be_searched() {
    let site = Site::new().await;
    // More different words than one value of PostgreSQL's holds.
    let texts: Vec<String> = (0..3000)
        .map(|n| (0..40).map(|m| format!(" w{n}x{m}{}", "y".repeat(12))).collect::<String>())
        .collect();
    let said: Vec<(i32, &str)> = texts.iter().map(|text| (0, text.as_str())).collect();
    let id = heard(&site, "long.wav", "en", &said).await;
    assert_eq!(q(&site, "w0x1yyyyyyyyyyyy").await, [id.to_string()]);
    assert_eq!(q(&site, "long.wav").await, [id.to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_searched_without_script_and_leads_to_the_second() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let people = format!("/v1/transcripts/{id}/participants");
    site.send("POST", &people, &json!({ "name": "<b>Ada</b>", "speaker": 1 })).await;
    let (status, page) = site.page("/transcripts?q=budgets&from=&to=&speaker=&language=&source=").await;
    assert_eq!(status, 200);
    for part in [
        "1 transcript found",
        "value=\"budgets\"",
        &format!("href=\"/transcripts/{id}?t=20#here\""),
        "<span class=\"at num\">0:20</span>",
        "<mark>budget</mark>",
        "We should &#60;cut&#62; the ",
        "&#60;b&#62;Ada&#60;/b&#62;",
        "more places",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    let (_, narrowed) = site.page("/transcripts?q=budget&language=de&from=2020-01-01").await;
    assert!(narrowed.contains("Nothing found") && narrowed.contains("<option value=\"de\" selected>"));
    assert!(narrowed.contains("<details class=\"more\" open>") && narrowed.contains("value=\"2020-01-01\""));
    assert_eq!(site.page("/transcripts?from=yesterday").await.0, 422);
    assert_eq!(site.page("/transcripts?source=tape").await.0, 422);
    assert_eq!(site.page("/transcripts?q=a%00b").await.0, 200);
}
