//! Who spoke when: the networks against PyTorch's numbers, and real recordings against their truth.
//!
//! `tests/fixtures/diarize_oracle.json` holds what a plain PyTorch forward gave with the same weights on seconds 10 to 20 of
//! pyannote's sample.wav: log-probabilities and classes of the segmentation, filter-bank rows, cosines of CAM++.

use std::collections::BTreeMap;

use reflector::audio::Cancel;
use reflector::speech::attribute::attribute;
use reflector::speech::diarize::{CamPlusPlus, Fbank, Segmentation};
use reflector::speech::{Diarization, DiarizeOptions, Segment, SpeechError, Turn, Word};
use reflector::weights::pickle;
use serde_json::Value;
use tch::{Device, IndexOp, Tensor};

use crate::support::der::{self, Errors};
use crate::support::diarization::{Clip, EMBEDDING, SEGMENTATION, cache, diarizer, spans, weights};

fn oracle() -> Value {
    serde_json::from_str(include_str!("../fixtures/diarize_oracle.json")).expect("the fixture is JSON")
}

fn sample() -> Clip {
    Clip::read(&cache().join("samples/public/sample.wav"))
}

/// Rows of the fixture against the same rows of ours.
fn assert_rows(ours: &Tensor, rows: &Value, tolerance: f64) {
    for (index, row) in rows.as_object().expect("rows by index") {
        let row: Vec<f32> = serde_json::from_value(row.clone()).expect("a row of numbers");
        let index = index.parse::<i64>().expect("an index");
        let difference = (ours.i(index) - Tensor::from_slice(&row)).abs().max().double_value(&[]);
        assert!(difference < tolerance, "row {index} differs by {difference}");
    }
}

fn diarize(clip: &Clip, speakers: Option<u32>) -> Diarization {
    let (_file, pcm) = clip.pcm();
    let options = DiarizeOptions { speakers, ..DiarizeOptions::default() };
    diarizer().diarize(&pcm, &options, &Cancel::default(), &mut |_| {}).expect("a diarization")
}

#[test]
fn segmentation_equals_pytorch() {
    let network = Segmentation::new(&pickle::read(&weights(SEGMENTATION)).expect("tensors"), Device::Cpu);
    let wave = Tensor::from_slice(&sample().samples[160_000..320_000]).view([1, 1, -1]);
    let ours = network.expect("the network").forward(&wave, &[0], 160_000).expect("a forward").i(0);
    assert_eq!(ours.size(), [589, 7]);
    assert_rows(&ours, &oracle()["seg"], 1e-4);
    let classes = Vec::<i64>::try_from(ours.argmax(-1, false)).expect("classes");
    let classes: String = classes.iter().map(i64::to_string).collect();
    assert_eq!(classes, oracle()["classes"].as_str().expect("classes"));
}

#[test]
fn features_and_voices_equal_pytorch() {
    let (oracle, samples) = (oracle(), sample().samples);
    let fbank = Fbank::new(Device::Cpu).expect("filters");
    let features = fbank.compute(&samples[160_000..320_000]).expect("features");
    assert_eq!(features.size(), [998, 80]);
    assert_rows(&features, &oracle["fbank"], 1e-3);

    let network = CamPlusPlus::new(&pickle::read(&weights(EMBEDDING)).expect("tensors"), Device::Cpu)
        .expect("the network");
    let voice = |from: f64, to: f64| {
        let piece = &samples[(from * 16_000.0) as usize..(to * 16_000.0) as usize];
        let features = fbank.compute(piece).expect("features").unsqueeze(0);
        network.embed(&features).expect("a voice").remove(0)
    };
    let (first, again, other) = (voice(11.0, 14.0), voice(18.7, 21.4), voice(22.0, 28.0));
    let cosine = |a: &[f32], b: &[f32]| f64::from(a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>());
    for (found, expected) in
        [(cosine(&first, &again), &oracle["same"]), (cosine(&first, &other), &oracle["different"])]
    {
        let expected = expected.as_f64().expect("a cosine");
        assert!((found - expected).abs() < 1e-3, "{found} is not {expected}");
    }
    let expected: Vec<f32> = serde_json::from_value(oracle["embedding"].clone()).expect("an embedding");
    assert!(cosine(&first, &expected) > 0.9999);
}

#[test]
fn the_sample_has_two_speakers() {
    let clip = sample();
    let found = diarize(&clip, None);
    assert_eq!(found.speakers.len(), 2);
    assert_eq!(found.turns[0].speaker, 0, "numbered in order of appearance");
    assert!(found.speakers.iter().all(|voice| voice.embedding.len() == 192));
    let duration = clip.samples.len() as f64 / 16_000.0;
    assert!(
        found.turns.iter().all(|turn| 0.0 <= turn.start && turn.start < turn.end && turn.end <= duration)
    );
    assert!(found.turns.is_sorted_by(|a, b| a.start <= b.start));
    assert_eq!(diarize(&clip, Some(1)).speakers.len(), 1);
    assert_eq!(diarize(&clip, Some(2)).speakers.len(), 2);
}

#[test]
fn bounds_on_the_number_of_speakers_hold() {
    let (_file, pcm) = sample().pcm();
    let with = |min_speakers, max_speakers| {
        let options = DiarizeOptions { speakers: None, min_speakers, max_speakers };
        diarizer().diarize(&pcm, &options, &Cancel::default(), &mut |_| {})
    };
    let number = |min, max| with(min, max).expect("a diarization").speakers.len();
    assert_eq!(number(None, Some(1)), 1);
    assert_eq!(number(Some(3), None), 3);
    assert_eq!(number(Some(1), Some(5)), 2, "what is found is inside");
    let refused = with(Some(3), Some(2));
    assert!(
        matches!(&refused, Err(SpeechError::Request(why)) if why.contains("min_speakers")),
        "{refused:?}"
    );
}

