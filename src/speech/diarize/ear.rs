//! Both networks with weights of their own, so that several windows are heard at once.
//!
//! The networks are thousands of small steps. Threads that share a step wait for each other after each one (beside other busy
//! programs two threads were ten times as slow as one); threads that hear different windows never wait.

use tch::Device;

use super::Heard;
use super::campplus::CamPlusPlus;
use super::fbank::Fbank;
use super::segmentation::{FRAME_STEP, Segmentation, WINDOW};
use super::voices::Voices;
use crate::audio::{Cancel, PcmFile};
use crate::speech::SpeechError;
use crate::weights::TensorMap;

/// More would help little beside Whisper, and each costs 34 MB.
const MOST: usize = 4;

/// How many ears are worth their memory: one a core, and one on a GPU, which is fed by one thread.
pub fn number(device: Device) -> usize {
    if device == Device::Cpu {
        std::thread::available_parallelism().map_or(1, usize::from).min(MOST)
    } else {
        1
    }
}

pub struct Ear {
    segmentation: Segmentation,
    voices: Voices,
}

impl Ear {
    pub fn new(segmentation: &TensorMap, embedding: &TensorMap, device: Device) -> Result<Self, SpeechError> {
        Ok(Self {
            segmentation: Segmentation::new(segmentation, device)?,
            voices: Voices::new(CamPlusPlus::new(embedding, device)?, Fbank::new(device)?),
        })
    }

    /// Hears the windows that begin with these frames.
    pub fn hear(&self, pcm: &PcmFile, starts: &[usize], cancel: &Cancel) -> Result<Vec<Heard>, SpeechError> {
        let windows = starts.iter().map(|&start| read_window(pcm, start)).collect::<Result<Vec<_>, _>>()?;
        let activities = self.segmentation.activities(&windows)?;
        let mut heard = Vec::with_capacity(starts.len());
        for ((&start, samples), activity) in starts.iter().zip(&windows).zip(activities) {
            if cancel.is_cancelled() {
                return Err(SpeechError::Cancelled);
            }
            let stretches = self.voices.of_window(samples, &activity)?;
            heard.push(Heard { start, activity, stretches });
        }
        Ok(heard)
    }
}

/// The samples of the window that begins with this frame, padded with silence to its full length.
fn read_window(pcm: &PcmFile, start: usize) -> Result<Vec<f32>, SpeechError> {
    let mut samples = pcm.read((start * FRAME_STEP) as u64, WINDOW)?;
    samples.resize(WINDOW, 0.0);
    Ok(samples)
}

/// Until this is dropped, libtorch uses one thread for a step here, and in every thread that begins meanwhile.
pub struct OneThread {
    before: i32,
}

impl OneThread {
    pub fn begin() -> Self {
        let before = tch::get_num_threads();
        tch::set_num_threads(1);
        Self { before }
    }
}

impl Drop for OneThread {
    fn drop(&mut self) {
        tch::set_num_threads(self.before);
    }
}
