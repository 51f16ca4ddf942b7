//! Real media through ffmpeg.

use std::path::Path;

use reflector::audio::{self, AudioError, Cancel, PcmFile, SAMPLE_RATE};

use crate::support::media::Media;

fn decode(media: &Media, src: &Path) -> Result<PcmFile, AudioError> {
    audio::decode_to_pcm(src, &media.path("out.pcm"), |_| {}, &Cancel::new())
}

/// Asserts that it is the tone for about `seconds`: full of energy at 440 Hz, near none beside it.
fn assert_tone(pcm: &PcmFile, seconds: f64) {
    assert!((pcm.duration() - seconds).abs() < 0.15, "{} s instead of {seconds}", pcm.duration());
    let samples = pcm.read(SAMPLE_RATE.into(), SAMPLE_RATE as usize / 2).unwrap();
    let at = |frequency: f64| {
        let (mut re, mut im) = (0.0, 0.0);
        for (index, sample) in samples.iter().enumerate() {
            let phase = std::f64::consts::TAU * frequency * index as f64 / f64::from(SAMPLE_RATE);
            re += f64::from(*sample) * phase.cos();
            im += f64::from(*sample) * phase.sin();
        }
        re.hypot(im) * 2.0 / samples.len() as f64
    };
    // A sixth of a mix of six channels is the least.
    assert!(at(440.0) > 0.02, "440 Hz has only {}", at(440.0));
    assert!(at(440.0) > 20.0 * at(523.0), "523 Hz has {} against {}", at(523.0), at(440.0));
}

#[test]
fn an_empty_file_is_called_empty() {
    let media = Media::new();
    let error = decode(&media, &media.bytes("empty.wav", b"")).unwrap_err();
    assert!(matches!(error, AudioError::Empty), "{error}");
    assert_eq!(error.to_string(), "the file is empty");
}

#[test]
fn a_text_named_mp3_is_no_media() {
    let media = Media::new();
    let long: String = (0..5000).map(|line| format!("line {line} of some notes\n")).collect();
    for text in ["Hello.", "{\"a\": 1}", "<html><body>Not found</body></html>", &long] {
        let error = decode(&media, &media.bytes("notes.mp3", text.as_bytes())).unwrap_err();
        assert!(matches!(error, AudioError::NotMedia), "{error:?} for {:.20}", text);
        assert!(error.is_permanent());
    }
}

#[test]
fn a_file_that_is_not_there_is_not_called_damaged() {
    let media = Media::new();
    let error = decode(&media, &media.path("gone.wav")).unwrap_err();
    assert!(matches!(error, AudioError::Io(_)), "{error:?}");
}

#[test]
fn a_picture_without_sound_has_no_sound_track() {
    let media = Media::new();
    let video = media.ffmpeg("-f lavfi -i testsrc=size=160x120:rate=10:duration=1 -c:v mpeg4", "silent.mp4");
    let info = audio::probe(&video).unwrap();
    assert!(info.has_video && !info.has_audio);
    let error = decode(&media, &video).unwrap_err();
    assert!(matches!(error, AudioError::NoAudio), "{error:?}");
}

#[test]
fn a_video_gives_its_sound() {
    let media = Media::new();
    let video = media.ffmpeg(
        "-f lavfi -i testsrc=size=160x120:rate=10:duration=3 -f lavfi -i sine=frequency=440:duration=3 -c:v mpeg4 -c:a aac",
        "talk.mp4",
    );
    let info = audio::probe(&video).unwrap();
    assert!(info.has_video && info.has_audio);
    assert_tone(&decode(&media, &video).unwrap(), 3.0);
}

#[test]
fn every_common_container_and_rate_becomes_16_khz_mono() {
    let media = Media::new();
    for (name, options) in [
        ("phone.wav", "-ar 8000 -c:a pcm_s16le"),
        ("phone-alaw.wav", "-ar 8000 -c:a pcm_alaw"),
        ("stereo48.wav", "-ar 48000 -ac 2 -c:a pcm_s16le"),
        ("deep.wav", "-ar 44100 -c:a pcm_s24le"),
        ("float.wav", "-ar 96000 -c:a pcm_f32le"),
        ("deep.flac", "-sample_fmt s32 -bits_per_raw_sample 24"),
        ("browser.webm", "-c:a libopus -b:a 32k"),
        ("voice.opus", "-c:a libopus -b:a 16k"),
        ("voice.ogg", "-c:a libvorbis"),
        ("phone.m4a", "-c:a aac -ac 2"),
        ("phone.3gp", "-c:a aac -ar 16000"),
        ("music.mp3", "-c:a libmp3lame -b:a 128k"),
        ("old.wma", "-c:a wmav2"),
        ("surround.mka", "-c:a ac3 -ac 6"),
    ] {
        let source = media.tone(3, options, name);
        let info = audio::probe(&source).unwrap();
        assert!(info.has_audio && !info.has_video, "{name}: {info:?}");
        let pcm = decode(&media, &source).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_tone(&pcm, 3.0);
    }
}

