//! Whether the two channels of a recording are two sides, a person's each, or one sound twice.
//!
//! A telephone call, or a podcast with a microphone each, has one side loud while the other is silent, or both loud with nothing in
//! common. A stereo pair, a mix, and mono stored twice have the same sound in both. So levels are compared in short frames, and likeness
//! (the greatest normalised cross-correlation over a few milliseconds of lag, of either sign) in longer blocks; a short frame
//! would not do, since two voices on a similar pitch look alike for as long as a vowel lasts.

/// Samples of a frame in which levels are taken: 32 ms.
pub(super) const FRAME: usize = 512;
/// Frames of a block in which likeness is taken: 512 ms.
const BLOCK_FRAMES: usize = 16;
/// Samples of a block.
pub(super) const BLOCK: usize = FRAME * BLOCK_FRAMES;

/// Levels are whole decibels above this (in dB of full scale); 0 is silence too.
const BOTTOM: f64 = -120.0;
/// -60 dB of full scale: whatever is fainter is no speech.
const FAINT: u8 = 60;
/// A frame counts if it is within so many dB of the loud ones ...
const BELOW_LOUD: u8 = 20;
/// ... or so many above the recording's own floor.
const ABOVE_FLOOR: u8 = 15;

/// dB by which a channel is louder where it alone has something to say.
const ONE_SIDED: u8 = 12;
/// At so many dB less, what one channel has of the other is out of earshot (and is muted): likeness does not matter.
const FAR: u8 = 30;
/// Blocks at least so alike share their sound. Independent readers stay below it, one voice in two microphones of a room lies above.
const ALIKE: f32 = 0.35;
/// Longest lag that is tried: 5 ms, or 1.7 m of sound, in samples of 8 kHz.
const LAGS: usize = 40;

/// At least this share of the frames must be one side's alone ...
const MOSTLY: f64 = 0.5;
/// ... at most this share may have the same sound in both ...
const SHARED: f64 = 0.1;
/// ... and each side must have this share of the frames, and so many seconds, alone.
const OWN: f64 = 0.02;
const OWN_SECONDS: f64 = 1.0;

/// What a side has of the other is muted where it is so many dB less than the side would be if it spoke (as the other does): soft
/// sounds of a person's own are within that. Three quarters of what one side says alone must be so much louder than the other, or an echo
/// or noise is too loud to be told from speech.
const MUTED: u8 = 18;
/// Frames around a side's own speech that are left alone: 256 ms, in which words fade in and out.
const AROUND: usize = 8;

/// Levels and likeness of a whole recording: 65 bytes a second.
#[derive(Default)]
pub(super) struct Evidence {
    levels: Vec<[u8; 2]>,
    likeness: Vec<f32>,
}

/// What one frame says.
enum Frame {
    /// Nobody speaks.
    Quiet,
    /// This channel alone.
    Only(usize),
    /// Both, each with its own.
    Both,
    /// The same in both.
    Shared,
}

/// Two sides, and how loud each speaks.
pub(super) struct Separate {
    levels: Vec<[u8; 2]>,
    active: u8,
    speech: [i16; 2],
}

impl Evidence {
    /// Takes the next block of both channels, of [`BLOCK`] samples but for the last one, each in \[-1, 1).
    pub fn add(&mut self, block: &[Vec<f32>; 2]) {
        let [left, right] = block;
        self.levels.extend(left.chunks(FRAME).zip(right.chunks(FRAME)).map(|(a, b)| [level(a), level(b)]));
        // Where one side is out of earshot, nothing is to be compared.
        let (a, b) = (level(left), level(right));
        let needed = a.max(b) >= FAINT && a.abs_diff(b) < FAR;
        self.likeness.push(if needed { likeness(left, right) } else { 0.0 });
    }

