//! Bad files and odd ones, all the way: a finished transcript, or a clear reason and the upload kept.

use reflector::model::stage::{Stage, StageStatus};
use reflector::model::transcript::Status;

use crate::support::media::Media;
use crate::support::workshop::{Workshop, two_people};

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_ends_in_plain_words_and_a_good_one_is_read_whatever_its_format() {
    let workshop = Workshop::new().await;
    let media = Media::new();
    let speech = format!("-t 5 -i {}", two_people().display());
    let bad = [
        (media.bytes("empty.wav", b""), "is empty"),
        (media.bytes("text.mp3", b"This is no sound at all, only a text that says so.\n"), "not an audio"),
        (media.ffmpeg("-f lavfi -i testsrc=size=64x64:duration=1 -an", "silent-film.mp4"), "no sound track"),
    ];
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
    let cut = workshop.upload(&half).await;
    let mut uploaded = Vec::new();
    for (file, reason) in &bad {
        uploaded.push((workshop.upload(file).await, *reason));
    }
    let mut read = Vec::new();
    for file in &good {
        read.push((workshop.upload(file).await, file));
    }
    for (id, reason) in uploaded {
        assert_eq!(workshop.until_over(id).await.status, Status::Error, "{reason}");
        let error = workshop.stage(id, Stage::Ingest).await.error.expect("a reason");
        assert!(error.contains(reason), "{error:?} says nothing of {reason:?}");
    }
    workshop.until_stage(cut, Stage::Ingest, StageStatus::Done).await;
    let warning = workshop.stage(cut, Stage::Ingest).await.warning.expect("half of it is missing");
    assert!(warning.contains("should last 0:05, but only 0:02"), "{warning}");
    for (id, file) in read {
        workshop.until_stage(id, Stage::Ingest, StageStatus::Done).await;
        assert_eq!(workshop.stage(id, Stage::Ingest).await.warning, None, "{}", file.display());
        let duration = workshop.transcript(id).await.duration;
        assert!((duration - 5000.0).abs() < 300.0, "{}: {duration} ms", file.display());
    }
}
