//! What to do with windows whose decoding went wrong: again, at rising temperatures. Source: Whisper's paper, section 4.5.

use std::io::Write;

use tch::Tensor;

use super::decoder::Cross;
use super::model::Whisper;
use super::search::{Choice, Found};
use crate::speech::{Cancel, SpeechError};

const TEMPERATURES: [f64; 5] = [0.2, 0.4, 0.6, 0.8, 1.0];
/// Independent samples at each temperature.
const SAMPLES: usize = 5;
const LEAST_AVERAGE: f64 = -1.0;
const MOST_COMPRESSION: f64 = 2.4;
const NO_SPEECH: f64 = 0.6;

/// How many times smaller zlib makes the text: repetition shows as a high ratio.
pub fn compression_ratio(text: &str) -> f64 {
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    let packed = zlib.write_all(text.as_bytes()).and_then(|()| zlib.finish());
    packed.map_or(1.0, |packed| text.len() as f64 / packed.len().max(1) as f64)
}

/// The model says that nobody speaks, and is unsure of the words it wrote all the same.
fn is_silence(found: &Found) -> bool {
    found.no_speech > NO_SPEECH && found.average() < LEAST_AVERAGE
}

impl Whisper {
    /// Decodes all windows, and those that look wrong again; a window without speech comes back without tokens.
    pub(super) fn decode(
        &self,
        cross: &Cross,
        windows: usize,
        prompt: &[i64],
        beam: usize,
        cancel: &Cancel,
    ) -> Result<Vec<Found>, SpeechError> {
        let everything: Vec<i64> = (0..windows as i64).collect();
        let select = |kept: &[i64]| cross.selected(&Tensor::from_slice(kept).to_device(self.device));
        let mut found = self.search(select(&everything), windows, prompt, Choice::Beam(beam), cancel)?;
        let compression = |found: &Found| compression_ratio(self.tokens.text(&found.tokens).trim());
        let fails = |found: &Found| {
            compression(found) > MOST_COMPRESSION || (found.average() < LEAST_AVERAGE && !is_silence(found))
        };
        let mut failed: Vec<i64> = everything.into_iter().filter(|i| fails(&found[*i as usize])).collect();
        let mut tries: Vec<Vec<Found>> = found.iter().map(|first| vec![first.clone()]).collect();
        for temperature in TEMPERATURES {
            if failed.is_empty() {
                break;
            }
            // Chance, but the same chance for the same recording.
            tch::manual_seed(0);
            let choice = Choice::Sample { temperature, times: SAMPLES };
            let again = self.search(select(&failed), failed.len(), prompt, choice, cancel)?;
            for (window, new) in failed.iter().zip(again) {
                tries[*window as usize].push(new);
            }
            failed.retain(|window| tries[*window as usize].last().is_some_and(fails));
        }
        for (window, mut tries) in tries.into_iter().enumerate() {
            let last = tries.pop();
            found[window] = match last {
                Some(last) if !fails(&last) => last,
                // None was good: the likeliest that does not repeat itself.
                last => {
                    tries.extend(last);
                    let sane = |found: &&Found| compression(found) <= MOST_COMPRESSION;
                    let best = |a: &&Found, b: &&Found| a.average().total_cmp(&b.average());
                    let chosen = tries.iter().filter(sane).max_by(best).or_else(|| tries.iter().max_by(best));
                    chosen.cloned().unwrap_or_else(|| found[window].clone())
                }
            };
            if is_silence(&found[window]) {
                found[window].tokens.clear();
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetition_compresses_and_speech_does_not() {
        let speech =
            "The quick brown fox jumps over the lazy dog while seven wizards boil a cauldron of figs.";
        assert!(compression_ratio(speech) < MOST_COMPRESSION);
        assert!(compression_ratio(&"thank you ".repeat(40)) > MOST_COMPRESSION);
        assert!(compression_ratio("").is_finite());
    }
}
