//! Jobs whose words and voices come from a speech server.

use std::time::Duration;

use reflector::model::output;
use reflector::model::stage::{Stage, StageStatus};

use crate::support::site::Site;
use crate::support::speech_server::{KEY, SpeechServer};
use crate::support::workshop::two_people;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_is_heard_by_a_speech_server_and_no_model_is_needed_here() {
    let server = SpeechServer::start(|_| ()).await;
    let url = server.url("");
    let site = Site::working_with(|config| {
        config.models.dir = "/nowhere".into();
        config.speech.transcript_url = Some(url.clone());
        config.speech.transcript_api_key = Some(KEY.into());
        config.speech.diarization_url = Some(format!("{url}/diarize"));
        config.speech.diarization_api_key = Some(KEY.into());
    })
    .await;
    let id = site.workshop.upload(&two_people()).await;
    site.workshop.until_ended(id).await;
    let (_, transcript) = site.json(&format!("/v1/transcripts/{id}?transcript_format=json")).await;
    let said = transcript["transcript"].as_array().unwrap();
    assert!(said.iter().any(|one| one["text"].as_str().unwrap().contains("Chicago")), "{said:?}");
    assert!(said.iter().any(|one| one["speaker"] == 0) && said.iter().any(|one| one["speaker"] == 1));
    let mut conn = site.workshop.conn().await;
    for (stage, method) in [
        (Stage::Transcribe, format!("whisper-tiny.en at {}", server.address)),
        (Stage::Diarize, server.address.to_string()),
    ] {
        let made = output::current(&mut conn, id, stage).await.unwrap().unwrap();
        assert_eq!(made.method, method, "{stage}");
    }
    server.until_empty().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_is_away_is_named_on_the_page_and_its_jobs_go_on_when_it_is_back() {
    // A port that nobody listens on.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap().to_string();
    drop(listener);
    let site = Site::working_with(|config| {
        config.models.dir = "/nowhere".into();
        config.speech.transcript_url = Some(format!("http://{place}"));
        config.speech.diarization_url = Some(format!("http://{place}"));
    })
    .await;
    let id = site.workshop.upload(&two_people()).await;
    let wanted = format!("the speech server at {place} can't be reached");
    let start = std::time::Instant::now();
    let shown = loop {
        let stage = site.workshop.stage(id, Stage::Transcribe).await;
        if let Some(error) = stage.error.filter(|_| stage.status == StageStatus::Queued) {
            break error;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "waited in vain");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert!(shown.contains(&wanted), "{shown}");
    let (_, page) = site.page(&format!("/transcripts/{id}")).await;
    assert!(page.contains(&place), "{page}");
}
