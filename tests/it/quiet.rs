//! Nothing is invented where nobody speaks: silence, noise, tones and music have no words, whichever language is expected.

use std::f32::consts::TAU;

use reflector::audio::PcmFile;
use reflector::speech::Engine;

use crate::whisper::{alone, engine, sample, text, transcribe};

const RATE: f32 = 16_000.0;
/// Longer than one window of Whisper's, so that a window without anything around it is among them.
const SECONDS: usize = 40;

/// Numbers that look random, the same ones every time, in \[-1, 1).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Samples of a sound that is given by what it is at each second.
fn sound(at: impl FnMut(f32) -> f32) -> Vec<f32> {
    (0..SECONDS * RATE as usize).map(|i| i as f32 / RATE).map(at).collect()
}

fn sine(hertz: f32, t: f32) -> f32 {
    (TAU * hertz * t).sin()
}

fn noise(level: f32) -> Vec<f32> {
    let mut dice = Dice(1);
    sound(|_| level * dice.roll())
}

/// Falls by 3 dB an octave. Source: Paul Kellet's filter of white noise, its economy form.
fn pink(level: f32) -> Vec<f32> {
    let (mut dice, mut b) = (Dice(2), [0.0_f32; 3]);
    sound(|_| {
        let white = dice.roll();
        b[0] = 0.99765 * b[0] + white * 0.099_046;
        b[1] = 0.963 * b[1] + white * 0.296_516_4;
        b[2] = 0.57 * b[2] + white * 1.052_691_3;
        level * 0.2 * (b.iter().sum::<f32>() + white * 0.1848)
    })
}

/// The mains and its overtones.
fn hum() -> Vec<f32> {
    sound(|t| [1.0, 2.0, 3.0, 5.0, 7.0].iter().map(|n| 0.15 / n * sine(50.0 * n, t)).sum())
}

/// Keys being struck: short bursts that ring, at uneven times.
fn clicks() -> Vec<f32> {
    let (mut dice, mut struck, mut next) = (Dice(3), 0.0, 0.3);
    sound(|t| {
        if t >= next {
            struck = t;
            next = t + 0.12 + 0.3 * dice.roll().abs();
        }
        0.4 * dice.roll() * (-(t - struck) * 180.0).exp()
    })
}

/// A telephone's line: dial tone, then keys, then ringing.
fn telephone() -> Vec<f32> {
    const KEYS: [(f32, f32); 7] = [
        (697.0, 1209.0),
        (770.0, 1336.0),
        (852.0, 1477.0),
        (941.0, 1336.0),
        (697.0, 1336.0),
        (770.0, 1477.0),
        (852.0, 1209.0),
    ];
    sound(|t| match t {
        t if t < 6.0 => 0.2 * (sine(350.0, t) + sine(440.0, t)),
        t if t < 13.0 => {
            let (low, high) = KEYS[(t - 6.0) as usize];
            if t.fract() < 0.4 { 0.25 * (sine(low, t) + sine(high, t)) } else { 0.0 }
        }
        t if (t - 13.0) % 6.0 < 2.0 => 0.2 * (sine(440.0, t) + sine(480.0, t)),
        _ => 0.0,
    })
}

/// A siren: one tone that slides up and down through the range of voices.
fn siren() -> Vec<f32> {
    let mut phase = 0.0;
    sound(|t| {
        phase += TAU * (500.0 + 300.0 * sine(0.4, t)) / RATE;
        0.3 * phase.sin()
    })
}

/// A plucked string: overtones that die away the faster the higher they are.
fn pluck(hertz: f32, age: f32) -> f32 {
    (1..=8).map(|n| n as f32).map(|n| sine(hertz * n, age) / n * (-age * (1.2 + 0.8 * n)).exp()).sum()
}

/// A band: chords and a tune on strings, a bass, drums; 100 beats a minute, four chords over and over.
fn band() -> Vec<f32> {
    const BEAT: f32 = 0.6;
    const CHORDS: [[f32; 3]; 4] =
        [[261.6, 329.6, 392.0], [220.0, 261.6, 329.6], [174.6, 220.0, 261.6], [196.0, 246.9, 293.7]];
    const TUNE: [f32; 8] = [523.3, 587.3, 659.3, 523.3, 440.0, 523.3, 493.9, 392.0];
    let mut dice = Dice(4);
    sound(|t| {
        let beat = (t / BEAT) as usize;
        let age = t - beat as f32 * BEAT;
        let chord = CHORDS[beat / 4 % 4];
        let bar = t - (beat / 4 * 4) as f32 * BEAT;
        let strings: f32 = chord.iter().map(|hertz| 0.08 * pluck(*hertz, bar)).sum();
        let tune = 0.16 * pluck(TUNE[beat % 8], age);
        let bass = 0.2 * sine(chord[0] / 2.0, age) * (-age * 3.0).exp();
        let kick = if beat % 2 == 0 {
            0.4 * sine(55.0 + 60.0 * (-age * 30.0).exp(), age) * (-age * 9.0).exp()
        } else {
            0.0
        };
        let snare = if beat % 2 == 1 { 0.25 * dice.roll() * (-age * 18.0).exp() } else { 0.0 };
        let hat = 0.06 * dice.roll() * (-(t % (BEAT / 2.0)) * 60.0).exp();
        strings + tune + bass + kick + snare + hat
    })
}

/// Each of the sounds, and hold music of real musicians.
fn sounds() -> Vec<(String, PcmFile)> {
    let folder = tempfile::tempdir().unwrap();
    let made = [
        ("silence", sound(|_| 0.0)),
        ("a quiet room", noise(0.0005)),
        ("white noise", noise(0.1)),
        ("loud white noise", noise(0.6)),
        ("pink noise", pink(0.3)),
        ("hum", hum()),
        ("a low tone", sound(|t| 0.3 * sine(220.0, t))),
        ("a high tone", sound(|t| 0.3 * sine(1000.0, t))),
        ("a siren", siren()),
        ("a telephone", telephone()),
        ("keys", clicks()),
        ("a band", band()),
    ];
    let made = made.iter().map(|(name, samples)| {
        (format!("{name} (made here)"), PcmFile::create(folder.path().join(name), samples).unwrap())
    });
    let music = [
        "macroform-cold_day",
        "macroform-robot_dity",
        "macroform-the_simplicity",
        "manolo_camp-morning_coffee",
        "reno_project-system",
    ];
    let played =
        music.iter().map(|name| ((*name).to_owned(), sample(&format!("../spoken/music/{name}.wav"))));
    made.chain(played).collect()
}

fn invented(engine: &Engine, sounds: &[(String, PcmFile)]) -> Vec<String> {
    let heard = |(name, pcm): &(String, PcmFile)| (name.clone(), text(&transcribe(engine, pcm, 5)));
    let told = |(name, text): (String, String)| (!text.is_empty()).then(|| format!("{name}: {text}"));
    sounds.iter().map(heard).filter_map(told).collect()
}

fn nothing_is_heard(model: &str) {
    let _turn = alone();
    let engine = engine(model, 2);
    // An engine that hears nothing at all would pass.
    assert!(text(&transcribe(&engine, &sample("librivox/0880.wav"), 1)).contains("young man"));
    let invented = invented(&engine, &sounds());
    assert!(invented.is_empty(), "{model} invented {} times:\n{}", invented.len(), invented.join("\n"));
}

#[test]
fn silence_noise_tones_and_music_have_no_words_in_english() {
    nothing_is_heard("whisper-tiny.en");
}

#[test]
fn silence_noise_tones_and_music_have_no_words_in_any_language() {
    nothing_is_heard("whisper-base");
}
