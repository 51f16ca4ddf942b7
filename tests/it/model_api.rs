//! `reflector speech-server` and those who ask it: OpenAI's own client, the ancestor's requests, and our jobs.

mod ancestor;
mod client;
mod command;
mod jobs;
mod limits;
mod openai;

/// What is read in `librivox/0870.wav`.
const SENTENCE: &str = "And Mr. John Dashwood had then leisure to consider how much there might be prudently in his \
                        power to do for them.";
const CLIP: &str = "librivox/0870.wav";
