use tch::{Kind, Tensor};

use super::decoder::{Cache, Cross};
use super::model::Whisper;
use crate::speech::{SpeechError, Task};

impl Whisper {
    /// Probability of each language, the mean over the windows of `cross`, likeliest first.
    pub(super) fn detect(&self, cross: &Cross, windows: usize) -> Result<Vec<(String, f64)>, SpeechError> {
        if !self.is_multilingual() {
            return Ok(vec![("en".into(), 1.0)]);
        }
        let start = Tensor::from_slice(&vec![self.tokens.sot; windows]).to_device(self.device).unsqueeze(1);
        let hidden = self.decoder.forward(&start, &mut Cache::default(), cross, None);
        let ids: Vec<i64> = self.tokens.languages.iter().map(|(_, id)| *id).collect();
        let logits = self.decoder.logits(&hidden.select(1, 0));
        let chosen = logits.index_select(1, &Tensor::from_slice(&ids).to_device(self.device));
        let mean: Vec<f32> =
            chosen.softmax(1, Kind::Float).mean_dim([0i64].as_slice(), false, Kind::Float).try_into()?;
        let codes = self.tokens.languages.iter().map(|(code, _)| code.clone());
        let mut all: Vec<(String, f64)> = codes.zip(mean.into_iter().map(f64::from)).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        Ok(all)
    }

    /// The tokens that every window starts with. An English-only model has no language or task.
    pub(super) fn prompt(&self, language: &str, task: Task) -> Result<Vec<i64>, SpeechError> {
        let mut prompt = vec![self.tokens.sot];
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
}
