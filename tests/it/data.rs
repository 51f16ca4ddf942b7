//! Migrations, tables and their queries on a real PostgreSQL.

mod migrations;
mod transcripts;
