use std::io;

use super::PcmFile;

/// Values in a waveform: as the ancestor's.
pub const PEAKS: usize = 255;

/// Samples read at a time: 2 MB of f32.
const CHUNK: u64 = 1 << 19;

/// The outline of the sound: `count` values from 0 to 1 with two decimals, each the largest absolute sample of its slice of
/// time, divided by the largest of all. Silence is all zeros. Memory does not grow with the file.
pub fn peaks(pcm: &PcmFile, count: usize) -> io::Result<Vec<f32>> {
    let mut highest = vec![0_f32; count];
    let len = pcm.len();
    // Bounds in 128 bits: len x count may pass 64.
    let bound = |slice: usize| (u128::from(len) * slice as u128 / count as u128) as u64;
    for (slice, peak) in highest.iter_mut().enumerate() {
        let (mut at, end) = (bound(slice), bound(slice + 1));
        while at < end {
            let chunk = pcm.read(at, (end - at).min(CHUNK) as usize)?;
            if chunk.is_empty() {
                break;
            }
            *peak = chunk.iter().fold(*peak, |most, sample| most.max(sample.abs()));
            at += chunk.len() as u64;
        }
    }
    let most = highest.iter().copied().fold(0.0, f32::max);
    if most > 0.0 {
        highest.iter_mut().for_each(|peak| *peak = (*peak / most * 100.0).round() / 100.0);
    }
    Ok(highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pcm(samples: &[f32]) -> PcmFile {
        let dir = tempfile::tempdir().unwrap();
        PcmFile::create(dir.path().join("a.pcm"), samples).unwrap()
    }

    #[test]
    fn each_slice_is_measured_against_the_loudest() {
        let pcm = pcm(&[0.1, -0.5, 0.0, 0.25, 0.125, 0.0, 0.0, 0.0]);
        assert_eq!(peaks(&pcm, 4).unwrap(), [1.0, 0.5, 0.25, 0.0]);
    }

    #[test]
    fn values_have_two_decimals() {
        let values = peaks(&pcm(&[1.0, 0.333_33, 0.666_66]), 3).unwrap();
        assert_eq!(serde_json::to_string(&values).unwrap(), "[1.0,0.33,0.67]");
    }

    #[test]
    fn silence_is_zero_and_not_a_division_by_it() {
        assert_eq!(peaks(&pcm(&[0.0; 100]), PEAKS).unwrap(), [0.0; PEAKS]);
        assert_eq!(peaks(&pcm(&[]), PEAKS).unwrap(), [0.0; PEAKS]);
    }

    #[test]
    fn a_sound_shorter_than_the_outline_still_gives_all_values() {
        let values = peaks(&pcm(&[0.5; 10]), PEAKS).unwrap();
        assert_eq!(values.len(), PEAKS);
        assert_eq!(values.iter().filter(|value| **value == 1.0).count(), 10);
    }
}
