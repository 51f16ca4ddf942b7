//! Whisper and the VAD on real weights and real speech.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

use reflector::audio::{Cancel, PcmFile, decode_to_pcm};
use reflector::config::cache_dir;
use reflector::speech::vad::Vad;
use reflector::speech::{
    DeviceWish, Engine, EngineSettings, Precision, SpeechError, TranscribeOptions, Transcription,
};
use reflector::weights::ModelStore;
use tch::{CModule, Device, Tensor};

/// Small machines: one test computes at a time.
pub fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn models() -> ModelStore {
    ModelStore::new(cache_dir().join("models"))
}

fn vad_file() -> PathBuf {
    models().vad().expect("models are installed (`make setup`)")
}

/// A sample's PCM; the folder may go, the file stays open.
pub fn sample(name: &str) -> PcmFile {
    let path = cache_dir().join("samples").join(name);
    assert!(path.is_file(), "{} is missing: run `make setup`", path.display());
    let dir = tempfile::tempdir().unwrap();
    decode_to_pcm(&path, &dir.path().join("a.pcm"), |_| {}, &Cancel::default()).unwrap()
}

/// What `auto` takes on most CPUs, told here so that all of them hear the same words.
fn usual() -> Precision {
    if std::arch::is_x86_feature_detected!("avx2") { Precision::Int16 } else { Precision::Float32 }
}

pub fn engine(model: &str, queue: usize) -> Engine {
    engine_in(usual(), model, queue)
}

fn engine_in(precision: Precision, model: &str, queue: usize) -> Engine {
    let precision = Some(precision);
    let settings = EngineSettings {
        models: models(),
        model: model.into(),
        device: DeviceWish::Cpu,
        precision,
        beam: 5,
        queue,
        unload_after: None,
    };
    Engine::start(settings).expect("models are installed (`make setup`)")
}

pub fn transcribe(engine: &Engine, pcm: &PcmFile, beam: usize) -> Transcription {
    let options = TranscribeOptions { beam: Some(beam), ..TranscribeOptions::default() };
    engine.transcribe(pcm.clone(), options, &Cancel::default(), |_| {}).unwrap()
}

pub fn text(found: &Transcription) -> String {
    let texts: Vec<&str> = found.segments.iter().map(|segment| segment.text.as_str()).collect();
    texts.join(" ")
}

const SENTENCE: &str = "And Mr. John Dashwood had then leisure to consider how much there might be prudently in his \
                        power to do for them.";

#[test]
fn a_sentence_is_written_down_greedily_and_by_beam_with_words_in_order() {
    let _turn = alone();
    let (engine, pcm) = (engine("whisper-tiny.en", 2), sample("librivox/0870.wav"));
    for beam in [1, 5] {
        let found = transcribe(&engine, &pcm, beam);
        assert_eq!(text(&found), SENTENCE, "beam {beam}");
        assert_eq!(found.language, "en");
        let words: Vec<_> = found.segments.iter().flat_map(|segment| &segment.words).collect();
        let spoken: String = words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(spoken.trim(), SENTENCE);
        assert!(words.windows(2).all(|pair| pair[0].start <= pair[0].end && pair[0].end <= pair[1].start));
        assert!(words.iter().all(|word| word.end <= found.duration && word.probability > 0.2));
        // The reader speaks evenly for 7 seconds: each word has its place.
        assert!((words[10].start - 3.5).abs() < 1.0, "{:?}", words[10]);
    }
}

/// Any CPU computes bfloat16, only slowly.
#[test]
fn bfloat16_hears_the_same_sentence_with_its_words_in_place() {
    the_sentence_is_heard_in(Precision::Bfloat16, "bf16");
}

#[test]
fn integers_of_16_and_of_8_bits_hear_the_same_sentence_with_its_words_in_place() {
    the_sentence_is_heard_in(Precision::Int16, "int16");
    the_sentence_is_heard_in(Precision::Int8, "int8");
}

fn the_sentence_is_heard_in(precision: Precision, name: &str) {
    let _turn = alone();
    let engine = engine_in(precision, "whisper-tiny.en", 2);
    assert_eq!(engine.health().dtype, name);
    let found = transcribe(&engine, &sample("librivox/0870.wav"), 5);
    assert_eq!(text(&found), SENTENCE, "{name}");
    let words: Vec<_> = found.segments.iter().flat_map(|segment| &segment.words).collect();
    assert!(words.windows(2).all(|pair| pair[0].start <= pair[0].end && pair[0].end <= pair[1].start));
    assert!((words[10].start - 3.5).abs() < 1.0, "{name}: {:?}", words[10]);
}

#[test]
fn silence_and_tones_have_no_words() {
    let _turn = alone();
    let engine = engine("whisper-tiny.en", 2);
    let dir = tempfile::tempdir().unwrap();
    let tone = |i: usize| (i as f32 * 0.17).sin() * 0.3;
    for (name, samples) in
        [("silence", vec![0.0; 160_000]), ("tone", (0..160_000).map(tone).collect()), ("empty", vec![])]
    {
        let pcm = PcmFile::create(dir.path().join(name), &samples).unwrap();
        assert_eq!(transcribe(&engine, &pcm, 5).segments, [], "{name}");
    }
}

