//! Recordings whose two channels carry a side each, and such as only look so.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use reflector::audio::{self, Cancel, Decoded, PcmFile};
use reflector::ids::TranscriptId;
use reflector::model::output;
use reflector::model::stage::{Stage, StageStatus};
use reflector::model::{Segment, TranscriptView, object, transcript, turn};
use reflector::storage::{Storage, StorageKey};

use crate::support::diarization::{cache, samples};
use crate::support::media::Media;
use crate::support::site::Site;
use crate::support::words::content_words;
use crate::support::workshop::Workshop;

/// Channel, start in seconds, clip: two people, who talk at the same time from 4.1 s to 7.4 s and from 11 s to 13.3 s.
const CALL: [(usize, f64, &str); 4] = [
    (0, 0.3, "librivox/0870"),
    (1, 4.1, "asterisk/conf-invalid"),
    (1, 8.3, "asterisk/confbridge-pin"),
    (0, 11.0, "librivox/0880"),
];
const SECONDS: f64 = 14.3;

/// Each side's samples, 16 kHz.
fn sides() -> [Vec<f32>; 2] {
    let mut sides = [(); 2].map(|()| vec![0.0; (SECONDS * 16_000.0) as usize]);
    for (side, start, clip) in CALL {
        let spoken = samples(&cache().join(format!("samples/{clip}.wav")));
        for (to, sample) in sides[side][(start * 16_000.0) as usize..].iter_mut().zip(spoken) {
            *to += sample;
        }
    }
    sides
}

fn both(sides: &[Vec<f32>; 2]) -> Vec<f32> {
    sides[0].iter().zip(&sides[1]).map(|(a, b)| a + b).collect()
}

fn stereo(media: &Media, name: &str, left: &[f32], right: &[f32]) -> PathBuf {
    let path = media.path(name);
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut out = hound::WavWriter::create(&path, spec).unwrap();
    for sample in left.iter().zip(right).flat_map(|(a, b)| [a, b]) {
        out.write_sample((sample * 32767.0).clamp(-32768.0, 32767.0) as i16).unwrap();
    }
    out.finalize().unwrap();
    path
}

fn call(media: &Media) -> PathBuf {
    let [left, right] = sides();
    stereo(media, "call.wav", &left, &right)
}

/// What each side says, from the texts beside the clips: words that the other does not say.
fn truth() -> [BTreeSet<String>; 2] {
    let said = |side| {
        let clips = CALL.iter().filter(move |(of, ..)| *of == side);
        let text = |clip| std::fs::read_to_string(cache().join(format!("samples/{clip}.txt"))).unwrap();
        clips.flat_map(|(.., clip)| content_words(&text(clip))).collect::<BTreeSet<String>>()
    };
    let (left, right): (BTreeSet<_>, BTreeSet<_>) = (said(0), said(1));
    [left.difference(&right).cloned().collect(), right.difference(&left).cloned().collect()]
}

/// Speakers and texts hold both sides: most words of each, and none with the other's speaker.
fn assert_both_heard(lines: &[(String, String)], first: &str, second: &str) {
    let speakers: BTreeSet<&str> = lines.iter().map(|(speaker, _)| speaker.as_str()).collect();
    assert_eq!(speakers, BTreeSet::from([first, second]), "{lines:?}");
    let truth = truth();
    for (side, speaker) in [first, second].into_iter().enumerate() {
        let said: Vec<&str> =
            lines.iter().filter(|(who, _)| who == speaker).map(|(_, text)| text.as_str()).collect();
        let said = content_words(&said.join(" "));
        let strange: Vec<_> = said.intersection(&truth[1 - side]).collect();
        assert!(strange.is_empty(), "{strange:?} are the other's: {lines:?}");
        let found = said.intersection(&truth[side]).count();
        // The smallest model writes "Mr." and "old sposed": three quarters are far more than a side heard through the other has.
        assert!(found * 4 >= truth[side].len() * 3, "{said:?} of {:?}", truth[side]);
    }
    // Said while the other spoke too.
    let all: String = lines.iter().map(|(_, text)| text.to_lowercase() + " ").collect();
    for word in ["power", "valid", "conference", "pound"] {
        assert!(all.contains(word), "{word}: {lines:?}");
    }
}

async fn size(storage: &Storage, key: StorageKey) -> Option<u64> {
    storage.size(&key).await.expect("the store answers")
}

