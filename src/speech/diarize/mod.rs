//! Who spoke when: windows of 10 s -> local speakers (segmentation) -> the voices of their stretches of speech (CAM++) -> speakers
//! (clustering) -> turns (the windows vote).
//!
//! Memory grows by about 6 kB a second of the recording: windows are read from disk as they are needed, and only their
//! activity and voices are kept.

mod campplus;
mod cluster;
mod ear;
mod fbank;
mod label;
mod network;
mod reconstruct;
mod segmentation;
mod voices;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};

use tch::Device;

pub use campplus::CamPlusPlus;
pub use cluster::{ClusterSettings, Voice};
pub use fbank::Fbank;
pub use reconstruct::TurnSettings;
pub use segmentation::Segmentation;
pub use voices::Stretch;

use crate::audio::{Cancel, PcmFile};
use crate::speech::{Diarization, DiarizeOptions, SpeakerVoice, SpeechError};
use crate::weights::read_tensors;
use ear::{Ear, OneThread};
use reconstruct::Labelled;
use segmentation::{Activity, FRAME_STEP, FRAMES, SAMPLE_RATE, WINDOW};

/// Frames from one window to the next: 2.5 s, so four windows vote on each frame.
const HOP: usize = 148;
/// Windows the segmentation network sees at once.
const BATCH: usize = 8;

/// Every number that was tuned, on spliced conversations only.
#[derive(Clone, Debug)]
pub struct DiarizeSettings {
    pub cluster: ClusterSettings,
    pub turns: TurnSettings,
}

impl Default for DiarizeSettings {
    fn default() -> Self {
        Self {
            cluster: ClusterSettings {
                threshold: 0.5,
                same_speaker: 0.425,
                min_seconds: 1.0,
                min_cluster_seconds: 3.0,
                min_cluster_share: 0.1,
                max_voices: 3000,
            },
            turns: TurnSettings { min_off: 0.2, min_on: 0.1 },
        }
    }
}

/// What the networks heard in one window, before anybody is told apart.
pub struct Heard {
    /// First frame in the recording.
    pub start: usize,
    /// Who talks in each frame.
    pub activity: Activity,
    /// What the local speakers sound like, stretch by stretch.
    pub stretches: Vec<Stretch>,
}

/// The networks and the settings; one recording at a time.
pub struct Diarizer {
    ears: Vec<Mutex<Ear>>,
    settings: DiarizeSettings,
}

impl Diarizer {
    /// Loads both networks: segmentation-3.0 and CAM++, or others of their shapes.
    ///
    /// # Errors
    /// Files that are missing, damaged or another model's.
    pub fn load(segmentation: &Path, embedding: &Path, device: Device) -> Result<Self, SpeechError> {
        let read = |path: &Path| read_tensors(path).map_err(SpeechError::Model);
        let (segmentation, embedding) = (read(segmentation)?, read(embedding)?);
        let ear = || Ear::new(&segmentation, &embedding, device).map(Mutex::new);
        Ok(Self {
            ears: (0..ear::number(device)).map(|_| ear()).collect::<Result<_, _>>()?,
            settings: DiarizeSettings::default(),
        })
    }

    /// Turns and voices of a recording. `on_progress` gets the share done, 0 to 1.
    ///
    /// # Errors
    /// Cancelled, a file that cannot be read, or a failure of libtorch.
    pub fn diarize(
        &self,
        pcm: &PcmFile,
        options: &DiarizeOptions,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(f32),
    ) -> Result<Diarization, SpeechError> {
        let heard = self.hear(pcm, cancel, on_progress)?;
        Ok(decide(&heard, pcm.duration(), options, &self.settings))
    }

