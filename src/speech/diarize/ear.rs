//! Both networks with weights of their own, so that several pieces of a recording are heard at once.
//!
//! The networks are thousands of small steps. Threads that share a step wait for each other after each one (beside other busy
//! programs two threads were ten times as slow as one); threads that hear different pieces never wait.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};

use tch::Device;

use super::campplus::CamPlusPlus;
use super::cluster::Voice;
use super::fbank::Fbank;
use super::segmentation::{Activity, FRAME_STEP, Segmentation, WINDOW};
use super::stretch::Stretch;
use super::voices::Voices;
use crate::audio::{Cancel, PcmFile};
use crate::speech::SpeechError;
use crate::speech::threads::cores;
use crate::weights::TensorMap;

/// More would help little beside Whisper, and each costs 34 MB.
const MOST: usize = 4;

/// How many ears are worth their memory: one a core, and one on a GPU, which is fed by one thread.
pub fn number(device: Device) -> usize {
    if device == Device::Cpu { cores().min(MOST) } else { 1 }
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

    /// Who talks in the windows that begin with these frames, in order of time and near each other.
    pub fn activities(&self, pcm: &PcmFile, starts: &[usize]) -> Result<Vec<Activity>, SpeechError> {
        let (Some(first), Some(last)) = (starts.first(), starts.last()) else { return Ok(Vec::new()) };
        let samples = (last - first) * FRAME_STEP + WINDOW;
        let mut wave = pcm.read((first * FRAME_STEP) as u64, samples)?;
        // The last window reaches beyond the end.
        wave.resize(samples, 0.0);
        let starts: Vec<usize> = starts.iter().map(|start| (start - first) * FRAME_STEP).collect();
        self.segmentation.activities(&wave, &starts)
    }

    /// What these stretches sound like.
    pub fn voices(&self, pcm: &PcmFile, stretches: &[&Stretch]) -> Result<Vec<Voice>, SpeechError> {
        self.voices.of(pcm, stretches)
    }
}

/// Every ear takes the next job until none is left; what they made of it comes back in the order of the jobs. `on_done` hears how many
/// are done, here, one after the other.
///
/// # Errors
/// The first that a job ends with, or `Cancelled`; then the rest is left undone.
pub fn share_out<J: Sync, T: Send>(
    ears: &[Mutex<Ear>],
    jobs: &[J],
    cancel: &Cancel,
    work: impl Fn(&Ear, &J) -> Result<T, SpeechError> + Sync,
    mut on_done: impl FnMut(usize),
) -> Result<Vec<T>, SpeechError> {
    let (next, (news, inbox)) = (AtomicUsize::new(0), channel());
    let mut results: Vec<(usize, T)> = Vec::with_capacity(jobs.len());
    std::thread::scope(|scope| {
        for ear in ears {
            let (news, next, work) = (news.clone(), &next, &work);
            scope.spawn(move || {
                let ear = ear.lock().unwrap_or_else(PoisonError::into_inner);
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(index) else { break };
                    let result = if cancel.is_cancelled() {
                        Err(SpeechError::Cancelled)
                    } else {
                        work(&ear, job).map(|made| (index, made))
                    };
                    // Unheard when another one failed: then the rest is for nothing.
                    if news.send(result).is_err() {
                        break;
                    }
                }
            });
        }
        drop(news);
        for result in inbox {
            results.push(result?);
            on_done(results.len());
        }
        Ok::<_, SpeechError>(())
    })?;
    results.sort_unstable_by_key(|&(index, _)| index);
    Ok(results.into_iter().map(|(_, made)| made).collect())
}