#[test]
fn exclusive_turns_never_overlap() {
    let clips = Clip::folder("public");
    let clip = clips.iter().find(|clip| clip.name == "tst00").expect("four people who interrupt each other");
    let found = diarize(clip, None);
    let overlap = |turns: &[Turn]| turns.windows(2).filter(|pair| pair[1].start < pair[0].end - 1e-9).count();
    assert!(overlap(&found.turns) > 0, "some talk at once");
    let exclusive = found.exclusive();
    assert_eq!(overlap(&exclusive), 0);
    let talks = |turns: &[Turn], at: f64| turns.iter().any(|turn| turn.start <= at && at < turn.end);
    for at in (0..3000).map(|hundredth| f64::from(hundredth) / 100.0 + 0.005) {
        assert_eq!(talks(&found.turns, at), talks(&exclusive, at), "at {at}");
    }
}

/// What makes it fast: four windows hear each second, and one of them computes its voice.
#[test]
fn every_second_of_speech_has_its_voice_computed_about_once() {
    let clip = sample();
    let (_file, pcm) = clip.pcm();
    let heard = diarizer().hear(&pcm, &Cancel::default(), &mut |_| {}).expect("both networks run");
    let speech: f64 = clip.truth.iter().map(|span| span.end - span.start).sum();
    let computed: f64 = heard.voices.iter().map(|voice| f64::from(voice.seconds)).sum();
    assert!(
        computed > 0.5 * speech && computed < 1.6 * speech,
        "{computed} s of voices for {speech} s of speech"
    );
    let wanted = heard.windows.iter().flat_map(|window| &window.stretches).count();
    assert!(wanted > 2 * heard.voices.len(), "{wanted} stretches share {} voices", heard.voices.len());
}

/// The bound is what docs/ACCURACY.md has and two points more.
#[test]
fn conversations_have_the_right_number_of_speakers_and_few_errors() {
    let mut total = Errors::default();
    for clip in Clip::folder("conversations/eval") {
        let found = diarize(&clip, None);
        assert_eq!(found.speakers.len(), clip.speakers(), "speakers of {}", clip.name);
        total += der::score(&clip.truth, &spans(&found));
    }
    assert!(total.speech > 600.0, "ten minutes of conversations");
    assert!(total.rate() < 0.092, "{total:?}: {:.3}", total.rate());
}

/// The truth's own words, spread evenly over the time in which each line is spoken.
#[test]
fn words_of_a_conversation_get_their_speaker() {
    let path = cache().join("samples/conversations/eval/eval3.wav");
    let clip = Clip::read(&path);
    let stm = std::fs::read_to_string(path.with_extension("stm")).expect("its words");
    let (mut segments, mut truth) = (Vec::new(), Vec::new());
    for line in stm.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (start, end): (f64, f64) =
            (fields[3].parse().expect("a time"), fields[4].parse().expect("a time"));
        let step = (end - start) / (fields.len() - 5) as f64;
        let words = fields[5..].iter().enumerate().map(|(index, word)| {
            let start = start + step * index as f64;
            Word { text: format!(" {word}"), start, end: start + 0.9 * step, probability: 1.0 }
        });
        let words: Vec<Word> = words.collect();
        truth.extend(words.iter().map(|_| fields[2]));
        segments.push(Segment { start, end, text: String::new(), words });
    }
    let attributed = attribute(&segments, &diarize(&clip, None).turns);
    let found = attributed.iter().flat_map(|segment| segment.words.iter().map(|_| segment.speaker));
    let mut shared: BTreeMap<(u32, &str), usize> = BTreeMap::new();
    for pair in found.zip(truth.iter().copied()) {
        *shared.entry(pair).or_default() += 1;
    }
    let most = |speaker: u32| shared.iter().filter(|((who, _), _)| *who == speaker).map(|(_, n)| *n).max();
    let right: usize = (0..3).filter_map(most).sum();
    assert!(truth.len() > 300, "{} words", truth.len());
    assert!(truth.len() - right <= truth.len() / 100, "{right} of {} words: {shared:?}", truth.len());
}

#[test]
fn public_clips_stay_within_their_bound() {
    let mut total = Errors::default();
    for clip in Clip::folder("public") {
        total += der::score(&clip.truth, &spans(&diarize(&clip, None)));
    }
    assert!(total.rate() < 0.367, "{total:?}: {:.3}", total.rate());
}

#[test]
fn silence_and_nothing_have_no_speakers() {
    for seconds in [0, 1, 25] {
        let clip = Clip { name: "silence".into(), samples: vec![0.0; seconds * 16_000], truth: vec![] };
        let found = diarize(&clip, Some(2));
        assert!(found.turns.is_empty() && found.speakers.is_empty(), "{seconds} s: {found:?}");
    }
}

#[test]
fn a_cancelled_diarization_stops() {
    let (_file, pcm) = sample().pcm();
    let cancel = Cancel::default();
    let stop = cancel.clone();
    let outcome = diarizer().diarize(&pcm, &DiarizeOptions::default(), &cancel, &mut |_| stop.cancel());
    assert!(matches!(outcome, Err(SpeechError::Cancelled)));
}