#[test]
fn probe_tells_codec_rate_channels_and_length() {
    let media = Media::new();
    let info = audio::probe(&media.tone(2, "-ar 44100 -ac 2 -c:a pcm_s24le", "a.wav")).unwrap();
    assert_eq!(info.codec.as_deref(), Some("pcm_s24le"));
    assert_eq!((info.sample_rate, info.channels), (Some(44_100), Some(2)));
    assert!((info.duration.unwrap() - 2.0).abs() < 0.01);
}

#[test]
fn a_file_cut_short_gives_what_is_there_or_is_called_damaged() {
    let media = Media::new();
    // Formats that can be played from the start give the part that arrived.
    for (name, options) in
        [("a.wav", "-c:a pcm_s16le"), ("a.mp3", "-b:a 64k"), ("a.webm", "-c:a libopus -b:a 64k")]
    {
        let whole = media.tone(8, options, name);
        let half = whole.metadata().unwrap().len() as usize / 2;
        let pcm = decode(&media, &media.cut(&whole, half, &format!("cut-{name}"))).unwrap();
        assert!((2.0..6.0).contains(&pcm.duration()), "{name}: {} s", pcm.duration());
        assert_tone(&pcm, pcm.duration());
    }
    // An m4a keeps its index at the end, which is what is missing.
    let whole = media.tone(8, "-c:a aac", "a.m4a");
    let error = decode(&media, &media.cut(&whole, 20_000, "cut.m4a")).unwrap_err();
    assert!(matches!(error, AudioError::Damaged(_)), "{error:?}");
    assert_eq!(error.to_string(), "the file is damaged or was cut short (moov atom not found)");
    // A header alone.
    let wav = media.tone(1, "-c:a pcm_s16le", "b.wav");
    let error = decode(&media, &media.cut(&wav, 30, "head.wav")).unwrap_err();
    assert!(matches!(error, AudioError::Damaged(_)), "{error:?}");
}

#[test]
fn what_a_file_promises_beyond_its_sound_is_missing() {
    let media = Media::new();
    for (name, options, told) in [
        ("a.mp3", "-b:a 64k", true),
        ("a.flac", "-c:a flac", true),
        ("a.webm", "-c:a libopus -b:a 64k", true),
        ("a.m4a", "-c:a aac -movflags +faststart", true),
        // What ends with its last byte, or says nothing of its length, promises nothing.
        ("a.ogg", "-c:a libopus", false),
        ("bare.mp3", "-q:a 5 -write_xing 0", false),
    ] {
        let whole = media.tone(8, options, name);
        let missing =
            |src: &Path| audio::probe(src).unwrap().missing(decode(&media, src).unwrap().duration());
        assert_eq!(missing(&whole), None, "{name}");
        let half = whole.metadata().unwrap().len() as usize / 2;
        let found = missing(&media.cut(&whole, half, &format!("cut-{name}")));
        assert_eq!(found.is_some_and(|seconds| (2.0..6.0).contains(&seconds)), told, "{name}: {found:?}");
    }
}

#[test]
fn a_failed_decode_leaves_no_output() {
    let media = Media::new();
    let whole = media.tone(2, "-c:a aac", "a.m4a");
    decode(&media, &media.cut(&whole, 5_000, "cut.m4a")).unwrap_err();
    assert!(!media.path("out.pcm").exists());
    let cancel = Cancel::new();
    cancel.cancel();
    let error = audio::decode_to_pcm(&whole, &media.path("out.pcm"), |_| {}, &cancel).unwrap_err();
    assert!(matches!(error, AudioError::Cancelled), "{error:?}");
    assert!(!media.path("out.pcm").exists());
}

#[test]
fn names_that_look_like_options_or_addresses_are_names() {
    let media = Media::new();
    let wav = media.tone(2, "-c:a pcm_s16le", "a.wav");
    for name in ["-i.wav", "http:x.wav", "a b ' \" $(x) %d.wav", "concat:a|b.wav"] {
        let src = media.path(name);
        std::fs::copy(&wav, &src).unwrap();
        assert_tone(&decode(&media, &src).unwrap(), 2.0);
    }
}

