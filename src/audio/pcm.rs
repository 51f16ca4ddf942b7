use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// Samples a second of everything that speech models hear.
pub const SAMPLE_RATE: u32 = 16_000;

const BYTES_PER_SAMPLE: u64 = 2;
const WAV_HEADER: usize = 44;

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

    /// Bytes of this as a WAV file.
    pub fn wav_len(&self) -> u64 {
        WAV_HEADER as u64 + self.samples * BYTES_PER_SAMPLE
    }

    /// Up to `count` bytes from byte `start` on of this as a WAV file: fewer at its end, none beyond it.
    pub fn wav(&self, start: u64, count: usize) -> io::Result<Vec<u8>> {
        let header = self.wav_header();
        let mut bytes: Vec<u8> =
            header.get(usize::try_from(start).unwrap_or(usize::MAX)..).unwrap_or_default().to_vec();
        bytes.truncate(count);
        let from = (start + bytes.len() as u64).saturating_sub(WAV_HEADER as u64);
        let left = (self.samples * BYTES_PER_SAMPLE).saturating_sub(from);
        let kept = bytes.len();
        bytes.resize(kept + usize::try_from(left).unwrap_or(usize::MAX).min(count - kept), 0);
        self.file.read_exact_at(&mut bytes[kept..], from)?;
        Ok(bytes)
    }

    /// Seconds, to tenths, in which it is louder than -45 dB of full scale.
    pub fn loud_seconds(&self) -> io::Result<f64> {
        const TENTH: usize = SAMPLE_RATE as usize / 10;
        const LOUD: f32 = 3e-5;
        let mut tenths = 0_u32;
        for start in (0..self.samples).step_by(TENTH * 100) {
            let samples = self.read(start, TENTH * 100)?;
            let power = |samples: &[f32]| samples.iter().map(|sample| sample * sample).sum::<f32>();
            let loud = samples.chunks(TENTH).filter(|tenth| power(tenth) > LOUD * tenth.len() as f32);
            tenths += u32::try_from(loud.count()).unwrap_or_default();
        }
        Ok(f64::from(tenths) / 10.0)
    }

    /// RIFF, one format chunk, one data chunk. Sizes are 32 bits: a day of sound has 2.8 GB.
    fn wav_header(&self) -> [u8; WAV_HEADER] {
        let size = u32::try_from(self.samples * BYTES_PER_SAMPLE).unwrap_or(u32::MAX - WAV_HEADER as u32);
        let bytes = BYTES_PER_SAMPLE as u32;
        let mut header =
            *b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\0\0\0\0\0\0\0\0\x02\0\x10\0data\0\0\0\0";
        for (place, value) in
            [(4, size + WAV_HEADER as u32 - 8), (24, SAMPLE_RATE), (28, SAMPLE_RATE * bytes), (40, size)]
        {
            header[place..place + 4].copy_from_slice(&value.to_le_bytes());
        }
        header
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
    fn loud_seconds_are_those_above_a_whisper() {
        let silence = vec![0.001; 16_000];
        let (_dir, pcm) = file(&[silence.clone(), vec![0.1; 24_000], silence].concat());
        assert_eq!(pcm.loud_seconds().unwrap(), 1.5);
        assert_eq!(file(&[]).1.loud_seconds().unwrap(), 0.0);
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
    fn as_a_wav_file_it_is_what_others_read_in_whatever_pieces() {
        let (dir, pcm) = file(&[0.0, 0.5, -1.0, 0.25, -0.25]);
        let whole = pcm.wav(0, 1000).unwrap();
        assert_eq!(whole.len() as u64, pcm.wav_len());
        for size in [1, 7, 44, 45, 53] {
            let pieces = (0..).step_by(size).map(|start| pcm.wav(start, size).unwrap());
            assert_eq!(pieces.take_while(|piece| !piece.is_empty()).collect::<Vec<_>>().concat(), whole);
        }
        let path = dir.path().join("a.wav");
        std::fs::write(&path, whole).unwrap();
        let mut read = hound::WavReader::open(path).unwrap();
        assert_eq!((read.spec().sample_rate, read.spec().channels), (SAMPLE_RATE, 1));
        let samples: Vec<i16> = read.samples().map(Result::unwrap).collect();
        assert_eq!(samples, [0, 16_384, -32_768, 8_192, -8_192]);
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
