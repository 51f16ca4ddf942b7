//! A database seen from outside: its tables and how much is in them, who else is there, and how to empty it.

use std::collections::BTreeMap;

use diesel::sql_types::{BigInt, Integer, Text};
use diesel::{QueryResult, QueryableByName, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = Integer)]
    number: i32,
}

/// Where diesel notes which steps have run.
pub const MIGRATIONS: &str = "public.__diesel_schema_migrations";
/// What a migration made up for this installation.
const SECRET: &str = "public.instance_secret";
/// The job queue's schema; its only table with work in it is [`JOBS`].
pub const QUEUE: &str = "graphile_worker.";
/// Jobs that wait or run.
pub const JOBS: &str = "graphile_worker._private_jobs";

/// Begins a transaction in which nothing changes, and names it so that another process can see the same.
///
/// # Errors
/// Those of the database.
pub async fn begin_snapshot(conn: &mut AsyncPgConnection) -> QueryResult<String> {
    // It waits while the dump is read, which may take longer than the server allows others.
    conn.batch_execute(
        "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
         SET LOCAL idle_in_transaction_session_timeout = 0;
         SET LOCAL statement_timeout = 0",
    )
    .await?;
    word(conn, "SELECT pg_export_snapshot() AS word").await
}

/// Ends it.
///
/// # Errors
/// Those of the database.
pub async fn end_snapshot(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    conn.batch_execute("ROLLBACK").await
}

/// Rows of every table outside the system's own schemas, by `schema.table`.
///
/// # Errors
/// Those of the database.
pub async fn tables(conn: &mut AsyncPgConnection) -> QueryResult<BTreeMap<String, i64>> {
    let names: Vec<Word> = sql_query(
        "SELECT format('%I.%I', schemaname, tablename) AS word FROM pg_tables
         WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1",
    )
    .load(conn)
    .await?;
    let mut rows = BTreeMap::new();
    for Word { word: table } in names {
        // Quoted by format() where need be.
        let found: Count =
            sql_query(format!("SELECT count(*) AS count FROM {table}")).get_result(conn).await?;
        rows.insert(table, found.count);
    }
    Ok(rows)
}

/// Those of `tables` that hold what people would miss: not the notes of migrations and what they made, not the queue's own.
pub fn with_content(tables: &BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    tables
        .iter()
        .filter(|(table, rows)| {
            let ours = [MIGRATIONS, SECRET].contains(&table.as_str());
            **rows > 0 && !ours && (*table == JOBS || !table.starts_with(QUEUE))
        })
        .map(|(table, rows)| (table.clone(), *rows))
        .collect()
}

/// Versions of the steps that have run here, oldest first; none where diesel has never been.
///
/// # Errors
/// Those of the database.
pub async fn applied(conn: &mut AsyncPgConnection) -> QueryResult<Vec<String>> {
    let there: Vec<Word> = sql_query(format!(
        "SELECT to_regclass('{MIGRATIONS}')::text AS word WHERE to_regclass('{MIGRATIONS}') IS NOT NULL"
    ))
    .load(conn)
    .await?;
    if there.is_empty() {
        return Ok(Vec::new());
    }
    let versions: Vec<Word> =
        sql_query(format!("SELECT version::text AS word FROM {MIGRATIONS} ORDER BY 1")).load(conn).await?;
    Ok(versions.into_iter().map(|version| version.word).collect())
}

/// Major version of the server: 17.
///
/// # Errors
/// Those of the database.
pub async fn server_major(conn: &mut AsyncPgConnection) -> QueryResult<u32> {
    let found: Number = sql_query("SELECT current_setting('server_version_num')::integer / 10000 AS number")
        .get_result(conn)
        .await?;
    Ok(found.number.unsigned_abs())
}

/// Other clients of the same database, as `program (process of the server)`.
///
/// # Errors
/// Those of the database.
pub async fn others(conn: &mut AsyncPgConnection) -> QueryResult<Vec<String>> {
    let found: Vec<Word> = sql_query(
        "SELECT format('%s (%s)', coalesce(nullif(application_name, ''), usename::text, 'unnamed'), pid) AS word
         FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
         -- Those of other roles do not tell their kind.
         AND usename IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend' ORDER BY 1",
    )
    .load(conn)
    .await?;
    Ok(found.into_iter().map(|found| found.word).collect())
}

/// Removes every table, view, sequence, function and type of `public`, and the schema of the queue. The schema `public`
/// itself stays: its owner and rights are the server's.
///
/// # Errors
/// Those of the database; nothing is removed then.
pub async fn empty(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    conn.batch_execute(
        "DO $$
         DECLARE things text[]; thing text;
         BEGIN
             DROP SCHEMA IF EXISTS graphile_worker CASCADE;
             -- Named before any is dropped: a thing that went with another has no name any more.
             SELECT array_agg(format('%s IF EXISTS %s', CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE'
                 WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, c.oid::regclass))
             INTO things FROM pg_class c
             WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
             AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('e', 'i'));
             FOREACH thing IN ARRAY coalesce(things, '{}') LOOP EXECUTE format('DROP %s CASCADE', thing); END LOOP;
             SELECT array_agg(format('ROUTINE IF EXISTS %s', p.oid::regprocedure)) INTO things FROM pg_proc p
             WHERE pronamespace = 'public'::regnamespace
             AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e');
             FOREACH thing IN ARRAY coalesce(things, '{}') LOOP EXECUTE format('DROP %s CASCADE', thing); END LOOP;
             SELECT array_agg(format('TYPE IF EXISTS %s', t.oid::regtype)) INTO things FROM pg_type t
             WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd', 'r')
             AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = t.oid AND d.deptype IN ('e', 'i'));
             FOREACH thing IN ARRAY coalesce(things, '{}') LOOP EXECUTE format('DROP %s CASCADE', thing); END LOOP;
         END $$",
    )
    .await
}

/// Lets the planner know what is in the tables by now.
///
/// # Errors
/// Those of the database.
pub async fn analyze(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    conn.batch_execute("ANALYZE").await
}

/// Which PostgreSQL answers, as it says itself: `17.2`, or `15.8 (Debian 15.8-0+deb12u1)`.
///
/// # Errors
/// Those of the database.
pub async fn server_version(conn: &mut AsyncPgConnection) -> QueryResult<String> {
    word(conn, "SELECT current_setting('server_version') AS word").await
}

async fn word(conn: &mut AsyncPgConnection, query: &str) -> QueryResult<String> {
    let found: Word = sql_query(query).get_result(conn).await?;
    Ok(found.word)
}
