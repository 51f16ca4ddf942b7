use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::process::{self, Limits};
use super::sandbox::Grant;
use super::{AudioError, Cancel};

/// What a media file says about itself.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaInfo {
    /// Seconds, where the container says so (a browser's webm does not).
    pub duration: Option<f64>,
    /// Seconds that its sound lasts by its own account; `None` where it gives none, and ffmpeg would estimate.
    pub promised: Option<f64>,
    pub has_audio: bool,
    /// A moving picture; cover art does not count.
    pub has_video: bool,
    /// ffmpeg's name of the first audio stream's codec, such as `opus`.
    pub codec: Option<String>,
    /// Samples a second of the first audio stream.
    pub sample_rate: Option<u32>,
    /// Channels of the first audio stream.
    pub channels: Option<u32>,
}

/// Containers that hold their own media. Playlists and image sequences are missing on purpose: they name other files, and
/// an uploaded one could name anything on this disk.
pub(super) const FORMATS: &str = "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dsf,dts,dtshd,eac3,flac,flv,gsm,\
    matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp2,mp3,mpc,mpc8,mpeg,mpegts,mxf,nut,ogg,rm,sln,tta,voc,w64,wav,wv";
/// Protocols an input may make ffmpeg speak.
pub(super) const PROTOCOLS: &str = "file,pipe";

/// Seconds by which a whole file's sound may fall short: rounding, padding, a codec's delay.
const SLACK: f64 = 2.0;

const PATIENCE: Duration = Duration::from_secs(120);

/// What ffprobe warns of where a file does not tell its length.
const ESTIMATED: &str = "Estimating duration from bitrate";

#[derive(Deserialize)]
struct Report {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    format: Format,
}

#[derive(Default, Deserialize)]
struct Format {
    duration: Option<String>,
}

#[derive(Deserialize)]
struct Stream {
    codec_type: Option<String>,
    codec_name: Option<String>,
    sample_rate: Option<String>,
    channels: Option<u32>,
    duration: Option<String>,
    #[serde(default)]
    disposition: Disposition,
}

#[derive(Default, Deserialize)]
struct Disposition {
    #[serde(default)]
    attached_pic: u8,
}

/// Asks ffprobe what is in the file. A file without an audio stream is no error here: see [`MediaInfo::has_audio`].
///
/// # Errors
/// `Empty`, `NotMedia`, `Damaged` where it begins like media but can't be opened, `Io` where it is not there.
pub fn probe(path: &Path) -> Result<MediaInfo, AudioError> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(AudioError::NotMedia);
    }
    if metadata.len() == 0 {
        return Err(AudioError::Empty);
    }
    let entries = "format=duration:stream=codec_type,codec_name,sample_rate,channels,duration:stream_disposition=attached_pic";
    let options: [&[&str]; 3] = [
        &["-hide_banner", "-show_entries", entries],
        &["-loglevel", "warning", "-print_format", "json"],
        &["-protocol_whitelist", PROTOCOLS, "-format_whitelist", FORMATS, "-i"],
    ];
    let options = options.concat().into_iter().map(OsString::from);
    let arguments: Vec<OsString> = options.chain([address(path)]).collect();
    let limits =
        Limits { grant: Grant { read: Some(path), write: None }, wall: PATIENCE, file_size: 1 << 20 };
    let mut json = String::new();
    let done = process::run("ffprobe", &arguments, &limits, &Cancel::new(), &mut |line| json.push_str(line))?;
    let report: Option<Report> = serde_json::from_str(&json).ok().filter(|_| done.status.success());
    match report.filter(Report::is_of_media) {
        Some(report) => Ok(report.info(done.stderr.contains(ESTIMATED))),
        None if begins_like_media(file)? => Err(AudioError::Damaged(done.reason())),
        None => Err(AudioError::NotMedia),
    }
}

impl Report {
    /// ffprobe guesses at anything: a long text may pass for MPEG audio of 0 channels.
    fn is_of_media(&self) -> bool {
        let is_real = |stream: &Stream| match stream.codec_type.as_deref() {
            Some("audio") => stream.channels.unwrap_or(0) > 0 && stream.sample_rate.as_deref() != Some("0"),
            _ => true,
        };
        self.streams.iter().any(is_real)
    }

