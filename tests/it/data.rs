//! Migrations, tables and their queries on a real PostgreSQL.

mod content;
mod migrations;
mod private;
mod stages;
mod transcripts;
mod uploads;
