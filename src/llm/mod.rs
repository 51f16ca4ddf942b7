//! Understanding a meeting: topics, title, summary, action items; from a language model or by extraction.
//!
//! With an OpenAI-compatible endpoint the answers come from its model ([`openai`]); with none they are taken from the
//! meeting's own words ([`extractive`]), so the product is whole without a language model. There is no silent change from
//! one to the other: if the model fails, the stage fails and says why.
pub mod extractive;
pub mod openai;
mod text;
mod types;

pub use types::{
    ActionItem, LlmError, LlmSettings, Meeting, Section, Sentence, Summary, TimedWord, Topic, Utterance,
};

/// Handle on whatever does the understanding; cheap to clone.
#[derive(Clone, Debug)]
pub enum Understanding {
    OpenAi(openai::OpenAi),
    Extractive,
}

impl Understanding {
    /// # Errors
    /// [`LlmError::Settings`] if there is an address without a model, or one that is no address.
    pub fn from_settings(settings: LlmSettings) -> Result<Self, LlmError> {
        match settings.url {
            Some(_) => openai::OpenAi::new(settings).map(Self::OpenAi),
            None => Ok(Self::Extractive),
        }
    }

    /// What the results are labelled with: the model's name, or "extractive".
    #[must_use]
    pub fn method(&self) -> &str {
        match self {
            Self::OpenAi(client) => client.model(),
            Self::Extractive => extractive::METHOD,
        }
    }

    /// The meeting's topics, in time order, covering `[0, duration]` without gaps or overlap; none if nothing was said.
    ///
    /// # Errors
    /// Only with a language model: see [`LlmError`].
    pub async fn topics(&self, meeting: &Meeting) -> Result<Vec<Topic>, LlmError> {
        match self {
            Self::OpenAi(client) => client.topics(meeting).await,
            Self::Extractive => off_thread(meeting, &[], |meeting, _| extractive::topics(meeting)).await,
        }
    }

    /// One line of at most about ten words; empty if nothing was said.
    ///
    /// # Errors
    /// Only with a language model: see [`LlmError`].
    pub async fn title(&self, meeting: &Meeting, topics: &[Topic]) -> Result<String, LlmError> {
        match self {
            Self::OpenAi(client) => client.title(meeting, topics).await,
            Self::Extractive => off_thread(meeting, topics, extractive::title).await,
        }
    }

    /// Short and long summary, decisions and next steps.
    ///
    /// # Errors
    /// Only with a language model: see [`LlmError`].
    pub async fn summarize(&self, meeting: &Meeting, topics: &[Topic]) -> Result<Summary, LlmError> {
        match self {
            Self::OpenAi(client) => client.summarize(meeting, topics).await,
            Self::Extractive => off_thread(meeting, topics, extractive::summarize).await,
        }
    }
}

/// Extraction takes up to a second for a day-long meeting: too long to hold an async thread.
async fn off_thread<T: Send + 'static>(
    meeting: &Meeting,
    topics: &[Topic],
    work: impl FnOnce(&Meeting, &[Topic]) -> T + Send + 'static,
) -> Result<T, LlmError> {
    let (meeting, topics) = (meeting.clone(), topics.to_vec());
    tokio::task::spawn_blocking(move || work(&meeting, &topics))
        .await
        .map_err(|error| LlmError::Unavailable(format!("extraction stopped: {error}")))
}
