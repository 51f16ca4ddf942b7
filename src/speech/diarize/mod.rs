//! Who spoke when: windows of 10 s -> local speakers (segmentation) -> the voices of their stretches of speech (CAM++) -> speakers
//! (clustering) -> turns (the windows vote).
//!
//! Windows overlap; a stretch that several of them hear alike has one voice, computed once. Memory grows by about 2 kB a second of
//! the recording: sound is read from disk as it is needed, and only activity and voices are kept.

mod campplus;
mod cluster;
mod ear;
mod fbank;
mod label;
mod network;
mod reconstruct;
mod segmentation;
mod share;
mod stretch;
mod voices;

use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;

use tch::Device;

pub use campplus::CamPlusPlus;
pub use cluster::{ClusterSettings, Voice};
pub use fbank::Fbank;
pub use reconstruct::TurnSettings;
pub use segmentation::Segmentation;

use crate::audio::{Cancel, PcmFile};
use crate::speech::threads::StepThreads;
use crate::speech::{Diarization, DiarizeOptions, SpeakerVoice, SpeechError};
use crate::weights::read_tensors;
use cluster::dot;
use ear::{Ear, share_out};
use reconstruct::Labelled;
use segmentation::{Activity, FRAME_STEP, SAMPLE_RATE, WINDOW};
use stretch::Stretch;

/// Frames from one window to the next: 3.75 s, so two or three windows vote on each frame.
const HOP: usize = 222;
/// Windows the segmentation network sees at once.
const BATCH: usize = 8;
/// Stretches whose voices one ear takes at once: most have the same length, and then share each step of the network.
const FEW: usize = 4;
/// The share of the work that is done when all windows are segmented.
const SEGMENTED: f32 = 0.4;

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
                threshold: 0.525,
                same_speaker: 0.43,
                min_seconds: 1.0,
                min_cluster_seconds: 6.0,
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
    pub stretches: Vec<HeardStretch>,
}

/// Where one local speaker talks for a while.
pub struct HeardStretch {
    /// Number of the window's local speaker.
    pub local: usize,
    /// Frames of the recording; the speaker may pause in it, and others may talk.
    pub frames: Range<usize>,
    /// Which of the recording's voices it has.
    pub voice: usize,
}

/// What the networks heard in a whole recording.
#[derive(Default)]
pub struct Hearing {
    /// In order of time.
    pub windows: Vec<Heard>,
    /// Those of the windows' stretches, each once.
    pub voices: Vec<Voice>,
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
    /// Cancelled, numbers of speakers that contradict each other, a file that cannot be read, or a failure of libtorch.
    pub fn diarize(
        &self,
        pcm: &PcmFile,
        options: &DiarizeOptions,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(f32),
    ) -> Result<Diarization, SpeechError> {
        options.bounds()?;
        let heard = self.hear(pcm, cancel, on_progress)?;
        decide(&heard, pcm.duration(), options, &self.settings)
    }

    /// Runs both networks over the recording: everything slow.
    ///
    /// # Errors
    /// Cancelled, a file that cannot be read, or a failure of libtorch.
    pub fn hear(
        &self,
        pcm: &PcmFile,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(f32),
    ) -> Result<Hearing, SpeechError> {
        let starts = window_starts(pcm.len() as usize);
        let _one = StepThreads::limit(1);
        let batches: Vec<&[usize]> = starts.chunks(BATCH).collect();
        let mut tell = |from: f32, to: f32, done: usize, all: usize| {
            on_progress(from + (to - from) * done as f32 / all as f32);
        };
        let activities = share_out(
            &self.ears,
            &batches,
            cancel,
            |ear, batch| ear.activities(pcm, batch),
            |done| tell(0.0, SEGMENTED, done, batches.len()),
        )?;
        let activities = activities.into_iter().flatten();
        let mut windows: Vec<Heard> = starts
            .iter()
            .zip(activities)
            .map(|(&start, activity)| Heard { start, activity, stretches: Vec::new() })
            .collect();

        let (stretches, sources) = plan(&mut windows);
        // Equal lengths one after the other, so that libtorch prepares itself for each once.
        let mut order: Vec<usize> = (0..sources.len()).collect();
        order.sort_by_key(|&voice| voices::length(&stretches[sources[voice]]));
        let ordered: Vec<&Stretch> = order.iter().map(|&voice| &stretches[sources[voice]]).collect();
        let few: Vec<&[&Stretch]> = ordered.chunks(FEW).collect();
        let made = share_out(
            &self.ears,
            &few,
            cancel,
            |ear, few| ear.voices(pcm, few),
            |done| tell(SEGMENTED, 1.0, done, few.len()),
        )?;
        let mut voices: Vec<(usize, Voice)> = order.into_iter().zip(made.into_iter().flatten()).collect();
        voices.sort_unstable_by_key(|&(voice, _)| voice);
        Ok(Hearing { windows, voices: voices.into_iter().map(|(_, voice)| voice).collect() })
    }
}

/// The stretches of all windows, and those of them whose voices are to be computed; each window's stretches know which
/// of these voices is theirs.
fn plan(windows: &mut [Heard]) -> (Vec<Stretch>, Vec<usize>) {
    let mut stretches = Vec::new();
    for window in windows.iter() {
        let frames = window.start..window.start + window.activity.len();
        let own = stretch::stretches(window.start, &window.activity);
        stretches.extend(own.into_iter().map(|stretch| (frames.clone(), stretch)));
    }
    let sources = share::share(&stretches);
    let computed: Vec<usize> = (0..sources.len()).filter(|&index| sources[index] == [index]).collect();
    let mut left = stretches.iter().zip(sources).peekable();
    for window in windows {
        while let Some(((_, stretch), sources)) =
            left.next_if(|((frames, _), _)| frames.start == window.start)
        {
            window.stretches.extend(sources.into_iter().map(|source| HeardStretch {
                local: stretch.local,
                frames: within(&stretches[source].1.frames, &stretch.frames),
                voice: computed.partition_point(|&known| known < source),
            }));
        }
    }
    (stretches.into_iter().map(|(_, stretch)| stretch).collect(), computed)
}

/// The part of a stretch's frames that is inside another's.
fn within(frames: &Range<usize>, bounds: &Range<usize>) -> Range<usize> {
    frames.start.max(bounds.start)..frames.end.min(bounds.end)
}

/// Tells the speakers apart and draws their turns: everything that is tuned, and fast.
///
/// # Errors
/// Numbers of speakers that contradict each other.
pub fn decide(
    heard: &Hearing,
    duration: f64,
    options: &DiarizeOptions,
    settings: &DiarizeSettings,
) -> Result<Diarization, SpeechError> {
    let centres = cluster::cluster(&heard.voices, options.bounds()?, &settings.cluster);
    let to_centres = |voice: &Voice| centres.iter().map(|centre| dot(&voice.embedding, centre)).collect();
    let cosines: Vec<Vec<f32>> = heard.voices.iter().map(to_centres).collect();
    let label = |window: &Heard| Labelled { start: window.start, frames: label::label(window, &cosines) };
    let labelled: Vec<Labelled> = heard.windows.iter().map(label).collect();
    let turns = reconstruct::turns(&labelled, duration, &settings.turns);
    Ok(number_by_appearance(turns, &centres))
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
