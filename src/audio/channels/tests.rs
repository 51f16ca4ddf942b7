use super::*;

const RATE: usize = 16_000;

/// Noise between -1 and 1, the same for the same seed.
fn noise(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Something like a voice: partials of a pitch that moves, loud and soft four times a second, over a faint breath.
fn voice(pitch: f32, seconds: f32) -> Vec<f32> {
    let (mut breath, mut phase) = (noise(pitch as u64), 0.0_f32);
    (0..(seconds * RATE as f32) as usize)
        .map(|at| {
            let time = at as f32 / RATE as f32;
            phase += pitch * (1.0 + 0.1 * (time * 2.3 + pitch).sin()) / RATE as f32;
            let partials: f32 =
                (1..=12).map(|n| (std::f32::consts::TAU * phase * n as f32).sin() / n as f32).sum();
            let syllable = (std::f32::consts::TAU * 2.0 * time).sin().abs().max(0.05);
            0.15 * syllable * (partials + 0.2 * breath())
        })
        .collect()
}

/// `said` from `at` seconds on, in a room that hums at about -66 dB.
fn placed(said: &[(f32, Vec<f32>)], seconds: f32, seed: u64) -> Vec<f32> {
    let mut hum = noise(seed);
    let mut out: Vec<f32> = (0..(seconds * RATE as f32) as usize).map(|_| 0.0008 * hum()).collect();
    for (at, samples) in said {
        for (to, sample) in out[(at * RATE as f32) as usize..].iter_mut().zip(samples) {
            *to += sample;
        }
    }
    out
}

fn judged(left: &[f32], right: &[f32]) -> Option<Separate> {
    let mut evidence = Evidence::default();
    for (a, b) in left.chunks(BLOCK).zip(right.chunks(BLOCK)) {
        evidence.add(&[a.to_vec(), b.to_vec()]);
    }
    evidence.judge()
}

/// A talk of 20 s: each side alone for about 7 s, and both at once for 2.
fn call() -> [Vec<f32>; 2] {
    let left = placed(&[(0.5, voice(110.0, 7.0)), (13.0, voice(105.0, 4.0))], 20.0, 1);
    let right = placed(&[(5.5, voice(190.0, 7.0)), (18.0, voice(200.0, 1.5))], 20.0, 2);
    [left, right]
}

fn sum(a: &[f32], b: &[f32], gain: f32) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a + gain * b).collect()
}

fn late(samples: &[f32], by: usize) -> Vec<f32> {
    [vec![0.0; by], samples[..samples.len() - by].to_vec()].concat()
}

#[test]
fn a_side_in_each_channel_is_found_whichever_is_louder() {
    let [left, right] = call();
    assert!(judged(&left, &right).is_some());
    assert!(judged(&right, &left).is_some());
    let soft: Vec<f32> = left.iter().map(|one| one * 0.15).collect();
    assert!(judged(&soft, &right).is_some(), "16 dB softer");
}

#[test]
fn one_sound_in_both_is_not_two_sides_whatever_was_done_to_it() {
    let [left, right] = call();
    let mono = sum(&left, &right, 1.0);
    let inverted: Vec<f32> = mono.iter().map(|one| -one).collect();
    let soft: Vec<f32> = mono.iter().map(|one| one * 0.1).collect();
    for (what, other) in [
        ("stored twice", mono.clone()),
        ("inverted", inverted),
        ("20 dB softer", soft),
        ("3 ms late", late(&mono, 48)),
        ("30 ms late", late(&mono, 480)),
        ("nothing", vec![0.0; mono.len()]),
        ("hum", placed(&[], 20.0, 9)),
    ] {
        assert!(judged(&mono, &other).is_none(), "{what}");
        assert!(judged(&other, &mono).is_none(), "{what}");
    }
}

#[test]
fn a_mix_with_each_voice_towards_its_side_is_not_two_sides() {
    let [left, right] = call();
    for gain in [0.9, 0.5, 0.25, 0.1, 0.05] {
        let mixed = [sum(&left, &right, gain), sum(&right, &left, gain)];
        assert!(judged(&mixed[0], &mixed[1]).is_none(), "the other at {gain}");
    }
}

#[test]
fn two_microphones_in_a_room_with_echoes_are_not_two_sides() {
    let [left, right] = call();
    // Twelve echoes, other ones for each way from a mouth to a microphone.
    let heard = |said: &[f32], seed: u64, direct: f32| {
        let mut random = noise(seed);
        let mut out: Vec<f32> = said.iter().map(|one| one * direct).collect();
        for echo in 1..=12 {
            let by = 100 + echo * 130 + (random() * 60.0) as usize;
            out = sum(&out, &late(said, by), 0.35 * random() * 0.85_f32.powi(i32::try_from(echo).unwrap()));
        }
        out
    };
    let a = sum(&heard(&left, 11, 1.0), &heard(&late(&right, 30), 12, 0.6), 1.0);
    let b = sum(&heard(&right, 13, 1.0), &heard(&late(&left, 30), 14, 0.6), 1.0);
    assert!(judged(&a, &b).is_none());
}

#[test]
fn a_loud_echo_of_each_in_the_others_channel_is_not_two_sides_however_late() {
    let [left, right] = call();
    for by in [480, 2400] {
        let echo = [sum(&left, &late(&right, by), 0.2), sum(&right, &late(&left, by), 0.2)];
        assert!(judged(&echo[0], &echo[1]).is_none(), "{by} samples late");
    }
}

#[test]
fn one_who_only_speaks_in_one_channel_and_silence_are_no_sides() {
    let [left, _] = call();
    assert!(judged(&left, &placed(&[(3.0, voice(190.0, 0.5))], 20.0, 3)).is_none(), "half a second");
    assert!(judged(&vec![0.0; 64_000], &vec![0.0; 64_000]).is_none());
    assert!(judged(&[], &[]).is_none());
}

#[test]
fn what_comes_over_faintly_is_muted_and_no_speech_of_ones_own() {
    let [left, right] = call();
    let leaky = [sum(&left, &right, 0.02), sum(&right, &left, 0.02)];
    let found = judged(&leaky[0], &leaky[1]).expect("34 dB less is still two sides");
    let share = |side: usize, from: f32, to: f32| {
        let frames = (from * RATE as f32) as usize / FRAME..(to * RATE as f32) as usize / FRAME;
        let count = frames.len();
        frames.filter(|frame| found.muted(side, *frame)).count() as f32 / count as f32
    };
    // Loud syllables of the other, while this side is silent.
    assert!(share(0, 8.5, 12.0) > 0.8, "{}", share(0, 8.5, 12.0));
    assert!(share(1, 1.0, 5.0) > 0.8, "{}", share(1, 1.0, 5.0));
    for (side, from, to) in [(0, 0.5, 7.5), (0, 13.0, 17.0), (1, 5.5, 12.5), (1, 18.0, 19.5)] {
        assert_eq!(share(side, from, to), 0.0, "side {side} at {from}");
    }
    assert!(!found.muted(0, 100_000));
}