fn channel(transcript: TranscriptId, channel: u8) -> StorageKey {
    StorageKey::Channel { transcript, channel }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_of_a_call_are_written_down_with_the_right_speakers_where_they_talk_at_once() {
    let (media, site) = (Media::new(), Site::working().await);
    let workshop = &site.workshop;
    let id = workshop.upload(&call(&media)).await;
    workshop.until_ended(id).await;

    let mut conn = workshop.conn().await;
    let view = TranscriptView::load(&mut conn, id).await.unwrap().unwrap();
    let segments = view.segments(&mut conn).await.unwrap();
    let speak: BTreeSet<_> = segments.iter().filter_map(|one| one.speaker).collect();
    assert_eq!((view.transcript.channels, speak), (2, BTreeSet::from([0, 1])));
    assert!(segments.is_sorted_by(|a, b| a.start <= b.start), "{segments:?}");
    assert!(segments.iter().all(|one| one.speaker == Some(one.channel.into())), "{segments:?}");
    let line = |one: &Segment| (one.speaker.unwrap().to_string(), one.text.clone());
    assert_both_heard(&segments.iter().map(line).collect::<Vec<_>>(), "0", "1");
    let at = |side: i16, from: f64, to: f64| {
        let words = segments.iter().filter(|one| one.channel == side).flat_map(|one| &one.words);
        words.filter(|word| word.start >= from - 0.1 && word.end <= to + 0.1).count()
    };
    assert!(at(0, 4.1, 7.4) >= 5 && at(1, 4.1, 7.4) >= 5, "at the same time: {segments:?}");

    // What was heard first is from whom more was heard; as it grew, it was read in order of time.
    let heard = output::current(&mut conn, id, Stage::Transcribe).await.unwrap().unwrap();
    assert_eq!(heard.language.as_deref(), Some("en"));
    let growing = reflector::model::segment::all(&conn, heard.id).await.unwrap();
    assert!(growing.is_sorted_by(|a, b| a.start <= b.start) && !growing.is_sorted_by_key(|one| one.idx));
    let found = output::current(&mut conn, id, Stage::Diarize).await.unwrap().unwrap();
    let turns = turn::turns(&mut conn, found.id).await.unwrap();
    assert!(turns.iter().all(|one| one.channel.map(i32::from) == Some(one.speaker)), "{turns:?}");
    assert_eq!(turn::voices(&mut conn, found.id).await.unwrap().len(), 2);

    let storage = site.app.storage();
    let mix = size(storage, StorageKey::Pcm { transcript: id }).await;
    assert!(mix.is_some());
    assert_eq!([size(storage, channel(id, 0)).await, size(storage, channel(id, 1)).await], [mix, mix]);
    let sound = object::sounds(&mut conn).await.unwrap();
    assert!(sound.iter().any(|one| one.transcript == id && one.channels == 2), "a backup has them");
    let (status, page) = site.page(&format!("/transcripts/{id}")).await;
    assert!(status == 200 && page.contains("2 separate channels"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_talk_mixed_into_both_channels_goes_the_ordinary_way() {
    let (media, workshop) = (Media::new(), Workshop::new().await);
    let mixed = both(&sides());
    let id = workshop.upload(&stereo(&media, "mixed.wav", &mixed, &mixed)).await;
    // As if a run before this one had taken it for a call.
    let storage = Storage::local(&workshop.storage).unwrap();
    let mut conn = workshop.conn().await;
    transcript::set_channels(&mut conn, id, 2).await.unwrap();
    for number in 0..2 {
        storage.put_bytes(&channel(id, number), "old").await.unwrap();
    }
    let worker = workshop.worker();
    workshop.until_stage(id, Stage::Ingest, StageStatus::Done).await;
    worker.kill();
    assert_eq!(workshop.transcript(id).await.channels, 1);
    let sound = object::sounds(&mut conn).await.unwrap();
    assert!(sound.iter().all(|one| one.channels == 0));
    assert!(size(&storage, StorageKey::Pcm { transcript: id }).await.is_some());
    assert_eq!([size(&storage, channel(id, 0)).await, size(&storage, channel(id, 1)).await], [None; 2]);
}

#[test]
fn the_command_hears_a_call_as_two_sides_too() {
    let media = Media::new();
    let call = call(&media).display().to_string();
    let arguments = [&*call, "--format", "json", "--model", "whisper-tiny.en", "--beam", "1"];
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_reflector"));
    let done = command.arg("transcribe").args(arguments).current_dir(std::env::temp_dir()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let json: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let segments = json["segments"].as_array().unwrap();
    let lines: Vec<_> = segments.iter().map(|one| (text(&one["speaker"]), text(&one["text"]))).collect();
    assert_both_heard(&lines, "Speaker 1", "Speaker 2");
}

fn decode(src: &Path) -> (tempfile::TempDir, Decoded) {
    let folder = tempfile::tempdir().unwrap();
    let decoded = audio::decode(src, folder.path(), |_| {}, &Cancel::new()).unwrap();
    (folder, decoded)
}

fn all(pcm: &PcmFile) -> Vec<f32> {
    pcm.read(0, usize::MAX).unwrap()
}

#[test]
fn mono_and_surround_are_decoded_as_ever_and_the_mix_of_a_call_is_ffmpegs() {
    let media = Media::new();
    let call = call(&media);
    let mono = media.ffmpeg(&format!("-i {} -ac 1", call.display()), "mono.wav");
    let surround = media.ffmpeg(&format!("-i {} -ac 6", call.display()), "surround.wav");
    for src in [&mono, &surround] {
        let plain = audio::decode_to_pcm(src, &media.path("plain"), |_| {}, &Cancel::new()).unwrap();
        let (folder, decoded) = decode(src);
        assert!(decoded.sides.is_empty());
        assert_eq!(all(&decoded.mix.pcm), all(&plain));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "the mix, and nothing else");
    }
    let plain = audio::decode_to_pcm(&call, &media.path("plain"), |_| {}, &Cancel::new()).unwrap();
    let (folder, decoded) = decode(&call);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "the mix and both sides");
    let (here, there) = (all(&decoded.mix.pcm), all(&plain));
    assert_eq!(here.len(), there.len());
    let step = here.iter().zip(&there).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) * 32768.0;
    assert!(step < 2.5, "{step} steps of 16 bits apart");
    // Nothing of the other is in either, so nothing is muted but pauses.
    for (side, samples) in decoded.sides.iter().zip(sides()) {
        let found = all(&side.pcm);
        let muted = found.iter().zip(&samples).filter(|(a, b)| (*a - *b).abs() * 32768.0 > 2.5);
        let loudest = muted.map(|(_, sample)| sample.abs()).fold(0.0, f32::max);
        assert!(found.len() == samples.len() && loudest < 0.02, "{loudest}");
    }
}

#[test]
fn a_call_is_known_at_any_loudness_and_after_lossy_codecs() {
    let media = Media::new();
    let call = call(&media).display().to_string();
    for (options, name) in [
        ("-c:a libmp3lame -b:a 64k -joint_stereo 1", "joint.mp3"),
        ("-c:a libopus -b:a 32k", "low.webm"),
        ("-ar 8000 -c:a pcm_mulaw", "telephone.wav"),
        ("-af volume=-25dB -c:a aac -b:a 48k", "soft.m4a"),
    ] {
        let (_folder, decoded) = decode(&media.ffmpeg(&format!("-i {call} {options}"), name));
        assert_eq!(decoded.sides.len(), 2, "{name}");
    }
}

#[test]
fn two_microphones_in_a_room_and_a_mix_are_no_sides() {
    let media = Media::new();
    let [left, right] = sides();
    let talk = both(&[left.clone(), right.clone()]);
    // Both readers and echoes, other ones in each microphone. `echoes`: samples late, and gain.
    let heard = |echoes: &[(usize, f32)]| {
        let mut out = talk.clone();
        for (late, gain) in echoes {
            out.iter_mut().skip(*late).zip(&talk).for_each(|(to, said)| *to += gain * said);
        }
        out.iter().map(|sample| sample * 0.4).collect::<Vec<f32>>()
    };
    let pair =
        [heard(&[(211, 0.5), (700, -0.3), (1900, 0.2)]), heard(&[(90, -0.4), (533, 0.5), (2400, 0.2)])];
    let (_folder, decoded) = decode(&stereo(&media, "room.wav", &pair[0], &pair[1]));
    assert!(decoded.sides.is_empty(), "two microphones");
    let panned: Vec<Vec<f32>> = [(1.0, 0.2), (0.2, 1.0)]
        .map(|(a, b)| left.iter().zip(&right).map(|(l, r)| a * l + b * r).collect())
        .to_vec();
    let (_folder, decoded) = decode(&stereo(&media, "panned.wav", &panned[0], &panned[1]));
    assert!(decoded.sides.is_empty(), "a mix, 14 dB to each side");
}
