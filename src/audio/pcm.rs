use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// Samples a second of everything that speech models hear.
pub const SAMPLE_RATE: u32 = 16_000;

const BYTES_PER_SAMPLE: u64 = 2;

/// Raw signed 16-bit little-endian samples, 16 kHz, mono, on disk. Clones share one open file and read at offsets, so they
/// may be used from several threads, and the file may be unlinked while one is held.
#[derive(Clone, Debug)]
pub struct PcmFile {
    file: Arc<File>,
    samples: u64,
}

impl PcmFile {
    /// Opens a file that was made by [`super::decode_to_pcm`] or [`PcmFile::create`]. An odd last byte is ignored.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let file = File::open(path)?;
        let samples = file.metadata()?.len() / BYTES_PER_SAMPLE;
        Ok(Self { file: Arc::new(file), samples })
    }

    /// Writes `samples` in \[-1, 1\] (others are clipped) as a new file and opens it.
    pub fn create(path: impl AsRef<Path>, samples: &[f32]) -> io::Result<Self> {
        let mut out = BufWriter::new(File::create(&path)?);
        for sample in samples {
            // `as` saturates, and makes silence of NaN.
            let value = (sample * 32768.0).round() as i16;
            out.write_all(&value.to_le_bytes())?;
        }
        out.flush()?;
        Self::open(path)
    }

    /// Number of samples.
    pub fn len(&self) -> u64 {
        self.samples
    }

    pub fn is_empty(&self) -> bool {
        self.samples == 0
    }

    /// Length in seconds.
    pub fn duration(&self) -> f64 {
        self.samples as f64 / f64::from(SAMPLE_RATE)
    }

    /// Up to `count` samples from sample `start` on, each in \[-1, 1): fewer at the end of the file, none beyond it.
    pub fn read(&self, start: u64, count: usize) -> io::Result<Vec<f32>> {
        let left = self.samples.saturating_sub(start);
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(count);
        let mut bytes = vec![0; count * BYTES_PER_SAMPLE as usize];
        if count > 0 {
            self.file.read_exact_at(&mut bytes, start * BYTES_PER_SAMPLE)?;
        }
        let pairs = bytes.as_chunks::<2>().0;
        Ok(pairs.iter().map(|pair| f32::from(i16::from_le_bytes(*pair)) / 32768.0).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(samples: &[f32]) -> (tempfile::TempDir, PcmFile) {
        let dir = tempfile::tempdir().unwrap();
        let pcm = PcmFile::create(dir.path().join("a.pcm"), samples).unwrap();
        (dir, pcm)
    }

    #[test]
    fn samples_come_back_clipped_to_their_range() {
        let (_dir, pcm) = file(&[0.0, 0.5, -1.0, 2.0, -0.25, f32::NAN]);
        let most = 32767.0 / 32768.0;
        assert_eq!(pcm.read(0, 100).unwrap(), [0.0, 0.5, -1.0, most, -0.25, 0.0]);
    }

    #[test]
    fn reads_at_and_beyond_the_end_are_short() {
        let (_dir, pcm) = file(&[0.1; 10]);
        assert_eq!(pcm.len(), 10);
        assert_eq!(pcm.read(8, 5).unwrap().len(), 2);
        assert!(pcm.read(10, 5).unwrap().is_empty());
        assert!(pcm.read(u64::MAX, usize::MAX).unwrap().is_empty());
    }

    #[test]
    fn duration_is_in_seconds() {
        let (_dir, pcm) = file(&vec![0.0; 24_000]);
        assert_eq!(pcm.duration(), 1.5);
    }

    #[test]
    fn a_clone_reads_after_the_file_was_unlinked() {
        let (dir, pcm) = file(&[0.5; 4]);
        let clone = pcm.clone();
        drop(dir);
        assert_eq!(clone.read(0, 4).unwrap(), [0.5; 4]);
    }
}