    /// Runs both networks over the recording, in order of time: everything slow.
    pub fn hear(
        &self,
        pcm: &PcmFile,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(f32),
    ) -> Result<Vec<Heard>, SpeechError> {
        let starts = window_starts(pcm.len() as usize);
        let batches: Vec<&[usize]> = starts.chunks(BATCH).collect();
        let _one = OneThread::begin();
        let (next, (news, inbox)) = (AtomicUsize::new(0), channel());
        let mut heard: Vec<Heard> = Vec::with_capacity(starts.len());
        std::thread::scope(|scope| {
            for ear in &self.ears {
                let (news, next, batches) = (news.clone(), &next, &batches);
                scope.spawn(move || {
                    let ear = ear.lock().unwrap_or_else(PoisonError::into_inner);
                    while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                        // Unheard when another one failed: then the rest is for nothing.
                        if news.send(ear.hear(pcm, batch, cancel)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(news);
            for batch in inbox {
                heard.extend(batch?);
                on_progress(heard.len() as f32 / starts.len() as f32);
            }
            Ok::<_, SpeechError>(())
        })?;
        heard.sort_unstable_by_key(|window| window.start);
        Ok(heard)
    }
}

/// Tells the speakers apart and draws their turns: everything that is tuned, and fast.
pub fn decide(
    heard: &[Heard],
    duration: f64,
    options: &DiarizeOptions,
    settings: &DiarizeSettings,
) -> Diarization {
    let stretches = heard.iter().flat_map(|window| &window.stretches);
    let voices: Vec<Voice> = stretches.map(|stretch| stretch.voice.clone()).collect();
    // Every second is heard by as many windows as overlap.
    let mut cluster_settings = settings.cluster.clone();
    cluster_settings.min_cluster_seconds *= FRAMES as f32 / HOP as f32;
    let centres = cluster::cluster(&voices, options.speakers.map(|n| n as usize), &cluster_settings);
    let label = |window: &Heard| Labelled {
        start: window.start,
        frames: label::label(&window.activity, &window.stretches, &centres),
    };
    let labelled: Vec<Labelled> = heard.iter().map(label).collect();
    let turns = reconstruct::turns(&labelled, duration, &settings.turns);
    number_by_appearance(turns, &centres)
}

/// Renumbers speakers in order of first appearance and drops those who never talk.
fn number_by_appearance(mut turns: Vec<crate::speech::Turn>, centres: &[Vec<f32>]) -> Diarization {
    let mut order: Vec<u32> = Vec::new();
    for turn in &mut turns {
        let known = order.iter().position(|&speaker| speaker == turn.speaker);
        let number = known.unwrap_or_else(|| {
            order.push(turn.speaker);
            order.len() - 1
        });
        turn.speaker = number as u32;
    }
    let speakers = order
        .iter()
        .enumerate()
        .map(|(number, &centre)| SpeakerVoice {
            speaker: number as u32,
            embedding: centres[centre as usize].clone(),
        })
        .collect();
    Diarization { turns, speakers }
}

/// First frames of the windows over a recording of this many samples; the last one ends with it.
fn window_starts(samples: usize) -> Vec<usize> {
    if samples == 0 {
        return Vec::new();
    }
    let last = samples.saturating_sub(WINDOW).div_ceil(FRAME_STEP);
    (0..last).step_by(HOP).chain([last]).collect()
}

/// Seconds of this many frames.
fn seconds(frames: usize) -> f32 {
    frames as f32 * FRAME_STEP as f32 / SAMPLE_RATE as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_the_recording() {
        assert!(window_starts(0).is_empty());
        assert_eq!(window_starts(1), [0]);
        assert_eq!(window_starts(WINDOW), [0]);
        for samples in [WINDOW + 1, 500_000, 1_000_003] {
            let starts = window_starts(samples);
            let end = starts[starts.len() - 1] * FRAME_STEP + WINDOW;
            assert!(end >= samples && end < samples + FRAME_STEP, "{samples}");
            assert!(starts.windows(2).all(|pair| pair[1] > pair[0] && pair[1] - pair[0] <= HOP));
        }
    }
}
