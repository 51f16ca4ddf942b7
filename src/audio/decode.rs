use std::ffi::OsString;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::time::Duration;

use super::probe::{FORMATS, PROTOCOLS, address, probe};
use super::process::{self, Limits};
use super::sandbox::Grant;
use super::{AudioError, Cancel, PcmFile};

/// Longest recording; a container that claims more, by damage or malice, must not fill the disk.
const MOST_HOURS: u64 = 24;
const PCM_BYTES_PER_HOUR: u64 = 3600 * 16_000 * 2;
/// Of one channel of such a recording.
pub(super) const MOST_BYTES: u64 = MOST_HOURS * PCM_BYTES_PER_HOUR;

/// Keeps what is heard at the time at which a player shows it: silence fills gaps and a late start.
const ON_THE_CLOCK: &str = "aresample=async=1:first_pts=0";

/// Decodes the first audio stream of `src` to raw s16le, 16 kHz, mono at `dst`, which is replaced.
///
/// `on_progress` hears the share done, 0 to 1, where the container gives its length. The decoder has limits on memory, wall
/// time (by the size of `src`), protocols and containers; it is killed when `cancel` is set. After a failure `dst` is gone.
///
/// # Errors
/// See [`AudioError`]; [`AudioError::is_permanent`] tells whether another try makes sense.
pub fn decode_to_pcm(
    src: &Path,
    dst: &Path,
    on_progress: impl FnMut(f64),
    cancel: &Cancel,
) -> Result<PcmFile, AudioError> {
    let output = ["-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le", "-f", "s16le"];
    transcode(src, dst, &output, MOST_BYTES, on_progress, cancel)?;
    let pcm = PcmFile::open(dst)?;
    if pcm.is_empty() {
        let _ = fs::remove_file(dst);
        return Err(AudioError::Damaged("its sound track holds no sound".into()));
    }
    Ok(pcm)
}

/// One run of ffmpeg from the first audio stream of `src` to `dst`, a file of at most `most` bytes, with the given output options.
pub(super) fn transcode(
    src: &Path,
    dst: &Path,
    output: &[&str],
    most: u64,
    mut on_progress: impl FnMut(f64),
    cancel: &Cancel,
) -> Result<(), AudioError> {
    let info = probe(src)?;
    if !info.has_audio {
        return Err(AudioError::NoAudio);
    }
    // It may write over this one file, and make no other.
    fs::File::create(dst)?;
    let limits = Limits {
        grant: Grant { read: Some(src), write: Some(dst) },
        wall: wall_time(fs::metadata(src)?.len()),
        file_size: most,
    };
    let mut arguments = Vec::new();
    let mut add = |more: &[&str]| arguments.extend(more.iter().map(OsString::from));
    add(&["-nostdin", "-hide_banner", "-nostats", "-loglevel", "error", "-y", "-progress", "pipe:1"]);
    add(&["-protocol_whitelist", PROTOCOLS, "-format_whitelist", FORMATS, "-i"]);
    arguments.push(address(src));
    let mut add = |more: &[&str]| arguments.extend(more.iter().map(OsString::from));
    add(&["-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"]);
    add(&["-af", ON_THE_CLOCK]);
    add(output);
    arguments.push(address(dst));
    let mut on_line = |line: &str| {
        if let Some(share) = share_done(line, info.duration) {
            on_progress(share);
        }
    };
    let done = process::run("ffmpeg", &arguments, &limits, cancel, &mut on_line);
    let failure = match done {
        Ok(done) if done.disk_full() => AudioError::DiskFull,
        Ok(done) if done.status.signal() == Some(libc::SIGXFSZ) => AudioError::TooLong(MOST_HOURS),
        Ok(done) if done.status.success() => return Ok(()),
        Ok(done) => AudioError::Damaged(done.reason()),
        Err(error) => error,
    };
    let _ = fs::remove_file(dst);
    Err(failure)
}

/// Ten times what the slowest machine should need for the most compressed speech (2 kB a second of sound).
fn wall_time(bytes: u64) -> Duration {
    const MOST: u64 = 6 * 3600;
    Duration::from_secs((300 + bytes / 100_000).min(MOST))
}

/// The share done from one line of `-progress`.
fn share_done(line: &str, duration: Option<f64>) -> Option<f64> {
    if line == "progress=end" {
        return Some(1.0);
    }
    let micros: f64 = line.strip_prefix("out_time_us=")?.parse().ok()?;
    Some((micros / 1e6 / duration?).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_a_share_of_the_length_when_it_is_known() {
        assert_eq!(share_done("out_time_us=5000000", Some(10.0)), Some(0.5));
        assert_eq!(share_done("out_time_us=15000000", Some(10.0)), Some(1.0));
        assert_eq!(share_done("out_time_us=-9223372036854775807", Some(10.0)), Some(0.0));
        assert_eq!(share_done("out_time_us=N/A", Some(10.0)), None);
        assert_eq!(share_done("out_time_us=5000000", None), None);
        assert_eq!(share_done("progress=end", None), Some(1.0));
        assert_eq!(share_done("speed=12x", Some(10.0)), None);
    }

    #[test]
    fn the_time_limit_grows_with_the_file_up_to_six_hours() {
        assert_eq!(wall_time(0), Duration::from_secs(300));
        assert_eq!(wall_time(100_000_000), Duration::from_secs(1300));
        assert_eq!(wall_time(u64::MAX), Duration::from_secs(21_600));
    }
}
