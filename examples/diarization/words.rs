//! Words given to the wrong speaker: Whisper's words, whose turn each was found in, and who really talks at that time.
//!
//! The words are written down once, with whisper-base, and kept in `REFLECTOR_CACHE/accuracy/words`.

use std::collections::BTreeMap;

use reflector::audio::Cancel;
use reflector::config::SpeechConfig;
use reflector::jobs::engine_settings;
use reflector::speech::attribute::attribute;
use reflector::speech::diarize::{DiarizeSettings, decide};
use reflector::speech::{DiarizeOptions, Engine, Segment, TranscribeOptions, Word};

use crate::support::der::Span;
use crate::support::diarization::{Clip, cache, diarizer};

const MODEL: &str = "whisper-base";

/// Prints a line a clip and one for all.
pub fn count(folder: &str) {
    let mut engine = None;
    let (mut all, mut all_wrong) = (0, 0);
    for clip in Clip::folder(folder) {
        let segments = heard(&clip, &mut engine);
        let (_file, pcm) = clip.pcm();
        let heard = diarizer().hear(&pcm, &Cancel::default(), &mut |_| {}).expect("both networks run");
        let settings = DiarizeSettings::default();
        let voices =
            decide(&heard, pcm.duration(), &DiarizeOptions::default(), &settings).expect("no bounds");
        let attributed = attribute(&segments, &voices.turns);
        let words: Vec<(u32, &str, &Word)> = attributed
            .iter()
            .flat_map(|segment| segment.words.iter().map(|word| (segment.speaker, word)))
            .filter_map(|(speaker, word)| Some((speaker, speaks(&clip.truth, word)?, word)))
            .collect();
        let names = mapping(&words);
        let wrong: Vec<_> =
            words.iter().filter(|(found, truth, _)| names.get(found) != Some(truth)).collect();
        println!("{}: {} of {} words", clip.name, wrong.len(), words.len());
        if std::env::var_os("SHOW").is_some() {
            for (found, truth, word) in &wrong {
                println!("  {:.2} to {:.2}{} is {truth}'s, not {found}", word.start, word.end, word.text);
            }
        }
        (all, all_wrong) = (all + words.len(), all_wrong + wrong.len());
    }
    println!("wrong speaker: {all_wrong} of {all} words, {:.2} %", 100.0 * all_wrong as f64 / all as f64);
}

/// The clip's words with their times.
fn heard(clip: &Clip, engine: &mut Option<Engine>) -> Vec<Segment> {
    let path = cache().join(format!("accuracy/words/{}.json", clip.name));
    if let Ok(text) = std::fs::read_to_string(&path) {
        return serde_json::from_str(&text).expect("segments as they were kept");
    }
    let engine = engine.get_or_insert_with(|| {
        let mut settings = engine_settings(&SpeechConfig::default(), &cache().join("models"));
        settings.model = MODEL.into();
        Engine::start(settings).expect("models are installed (`make setup`)")
    });
    let (_file, pcm) = clip.pcm();
    let found = engine.transcribe(pcm, TranscribeOptions::default(), &Cancel::default(), |_| {});
    let segments = found.expect("a transcription").segments;
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder of words");
    std::fs::write(&path, serde_json::to_string(&segments).expect("JSON")).expect("words are kept");
    segments
}

/// Who really talks in most of a word; nobody knows where nobody does.
fn speaks<'a>(truth: &'a [Span], word: &Word) -> Option<&'a str> {
    let mut seconds: BTreeMap<&str, f64> = BTreeMap::new();
    for span in truth {
        let shared = span.end.min(word.end) - span.start.max(word.start);
        if shared > 0.0 {
            *seconds.entry(&span.speaker).or_default() += shared;
        }
    }
    seconds.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(speaker, _)| speaker)
}

/// The number of each found speaker -> the real one with whom they share most words; each real one once, the surest first.
fn mapping<'a>(words: &[(u32, &'a str, &Word)]) -> BTreeMap<u32, &'a str> {
    let mut shared: BTreeMap<(u32, &str), usize> = BTreeMap::new();
    for &(found, truth, _) in words {
        *shared.entry((found, truth)).or_default() += 1;
    }
    let mut pairs: Vec<_> = shared.into_iter().collect();
    pairs.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    let mut names: BTreeMap<u32, &str> = BTreeMap::new();
    for ((found, truth), _) in pairs {
        if !names.contains_key(&found) && !names.values().any(|&name| name == truth) {
            names.insert(found, truth);
        }
    }
    names
}
