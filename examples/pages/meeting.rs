//! A meeting of three hours that nobody held: 27,000 words by four people, twelve topics, and a tone for its sound.

use std::path::Path;
use std::process::Command;

use anyhow::Context;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use reflector::clock;
use reflector::config::StorageConfig;
use reflector::db::Pool;
use reflector::db::schema::transcript as table;
use reflector::ids::TranscriptId;
use reflector::model::stage::{self, Attempt, Begun, Stage};
use reflector::model::transcript::{self, NewTranscript};
use reflector::model::{SummaryKind, SummarySentence, output, segment, understanding};
use reflector::storage::{Storage, StorageKey};

use crate::said::{LENGTH, meeting, topics};

/// The meeting; made if the folder has none yet.
pub async fn find_or_make(url: &str, storage: &Path) -> anyhow::Result<TranscriptId> {
    let mut conn = Pool::new(url, 1)?.get().await?;
    let found: Option<TranscriptId> = table::table.select(table::id).first(&mut conn).await.optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    println!("making a meeting of three hours");
    let config = StorageConfig { dir: storage.to_owned(), ..StorageConfig::default() };
    let storage = Storage::open(&config)?;
    let folder = tempfile::tempdir()?;
    let tone = folder.path().join("tone.mp3");
    let sound = format!(
        "-nostdin -v error -f lavfi -i sine=frequency=330:sample_rate=16000:duration={LENGTH} -b:a 16k"
    );
    let made = Command::new("ffmpeg").args(sound.split(' ')).arg(&tone).status().context("ffmpeg")?;
    anyhow::ensure!(made.success(), "ffmpeg made no sound");

    let id = transcript::create(&mut conn, &NewTranscript::of_file("Board meeting")).await?.id;
    transcript::set_duration(&mut conn, id, LENGTH * 1e3).await?;
    storage.put_file(&StorageKey::Mp3 { transcript: id }, &tone).await?;
    let peaks: Vec<f32> = (0..255).map(|n| 0.2 + (n * 37 % 100) as f32 / 130.0).collect();
    storage.put_bytes(&StorageKey::Peaks { transcript: id }, serde_json::to_vec(&peaks)?).await?;
    let run = stage::restart(&mut conn, id, Stage::Ingest, clock::now()).await?.context("it is there")?.run;
    for stage in Stage::ALL {
        let Begun::Start { attempt, .. } =
            stage::begin(&mut conn, id, run, *stage, "bench", clock::now()).await?
        else {
            anyhow::bail!("{stage} does not start");
        };
        make(&mut conn, &attempt).await?;
    }
    Ok(id)
}

async fn make(conn: &mut AsyncPgConnection, attempt: &Attempt) -> anyhow::Result<()> {
    let mut made = None;
    if attempt.stage != Stage::Ingest {
        let output = output::open(conn, attempt, "bench", Some("en")).await?.context("it is current")?;
        made = Some(output);
        match attempt.stage {
            Stage::Assemble => segment::append(conn, output, &meeting()).await?,
            Stage::Topics => understanding::store_topics(conn, output, &topics(LENGTH)).await?,
            Stage::Title => understanding::store_title(conn, output, "Board meeting").await?,
            Stage::Summarize => understanding::store_sentences(conn, output, &sentences()).await?,
            _ => {}
        }
    }
    stage::finish(conn, attempt, made, clock::now()).await?;
    Ok(())
}

fn sentences() -> Vec<SummarySentence> {
    let one = |n: u32| SummarySentence {
        kind: if n < 2 { SummaryKind::Short } else { SummaryKind::Long },
        heading: (n >= 2).then(|| "The budget".to_owned()),
        text: "They went through the numbers and agreed to meet again.".into(),
        start: f64::from(n) * 900.0,
        end: f64::from(n) * 900.0 + 5.0,
    };
    (0..12).map(one).collect()
}
