use tch::{Kind, Tensor};

use super::decoder::{Cache, Cross, Sight};
use super::model::Whisper;
use crate::speech::{SpeechError, Task};

impl Whisper {
    /// Probability of each language in each window of `cross`, in the order of the model's own list. Not for English-only models.
    pub(super) fn detect(&self, cross: &Cross, windows: usize) -> Result<Vec<Vec<f32>>, SpeechError> {
        let start = Tensor::from_slice(&vec![self.tokens.sot; windows]).to_device(self.device).unsqueeze(1);
        let hidden = self.decoder.forward(&start, &mut Cache::new(1), cross, Sight::Causal, None);
        let ids: Vec<i64> = self.tokens.languages.iter().map(|(_, id)| *id).collect();
        let logits = self.decoder.logits(&hidden.select(1, 0));
        let chosen = logits.index_select(1, &Tensor::from_slice(&ids).to_device(self.device));
        let flat: Vec<f32> = chosen.softmax(1, Kind::Float).flatten(0, -1).try_into()?;
        Ok(flat.chunks_exact(ids.len()).map(<[f32]>::to_vec).collect())
    }

    /// The code of the likeliest language of these probabilities, among `declared` if there are any.
    pub(super) fn likeliest(&self, probabilities: &[f32], declared: &[String]) -> String {
        let known = self.tokens.languages.iter().zip(probabilities);
        let among = known.filter(|((code, _), _)| declared.is_empty() || declared.contains(code));
        let best = among.max_by(|a, b| a.1.total_cmp(b.1));
        best.map_or_else(|| "en".into(), |((code, _), _)| code.clone())
    }

    /// The tokens that a window starts with: what was said before, if anything, then the language and the task, which an English-only
    /// model does not have.
    pub(super) fn prompt(&self, before: &[i64], language: &str, task: Task) -> Result<Vec<i64>, SpeechError> {
        let mut prompt = before.to_vec();
        prompt.push(self.tokens.sot);
        if self.is_multilingual() {
            let known = self.tokens.languages.iter().find(|(code, _)| code == language);
            let (_, id) = known.ok_or_else(|| {
                SpeechError::Request(format!("{language:?} is no language code that this model knows"))
            })?;
            prompt.extend([
                *id,
                if task == Task::Translate { self.tokens.translate } else { self.tokens.transcribe },
            ]);
        } else if language != "en" {
            return Err(SpeechError::Request(format!("this model knows English only, not {language:?}")));
        } else if task == Task::Translate {
            return Err(SpeechError::Request("this model knows English only and can't translate".into()));
        }
        Ok(prompt)
    }

    /// Text to expect, as tokens to stand before the start: its end, if it is longer than the model can take.
    pub(super) fn before(&self, text: &str) -> Result<Vec<i64>, SpeechError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Vec::new());
        }
        // As if it had just been said, which is how the model saw earlier text in training.
        let ids = self.tokens.encode(&format!(" {text}"))?;
        let most = self.decoder.context() as usize / 2 - 1;
        let mut before = vec![self.tokens.previous];
        before.extend(&ids[ids.len().saturating_sub(most)..]);
        Ok(before)
    }
}
