use tch::Device;

use super::device::Precision;
use super::diarize::Diarizer;
use super::engine::EngineSettings;
use super::vad::Vad;
use super::whisper::{Whisper, WhisperFiles};
use super::{
    Cancel, Diarization, DiarizeOptions, SpeechError, TranscribeOptions, TranscribeUpdate, Transcription,
};
use crate::audio::PcmFile;

/// The models of one engine, used by its thread alone.
pub struct Models {
    settings: EngineSettings,
    device: Device,
    precision: Precision,
    vad: Vad,
    whisper: Whisper,
    /// The last model that a request named, if it is not the engine's own: (name, model).
    other: Option<(String, Whisper)>,
    /// Loaded when it is first needed.
    diarizer: Option<Diarizer>,
}

impl Models {
    /// Loads what every transcription needs and runs it once, so that the first request does not pay for it.
    pub fn load(settings: EngineSettings, device: Device, precision: Precision) -> Result<Self, SpeechError> {
        let vad = Vad::load(&settings.models.vad()?)?;
        let whisper = open(&settings, &settings.model, device, precision)?;
        vad.start().push(&vec![0.0; 16_000])?;
        Ok(Self { settings, device, precision, vad, whisper, other: None, diarizer: None })
    }

    pub fn transcribe(
        &mut self,
        pcm: &PcmFile,
        options: &TranscribeOptions,
        cancel: &Cancel,
        on_update: &mut dyn FnMut(TranscribeUpdate),
    ) -> Result<Transcription, SpeechError> {
        let beam = options.beam.unwrap_or(self.settings.beam);
        if !(1..=16).contains(&beam) {
            return Err(SpeechError::Request(format!("a beam of {beam}; it must be from 1 to 16")));
        }
        let whisper = match &options.model {
            Some(name) if *name != self.settings.model => {
                if self.other.as_ref().is_none_or(|(loaded, _)| loaded != name) {
                    self.other = None;
                    self.other =
                        Some((name.clone(), open(&self.settings, name, self.device, self.precision)?));
                }
                self.other.as_ref().map_or(&self.whisper, |(_, whisper)| whisper)
            }
            _ => &self.whisper,
        };
        whisper.transcribe(&self.vad, pcm, options, beam, cancel, on_update)
    }

    pub fn diarize(
        &mut self,
        pcm: &PcmFile,
        options: &DiarizeOptions,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(f32),
    ) -> Result<Diarization, SpeechError> {
        let diarizer = match &mut self.diarizer {
            Some(diarizer) => diarizer,
            none => {
                let store = &self.settings.models;
                none.insert(Diarizer::load(&store.segmentation()?, &store.embedding()?, self.device)?)
            }
        };
        diarizer.diarize(pcm, options, cancel, on_progress)
    }
}

fn open(
    settings: &EngineSettings,
    name: &str,
    device: Device,
    precision: Precision,
) -> Result<Whisper, SpeechError> {
    let whisper = Whisper::load(&WhisperFiles::in_dir(&settings.models.whisper(name)?)?, device, precision)?;
    whisper.warm_up()?;
    Ok(whisper)
}
