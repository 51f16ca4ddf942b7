use diesel::sql_types::Text;
use diesel::{QueryableByName, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use reflector::db::migrate;

use crate::support::postgres;

/// What PostgreSQL knows of our schema, one line a thing: columns with types and defaults, constraints, indexes, triggers,
/// functions, sequences. Two equal dumps are two equal schemas.
const DUMP: &str = "
    SELECT format('column %s.%s %s %s %s', table_name, column_name,
                  format_type(a.atttypid, a.atttypmod), is_nullable, column_default) AS line
    FROM information_schema.columns
    JOIN pg_attribute a ON a.attrelid = format('public.%I', table_name)::regclass AND a.attname = column_name
    WHERE table_schema = 'public'
    UNION ALL SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'function ' || pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'sequence ' || sequencename FROM pg_sequences WHERE schemaname = 'public'
    ORDER BY 1";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

async fn dump(conn: &mut AsyncPgConnection) -> Vec<String> {
    let lines: Vec<Line> = sql_query(DUMP).load(conn).await.unwrap();
    // diesel's own note of what ran stays.
    lines.into_iter().map(|line| line.line).filter(|line| !line.contains("__diesel")).collect()
}

#[tokio::test]
async fn each_step_can_be_taken_back_and_taken_again() {
    let database = postgres::empty().await;
    let mut conn = database.conn().await;
    let mut before = Vec::new();
    loop {
        let start = dump(&mut conn).await;
        let Some(step) = migrate::up_one(&database.url).await.unwrap() else { break };
        let taken = dump(&mut conn).await;
        assert_ne!(start, taken, "{step} changes something");
        assert_eq!(migrate::down(&database.url).await.unwrap().as_deref(), Some(step.as_str()));
        assert_eq!(dump(&mut conn).await, start, "{step} leaves nothing behind");
        assert_eq!(migrate::up_one(&database.url).await.unwrap(), Some(step.clone()));
        assert_eq!(dump(&mut conn).await, taken, "{step} twice is the same as once");
        before.push((step, start));
    }
    assert!(before.len() >= 6 && migrate::is_current(&database.url).await.unwrap());
    // And all the way down, in order.
    while let Some((step, start)) = before.pop() {
        assert_eq!(migrate::down(&database.url).await.unwrap(), Some(step));
        assert_eq!(dump(&mut conn).await, start);
    }
    assert_eq!(migrate::down(&database.url).await.unwrap(), None);
    assert!(!migrate::is_current(&database.url).await.unwrap());
}

/// Corrections of speakers were the first changes of a text.
#[tokio::test]
async fn corrections_of_speakers_become_changes_and_corrections_again() {
    use diesel_async::SimpleAsyncConnection;
    use reflector::model::edit::{self, Change, Words};
    use reflector::model::transcript::{self, NewTranscript};

    let database = postgres::empty().await;
    migrate::up(&database.url).await.unwrap();
    let back = async || while !migrate::down(&database.url).await.unwrap().unwrap().contains("0060") {};
    let mut conn = database.conn().await;
    let id = transcript::create(&mut conn, &NewTranscript::of_file("talk.wav")).await.unwrap().id;
    back().await;
    let rows = format!(
        "INSERT INTO speaker_edit (transcript_id, kind, speaker, word_text, word_start) VALUES
         ('{id}', 'merge', 4, '{{\" we\", \" \\\"do\\\"\"}}', '{{1.1, 20.45}}'), ('{id}', 'assign', 1, '{{}}', '{{}}')"
    );
    conn.batch_execute(&rows).await.unwrap();
    migrate::up(&database.url).await.unwrap();
    let log = edit::list(&conn, id).await.unwrap();
    let words = Words { text: vec![" we".into(), " \"do\"".into()], start: vec![1.1, 20.45], at: Vec::new() };
    assert_eq!(log[0].change, Change::Merge { speaker: 4, words, moved: None });
    assert_eq!(log[1].change, Change::Assign { speaker: 1, words: Words::default() });
    assert_eq!(log.iter().map(|one| one.revision).collect::<Vec<_>>(), [1, 2]);
    back().await;
    let kept: Vec<Line> = sql_query(
        "SELECT format('%s %s %s %s', kind, speaker, word_text, word_start) AS line FROM speaker_edit ORDER BY seq",
    )
    .load(&mut conn)
    .await
    .unwrap();
    let kept: Vec<_> = kept.into_iter().map(|line| line.line).collect();
    assert_eq!(kept, ["merge 4 {\" we\",\" \\\"do\\\"\"} {1.1,20.45}", "assign 1 {} {}"]);
}

#[tokio::test]
async fn two_that_migrate_at_once_do_it_once() {
    let database = postgres::empty().await;
    let (one, other) = tokio::join!(migrate::up(&database.url), migrate::up(&database.url));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert!(one.is_empty() != other.is_empty(), "{one:?} {other:?}");
}

/// schema.rs is written by hand; PostgreSQL says what it should be.
#[tokio::test]
async fn schema_rs_says_what_the_database_has() {
    let database = postgres::empty().await;
    migrate::up(&database.url).await.unwrap();
    let mut conn = database.conn().await;
    let columns: Vec<Line> = sql_query(
        "SELECT format('%s.%s %s %s', table_name, column_name, udt_name, is_nullable) AS line
         FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%' ORDER BY 1",
    )
    .load(&mut conn)
    .await
    .unwrap();
    let mut expected: Vec<String> = columns.into_iter().map(|line| line.line).collect();
    let mut written = written_columns(include_str!("../../../src/db/schema.rs"));
    expected.sort();
    written.sort();
    assert_eq!(written, expected);
}

fn written_columns(schema: &str) -> Vec<String> {
    let mut table = "";
    let mut columns = Vec::new();
    for line in schema.lines().map(str::trim).take_while(|line| !line.starts_with("joinable!")) {
        if let Some((name, rest)) = line.split_once(" (")
            && rest.ends_with(") {")
        {
            table = name;
        }
        let Some((column, kind)) = line.trim_end_matches(',').split_once(" -> ") else { continue };
        let (kind, nullable) = match kind.strip_prefix("Nullable<").and_then(|inner| inner.strip_suffix('>'))
        {
            Some(inner) => (inner, "YES"),
            None => (kind, "NO"),
        };
        let kind = match kind {
            "Uuid" => "uuid",
            "Text" => "text",
            "Bool" => "bool",
            "SmallInt" => "int2",
            "Integer" => "int4",
            "BigInt" => "int8",
            "Float" => "float4",
            "Double" => "float8",
            "Timestamptz" => "timestamptz",
            "Tsvector" => "tsvector",
            "Jsonb" => "jsonb",
            "Array<Text>" => "_text",
            "Array<Double>" => "_float8",
            "Array<Float>" => "_float4",
            other => panic!("{table}.{column}: {other} has no counterpart here"),
        };
        columns.push(format!("{table}.{column} {kind} {nullable}"));
    }
    columns
}

#[tokio::test]
async fn the_command_goes_up_and_back_and_says_so() {
    let database = postgres::empty().await;
    let run = async |arguments: &[&str]| {
        let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_reflector"))
            .arg("migrate")
            .args(arguments)
            .env("REFLECTOR_DATABASE__URL", &database.url)
            .output()
            .await
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run(&[]).await.ends_with("the database is up to date\n"));
    assert!(migrate::is_current(&database.url).await.unwrap());
    assert!(run(&["--down"]).await.starts_with("taken back: "));
    assert!(!migrate::is_current(&database.url).await.unwrap());
    assert!(run(&[]).await.starts_with("done: "));
}