#[test]
fn the_multilingual_model_hears_that_it_is_english() {
    let _turn = alone();
    let engine = engine("whisper-base", 2);
    let found = transcribe(&engine, &sample("librivox/0870.wav"), 1);
    assert_eq!(found.language, "en");
    assert!(text(&found).contains("leisure to consider"), "{}", text(&found));
    let pcm = sample("librivox/0880.wav");
    let options = TranscribeOptions { language: Some("xx".into()), ..TranscribeOptions::default() };
    let refused = engine.transcribe(pcm, options, &Cancel::default(), |_| {});
    assert!(matches!(refused, Err(SpeechError::Request(_))));
}

/// Whisper-base writes two of these five down when it hears them together, and one of three when it hears what it left out in one go.
#[test]
fn a_sentence_that_is_said_again_and_again_is_written_down_each_time() {
    let _turn = alone();
    let (engine, said) = (engine("whisper-base", 2), sample("asterisk/confbridge-dec-list-vol-out.wav"));
    let mut samples = vec![0.0; 8_000];
    for _ in 0..5 {
        samples.extend(said.read(0, said.len() as usize).unwrap());
        samples.extend([0.0; 16_000]);
    }
    let dir = tempfile::tempdir().unwrap();
    let found = transcribe(&engine, &PcmFile::create(dir.path().join("a.pcm"), &samples).unwrap(), 5);
    let heard = text(&found).to_lowercase();
    assert_eq!(heard.matches("to decrease the audio volume from other participants").count(), 5, "{heard}");
    let words: Vec<_> = found.segments.iter().flat_map(|segment| &segment.words).collect();
    assert!(words.windows(2).all(|pair| pair[0].start <= pair[0].end && pair[0].end <= pair[1].start));
    for (time, word) in (0..5).zip(words.iter().filter(|word| word.text.contains("decrease"))) {
        let begins = 0.5 + f64::from(time) * (said.duration() + 1.0);
        assert!(
            (word.start - begins).abs() < 1.0,
            "{time}: {word:?} should begin at {begins} s or a little later"
        );
    }
}

#[test]
fn batched_voice_activity_equals_the_network_frame_by_frame() {
    let _turn = alone();
    let _no_gradients = tch::no_grad_guard();
    let samples = sample("public/sample.wav").read(0, 320_000).unwrap();
    let vad = Vad::load(&vad_file()).unwrap();
    let mut listening = vad.start();
    // In uneven pieces, so that the carried state is tested too.
    let mut ours = Vec::new();
    for piece in samples.chunks(100_001) {
        ours.extend(listening.probabilities(piece).unwrap());
    }
    let module = CModule::load_on_device(vad_file(), Device::Cpu).unwrap();
    for (frame, (piece, got)) in samples.chunks_exact(512).zip(&ours).enumerate() {
        let input = [tch::IValue::Tensor(Tensor::from_slice(piece).unsqueeze(0)), tch::IValue::Int(16_000)];
        let tch::IValue::Tensor(expected) = module.forward_is(&input).unwrap() else {
            panic!("not a tensor")
        };
        let expected = expected.double_value(&[0, 0]) as f32;
        assert!((expected - got).abs() < 1e-4, "frame {frame}: {got} for {expected}");
    }
    assert_eq!(ours.len(), 625);
}

#[test]
fn the_engine_cancels_refuses_and_goes_on() {
    let _turn = alone();
    let engine = engine("whisper-tiny.en", 1);
    assert!(engine.health().ready);
    let pcm = sample("public/sample.wav");
    let cancel = Cancel::default();
    cancel.cancel();
    let options = TranscribeOptions::default();
    let cancelled = engine.transcribe(pcm.clone(), options.clone(), &cancel, |_| {});
    assert!(matches!(cancelled, Err(SpeechError::Cancelled)));
    until_idle(&engine);
    // The first to be refused stops those that got in.
    let stop = Cancel::default();
    let ask = || {
        let got = engine.transcribe(pcm.clone(), options.clone(), &stop, |_| {});
        let refused = matches!(got, Err(SpeechError::Overloaded));
        if refused {
            stop.cancel();
        }
        refused
    };
    let outcomes: Vec<bool> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..6).map(|_| scope.spawn(ask)).collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    assert!(outcomes.contains(&true), "a queue of one took six");
    assert!(outcomes.contains(&false), "a queue of one took none");
    until_idle(&engine);
    let missing = transcribe_with(&engine, &pcm, "whisper-none");
    assert!(missing.unwrap_err().to_string().contains("no model is called whisper-none"));
    assert_eq!(text(&transcribe(&engine, &sample("librivox/0870.wav"), 1)), SENTENCE);
}

/// What was cancelled leaves the queue when the engine comes to it.
fn until_idle(engine: &Engine) {
    while engine.health().queued + engine.health().running > 0 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

fn transcribe_with(engine: &Engine, pcm: &PcmFile, model: &str) -> Result<Transcription, SpeechError> {
    let options = TranscribeOptions { model: Some(model.into()), ..TranscribeOptions::default() };
    engine.transcribe(pcm.clone(), options, &Cancel::default(), |_| {})
}