#[test]
fn a_playlist_can_not_name_other_files() {
    let media = Media::new();
    let wav = media.tone(2, "-c:a aac -f adts", "secret.aac");
    let hls =
        format!("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:2,\nfile://{}\n#EXT-X-ENDLIST\n", wav.display());
    let concat = "ffconcat version 1.0\nfile secret.aac\n";
    for (name, text) in
        [("a.m3u8", hls.as_str()), ("a.mp3", hls.as_str()), ("a.ffconcat", concat), ("b.mp3", concat)]
    {
        let error = decode(&media, &media.bytes(name, text.as_bytes())).unwrap_err();
        assert!(matches!(error, AudioError::NotMedia), "{name}: {error:?}");
    }
}

#[test]
fn a_late_start_and_a_gap_keep_their_place_in_time() {
    let media = Media::new();
    let late = media.ffmpeg(
        "-f lavfi -i testsrc=size=64x64:rate=10:duration=4 -itsoffset 2 -f lavfi -i sine=frequency=440:duration=2 \
         -c:v mpeg4 -c:a aac",
        "late.mkv",
    );
    let pcm = decode(&media, &late).unwrap();
    assert!((pcm.duration() - 4.0).abs() < 0.15, "{}", pcm.duration());
    let loud = |second: u64| {
        let samples = pcm.read(second * u64::from(SAMPLE_RATE), 8000).unwrap();
        samples.iter().any(|sample| sample.abs() > 0.05)
    };
    assert!(!loud(0) && !loud(1) && loud(2) && loud(3));
}

#[test]
fn progress_grows_to_one() {
    let media = Media::new();
    let source = media.tone(600, "-c:a pcm_s16le", "a.wav");
    let mut seen = Vec::new();
    audio::decode_to_pcm(&source, &media.path("out.pcm"), |share| seen.push(share), &Cancel::new()).unwrap();
    assert_eq!(seen.last(), Some(&1.0));
    assert!(seen.is_sorted(), "{seen:?}");
}

#[test]
fn the_mp3_is_mono_as_long_as_its_source_and_seekable() {
    let media = Media::new();
    let source = media.tone(5, "-ac 2 -c:a pcm_s24le -metadata title=private", "a.wav");
    let mp3 = media.path("out.mp3");
    audio::encode_mp3(&source, &mp3, |_| {}, &Cancel::new()).unwrap();
    let info = audio::probe(&mp3).unwrap();
    assert_eq!((info.codec.as_deref(), info.channels), (Some("mp3"), Some(1)));
    assert!((info.duration.unwrap() - 5.0).abs() < 0.06, "{info:?}");
    let bytes = std::fs::read(&mp3).unwrap();
    let head = &bytes[..2000];
    assert!(head.windows(4).any(|tag| tag == b"Info" || tag == b"Xing"), "no Xing header");
    assert!(!bytes.windows(7).any(|part| part == b"private"), "tags of the source were kept");
    assert_tone(&decode(&media, &mp3).unwrap(), 5.0);
}

#[test]
fn the_outline_of_a_real_file_has_255_values_up_to_one() {
    let media = Media::new();
    let source = media
        .ffmpeg("-f lavfi -i sine=frequency=440:duration=4 -af afade=in:duration=4 -c:a libopus", "a.webm");
    let values = audio::peaks(&decode(&media, &source).unwrap(), audio::PEAKS).unwrap();
    assert_eq!(values.len(), 255);
    assert_eq!(values.iter().copied().fold(0.0, f32::max), 1.0);
    assert!(values[20] < values[120] && values[120] < values[240], "{values:?}");
}

#[test]
fn a_full_disk_is_told_from_damage() {
    let media = Media::new();
    let small = crate::support::small_disk::SmallDisk::new();
    let source = media.tone(300, "-c:a libopus -b:a 16k", "long.opus");
    let dst = small.path().join("out.pcm");
    let error = audio::decode_to_pcm(&source, &dst, |_| {}, &Cancel::new()).unwrap_err();
    assert!(matches!(error, AudioError::DiskFull), "{error:?}");
    assert!(!error.is_permanent());
    let dst = small.path().join("out.mp3");
    let error = audio::encode_mp3(&source, &dst, |_| {}, &Cancel::new()).unwrap_err();
    assert!(matches!(error, AudioError::DiskFull), "{error:?}");
    assert_eq!(std::fs::read_dir(small.path()).unwrap().count(), 0);
}
