//! What to do with windows whose decoding went wrong: again, at rising temperatures. Source: Whisper's paper, section 4.5.

use std::io::Write;

use super::decoder::Cross;
use super::model::Whisper;
use super::search::{Choice, Found};
use super::tokens::Tokens;
use crate::speech::{Cancel, SpeechError};

/// One sample at each, all at once: the coolest that is good is taken. Trying one temperature after the other would take as long
/// again for each that fails.
const TEMPERATURES: [f64; 5] = [0.2, 0.4, 0.6, 0.8, 1.0];
const LEAST_AVERAGE: f64 = -1.0;
const MOST_COMPRESSION: f64 = 2.4;
const NO_SPEECH: f64 = 0.6;

/// How many times smaller zlib makes the text: repetition shows as a high ratio.
pub fn compression_ratio(text: &str) -> f64 {
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    let packed = zlib.write_all(text.as_bytes()).and_then(|()| zlib.finish());
    packed.map_or(1.0, |packed| text.len() as f64 / packed.len().max(1) as f64)
}

impl Tokens {
    /// Whether these say the same over and over.
    pub(super) fn repeat(&self, tokens: &[i64]) -> bool {
        compression_ratio(self.text(tokens).trim()) > MOST_COMPRESSION
    }
}

/// The model says that nobody speaks, and is unsure of the words it wrote all the same.
fn is_silence(found: &Found) -> bool {
    found.no_speech > NO_SPEECH && found.average() < LEAST_AVERAGE
}

/// Too unlikely for words that were passed over before.
pub(super) fn is_doubtful(found: &Found) -> bool {
    found.no_speech > NO_SPEECH || found.average() < LEAST_AVERAGE
}

impl Whisper {
    /// Decodes all windows, and those that look wrong again; a window without speech comes back without tokens.
    pub(super) fn decode(
        &self,
        cross: &Cross,
        prompts: &[Vec<i64>],
        beam: usize,
        cancel: &Cancel,
    ) -> Result<Vec<Found>, SpeechError> {
        let found = self.search(cross.shared(), prompts, Choice::Beam(beam), cancel)?;
        let mut found: Vec<Found> = found.into_iter().flatten().collect();
        let repeats = |found: &Found| self.tokens.repeat(&found.tokens);
        let fails = |found: &Found| repeats(found) || (found.average() < LEAST_AVERAGE && !is_silence(found));
        let again: Vec<usize> = (0..found.len()).filter(|&window| fails(&found[window])).collect();
        if !again.is_empty() {
            let windows: Vec<i64> = again.iter().map(|&window| window as i64).collect();
            let prompts: Vec<Vec<i64>> = again.iter().map(|&window| prompts[window].clone()).collect();
            let samples =
                self.search(cross.selected(&windows), &prompts, Choice::Sample(&TEMPERATURES), cancel)?;
            for (window, samples) in again.into_iter().zip(samples) {
                // If none is good: the likeliest that does not repeat itself.
                let coolest = samples.iter().find(|sample| !fails(sample));
                let chosen = coolest.or_else(|| {
                    let tries = || samples.iter().chain([&found[window]]);
                    let likelier = |a: &&Found, b: &&Found| a.average().total_cmp(&b.average());
                    let sane = tries().filter(|found| !repeats(found));
                    sane.max_by(likelier).or_else(|| tries().max_by(likelier))
                });
                found[window] = chosen.unwrap_or(&found[window]).clone();
            }
        }
        found.iter_mut().filter(|found| is_silence(found)).for_each(Found::clear);
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
