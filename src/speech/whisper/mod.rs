//! Whisper: windows of speech in, segments and words with times out.
//!
//! A recording goes window by window: [`ahead`] hears where speech is, [`windows`] cuts it at silence, [`mel`] and [`encoder`] turn a batch of windows
//! into features, [`search`] finds tokens from the [`survey`] of each step under the timestamp [`rules`], [`fallback`] repeats what went wrong,
//! [`segments`] splits tokens into segments and [`align`] gives words their times, which [`onset`] corrects from the sound. What was passed over, [`holes`]
//! has heard again. [`transcribe`] walks a file
//! with a [`crew`] of threads, in the numbers that [`pace`] found fastest.
//! Source: Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision" (2022), and openai-whisper.

mod ahead;
pub mod align;
mod crew;
mod decoder;
mod encoder;
pub mod fallback;
mod holes;
mod language;
mod layers;
pub mod mel;
mod model;
mod onset;
pub(in crate::speech) mod pace;
mod rules;
mod search;
mod segments;
mod survey;
mod tokens;
pub mod transcribe;
pub mod windows;

pub use model::{Whisper, WhisperFiles};
