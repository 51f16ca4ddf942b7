//! stub
use super::types::*;
#[derive(Clone, Debug)]
pub struct OpenAi {
    model: String,
}
impl OpenAi {
    pub fn new(s: LlmSettings) -> Result<Self, LlmError> {
        Ok(Self { model: s.model.unwrap_or_default() })
    }
    pub fn model(&self) -> &str {
        &self.model
    }
    pub async fn topics(&self, _m: &Meeting) -> Result<Vec<Topic>, LlmError> {
        Err(LlmError::Settings("not yet".into()))
    }
    pub async fn title(&self, _m: &Meeting, _t: &[Topic]) -> Result<String, LlmError> {
        Err(LlmError::Settings("not yet".into()))
    }
    pub async fn summarize(&self, _m: &Meeting, _t: &[Topic]) -> Result<Summary, LlmError> {
        Err(LlmError::Settings("not yet".into()))
    }
}
