//! Bad files and odd ones, all the way: a finished transcript, or a clear reason on the page and by the API, and the upload kept.

use std::path::Path;

use reflector::ids::TranscriptId;
use reflector::model::stage::{Stage, StageStatus};

use super::outages::upload_is_kept;
use crate::support::media::Media;
use crate::support::site::{Site, multipart};
use crate::support::workshop::two_people;

/// Each with what is said of it.
fn bad(media: &Media) -> Vec<(std::path::PathBuf, &'static str)> {
    vec![
        (media.bytes("empty.wav", b""), "is empty"),
        (media.bytes("text.mp3", b"This is no sound at all, only a text that says so.\n"), "not an audio"),
        (media.ffmpeg("-f lavfi -i testsrc=size=64x64:duration=1 -an", "silent-film.mp4"), "no sound track"),
    ]
}

/// Sends the file as those do who have no script; where that leads.
async fn form(site: &Site, file: &Path) -> TranscriptId {
    let bytes = std::fs::read(file).expect("the file to upload");
    let name = file.file_name().expect("a name").to_string_lossy();
    let (kind, body) = multipart(&[("file", Some(name.as_ref()), bytes.as_slice())]);
    let form = site.client.post(site.url("/upload")).header("content-type", kind).body(body);
    let answer = form.send().await.expect("an answer");
    assert_eq!(answer.status(), 303, "{name}");
    let to = answer.headers()["location"].to_str().expect("an address").to_owned();
    to.rsplit('/').next().expect("an id").parse().expect("an id")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_ends_in_plain_words_and_a_good_one_in_words_whatever_its_format() {
    let site = Site::new().await;
    let workshop = &site.workshop;
    let media = Media::new();
    // One person, without a pause.
    let speech = format!("-ss 10.5 -t 5 -i {}", two_people().display());
    let good = [
        media.ffmpeg(&format!("{speech} -ar 8000"), "telephone.wav"),
        media.ffmpeg(&format!("{speech} -ar 48000 -ac 2"), "stereo.wav"),
        media.ffmpeg(&format!("{speech} -c:a pcm_s24le"), "deep.wav"),
        media.ffmpeg(&format!("{speech} -c:a libopus"), "opus.ogg"),
        media.ffmpeg(&format!("{speech} -c:a aac"), "aac.m4a"),
        media.ffmpeg(
            &format!("{speech} -f lavfi -i testsrc=size=64x64:duration=5 -c:v mpeg4 -c:a aac"),
            "film.mp4",
        ),
    ];
    let whole = media.ffmpeg(&format!("{speech} -b:a 64k"), "whole.mp3");
    let half = media.cut(&whole, whole.metadata().unwrap().len() as usize / 2, "half.mp3");
    let _worker = workshop.worker();
    let mut refused = Vec::new();
    for (file, reason) in bad(&media) {
        refused.push((form(&site, &file).await, reason));
        let id = site.create("in one chunk").await;
        let (status, taken) = site.chunk(&id.to_string(), 0, 1, &std::fs::read(&file).unwrap()).await;
        assert_eq!(status, 200, "{taken}");
        refused.push((id, reason));
    }
    let cut = workshop.upload(&half).await;
    let mut read = Vec::new();
    for file in &good {
        read.push((workshop.upload(file).await, file));
    }
    for (id, reason) in refused {
        let over = workshop.until_over(id).await;
        let (_, told) = site.json(&format!("/v1/transcripts/{id}")).await;
        assert_eq!(told["status"], "error", "{reason}: {told}");
        let error = told["error"].as_str().expect("a reason");
        assert!(error.contains(reason), "{error:?} says nothing of {reason:?}");
        let (_, page) = site.page(&format!("/transcripts/{id}")).await;
        assert!(page.contains("did not work") && page.contains(reason), "{reason}: {page}");
        upload_is_kept(workshop, over.recording_id.expect("a recording")).await;
    }
    workshop.until_stage(cut, Stage::Ingest, StageStatus::Done).await;
    let warning = workshop.stage(cut, Stage::Ingest).await.warning.expect("half of it is missing");
    assert!(warning.contains("should last 0:05, but only 0:02"), "{warning}");
    for (id, file) in read {
        workshop.until_ended(id).await;
        assert_eq!(workshop.stage(id, Stage::Ingest).await.warning, None, "{}", file.display());
        let (_, shown) = site.json(&format!("/v1/transcripts/{id}?transcript_format=text")).await;
        let duration = shown["duration"].as_f64().expect("a length");
        assert!((duration - 5000.0).abs() < 300.0, "{}: {duration} ms", file.display());
        let text = shown["transcript"].as_str().expect("a text");
        assert!(text.split_whitespace().count() > 5, "{}: {text:?}", file.display());
    }
}