    /// Two sides, if they are.
    pub fn judge(self) -> Option<Separate> {
        let active = self.active()?;
        let (mut own, mut gaps): ([Vec<u8>; 2], [Vec<u8>; 2]) = Default::default();
        let (mut all, mut shared) = (0_usize, 0_usize);
        for (index, levels) in self.levels.iter().enumerate() {
            match frame(*levels, self.likeness[index / BLOCK_FRAMES], active) {
                Frame::Quiet => continue,
                Frame::Only(side) => {
                    own[side].push(levels[side]);
                    gaps[side].push(levels[0].abs_diff(levels[1]));
                }
                Frame::Both => {}
                Frame::Shared => shared += 1,
            }
            all += 1;
        }
        let share = |count: usize| count as f64 / all.max(1) as f64;
        let least = OWN_SECONDS * 16_000.0 / FRAME as f64;
        let each = own.iter().all(|frames| share(frames.len()) >= OWN && frames.len() as f64 >= least);
        let apart = gaps.iter_mut().all(|gaps| percentile(gaps, 25) >= MUTED);
        if !each || !apart || share(own[0].len() + own[1].len()) < MOSTLY || share(shared) > SHARED {
            return None;
        }
        let speech = own.map(|mut frames| i16::from(percentile(&mut frames, 75)));
        Some(Separate { levels: self.levels, active, speech })
    }

    /// The level from which on a frame counts; `None` where all is silence.
    fn active(&self) -> Option<u8> {
        let mut louder: Vec<u8> = self.levels.iter().map(|[a, b]| *a.max(b)).collect();
        let floor = percentile(&mut louder, 10);
        let loud = percentile(&mut louder, 95);
        (loud >= FAINT).then(|| (floor + ABOVE_FLOOR).min(loud.saturating_sub(BELOW_LOUD)).max(FAINT))
    }
}

impl Separate {
    /// Whether a frame of a side has the other's sound only, and is to be muted: another person's words must not be written down
    /// twice, however faint.
    pub fn muted(&self, side: usize, index: usize) -> bool {
        let foreign = |at: usize| {
            let levels = self.levels[at];
            let above = |side: usize| i16::from(levels[side]) - self.speech[side];
            levels[1 - side] >= self.active && above(side) < above(1 - side) - i16::from(MUTED)
        };
        let speaks = |at: usize| {
            let level = self.levels[at][side];
            level >= FAINT && i16::from(level) >= self.speech[side] - i16::from(MUTED) && !foreign(at)
        };
        let around = index.saturating_sub(AROUND)..(index + AROUND + 1).min(self.levels.len());
        index < self.levels.len() && foreign(index) && !around.into_iter().any(speaks)
    }
}

fn frame(levels: [u8; 2], likeness: f32, active: u8) -> Frame {
    let [left, right] = levels;
    let louder = usize::from(right > left);
    match left.abs_diff(right) {
        _ if left.max(right) < active => Frame::Quiet,
        FAR.. => Frame::Only(louder),
        _ if likeness >= ALIKE => Frame::Shared,
        ONE_SIDED.. => Frame::Only(louder),
        _ => Frame::Both,
    }
}

/// Whole dB above [`BOTTOM`] of the mean power.
fn level(samples: &[f32]) -> u8 {
    let power: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    let decibels = 10.0 * (power / samples.len().max(1) as f64).max(1e-12).log10();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 120")]
    let level = (decibels - BOTTOM).round().clamp(0.0, 120.0) as u8;
    level
}

/// 0 where there are none. Sorts them.
fn percentile(levels: &mut [u8], percent: usize) -> u8 {
    levels.sort_unstable();
    levels.get(levels.len().saturating_sub(1) * percent / 100).copied().unwrap_or(0)
}

/// The greatest absolute normalised cross-correlation within [`LAGS`], 0 to 1: at 8 kHz, of the samples' differences, so that not
/// the lowest partial of each voice decides.
fn likeness(left: &[f32], right: &[f32]) -> f32 {
    let (left, right) = (flattened(left), flattened(right));
    let energy = |samples: &[f32]| samples.iter().map(|sample| sample * sample).sum::<f32>();
    let both = (energy(&left) * energy(&right)).sqrt();
    if both <= f32::EPSILON * f32::EPSILON {
        return 0.0;
    }
    let at = |a: &[f32], b: &[f32], lag: usize| {
        let product: f32 = a.iter().skip(lag).zip(b).map(|(a, b)| a * b).sum();
        product.abs() / both
    };
    // Most of what is alike is so without any lag.
    let same = at(&left, &right, 0);
    if same >= ALIKE {
        return same;
    }
    (1..=LAGS).flat_map(|lag| [at(&left, &right, lag), at(&right, &left, lag)]).fold(same, f32::max)
}

/// Half as many samples, with the lows taken down.
fn flattened(samples: &[f32]) -> Vec<f32> {
    let halves: Vec<f32> = samples.chunks_exact(2).map(|pair| pair[0] + pair[1]).collect();
    halves.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[cfg(test)]
mod tests;