    /// `estimated`: no length in it is more than a guess.
    fn info(self, estimated: bool) -> MediaInfo {
        let is = |stream: &&Stream, kind: &str| stream.codec_type.as_deref() == Some(kind);
        let audio = self.streams.iter().find(|stream| is(stream, "audio"));
        let moving = |stream: &&Stream| is(stream, "video") && stream.disposition.attached_pic == 0;
        let has_video = self.streams.iter().any(|stream| moving(&stream));
        let duration = seconds(self.format.duration.as_deref());
        // A film may go on after its sound.
        let of_sound = audio.and_then(|stream| seconds(stream.duration.as_deref()));
        let promised = of_sound.or(duration.filter(|_| !has_video)).filter(|_| !estimated);
        MediaInfo {
            duration,
            promised,
            has_audio: audio.is_some(),
            has_video,
            codec: audio.and_then(|stream| stream.codec_name.clone()),
            sample_rate: audio.and_then(|stream| stream.sample_rate.as_ref()?.parse().ok()),
            channels: audio.and_then(|stream| stream.channels),
        }
    }
}

fn seconds(text: Option<&str>) -> Option<f64> {
    text?.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds > 0.0)
}

impl MediaInfo {
    /// Seconds of sound that are not among the `decoded` ones although the file promises them: it was cut short, or is
    /// damaged inside. `None` where it keeps its promise or makes none.
    pub fn missing(&self, decoded: f64) -> Option<f64> {
        self.promised.map(|promised| promised - decoded).filter(|missing| *missing > SLACK)
    }
}

/// The path as ffmpeg's address: never an option, whatever it begins with, and never another protocol.
pub(super) fn address(path: &Path) -> OsString {
    let mut address = OsString::from("file:");
    address.push::<&OsStr>(path.as_ref());
    address
}

/// Whether the first bytes are those of a common container, so that "damaged" is told from "something else".
fn begins_like_media(file: File) -> Result<bool, AudioError> {
    let mut head = Vec::new();
    file.take(12).read_to_end(&mut head)?;
    const MAGIC: [&[u8]; 7] = [b"RIFF", b"OggS", b"fLaC", b"ID3", b"\x1a\x45\xdf\xa3", b"FORM", b"caff"];
    Ok(MAGIC.iter().any(|magic| head.starts_with(magic)) || head.get(4..8) == Some(b"ftyp"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cover_art_is_no_video() {
        let json = r#"{"streams": [
            {"codec_type": "video", "codec_name": "mjpeg", "disposition": {"attached_pic": 1}},
            {"codec_type": "audio", "codec_name": "mp3", "sample_rate": "44100", "channels": 2}],
            "format": {"duration": "12.5"}}"#;
        let info = serde_json::from_str::<Report>(json).unwrap().info(false);
        assert!(info.has_audio && !info.has_video);
        assert_eq!((info.duration, info.sample_rate, info.channels), (Some(12.5), Some(44_100), Some(2)));
    }

    #[test]
    fn only_what_a_file_says_of_its_sound_is_a_promise() {
        let promised =
            |json: &str, estimated| serde_json::from_str::<Report>(json).unwrap().info(estimated).promised;
        let film = r#"{"streams": [{"codec_type": "video"}, {"codec_type": "audio", "duration": "10.0"}],
            "format": {"duration": "20.0"}}"#;
        assert_eq!(promised(film, false), Some(10.0));
        assert_eq!(promised(&film.replace("10.0", "N/A"), false), None);
        let sound = r#"{"streams": [{"codec_type": "audio"}], "format": {"duration": "20.0"}}"#;
        assert_eq!((promised(sound, false), promised(sound, true)), (Some(20.0), None));
        let info = serde_json::from_str::<Report>(sound).unwrap().info(false);
        assert_eq!((info.missing(10.0), info.missing(19.5), info.missing(25.0)), (Some(10.0), None, None));
    }

    #[test]
    fn a_guess_without_channels_is_no_media() {
        let is_media = |json| serde_json::from_str::<Report>(json).unwrap().is_of_media();
        assert!(!is_media("{}"));
        assert!(!is_media(
            r#"{"streams": [{"codec_type": "audio", "codec_name": "mp3", "sample_rate": "0", "channels": 0}]}"#
        ));
        assert!(is_media(r#"{"streams": [{"codec_type": "video"}]}"#));
    }

    #[test]
    fn a_path_is_never_an_option_or_a_protocol() {
        assert_eq!(address(Path::new("-i")), "file:-i");
        assert_eq!(address(Path::new("http://x/y")), "file:http://x/y");
    }
}
