//! The word error rate of the whole speech engine on real recordings, held where it was measured.
//!
//! docs/ACCURACY.md compares it with another program's on all recordings; here a few of them guard against a step back.

use std::path::PathBuf;

use reflector::config::cache_dir;

use crate::whisper::{alone, engine, sample, text, transcribe};

const PROMPTS: [&str; 12] = [
    "agent-alreadyon",
    "agent-incorrect",
    "basic-pbx-ivr-main",
    "cannot-complete-as-dialed",
    "check-number-dial-again",
    "conf-enteringno",
    "conf-kicked",
    "confbridge-lock-no-join",
    "confbridge-mute-extended",
    "confbridge-pin",
    "confbridge-remove-last-in",
    "confbridge-rest-list-vol-in",
];

/// Lower-case words without punctuation, with the few spellings unified that our references and Whisper differ in.
fn words(text: &str) -> Vec<String> {
    const DIGITS: [&str; 10] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let text = text.to_lowercase().replace('\'', "");
    let split = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    split
        .map(|word| match (word, word.parse::<usize>()) {
            ("mr", _) => "mister",
            (_, Ok(number)) if number < DIGITS.len() => DIGITS[number],
            _ => word,
        })
        .map(str::to_owned)
        .collect()
}

/// The fewest words to change, insert and remove to make one text of the other.
fn edits(truth: &[String], heard: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (index, word) in truth.iter().enumerate() {
        let mut corner = row[0];
        row[0] = index + 1;
        for (column, other) in heard.iter().enumerate() {
            let above = row[column + 1];
            row[column + 1] = (corner + usize::from(word != other)).min(above + 1).min(row[column] + 1);
            corner = above;
        }
    }
    row[heard.len()]
}

fn reference(name: &str) -> String {
    let path: PathBuf = cache_dir().join("samples").join(name);
    std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}: run `make setup`", path.display()))
}

/// The words of an STM, whose utterances stand in order of time.
fn spoken(stm: &str) -> String {
    let utterance = |line: &str| line.splitn(6, ' ').nth(5).map(str::to_owned);
    stm.lines().filter_map(utterance).collect::<Vec<_>>().join(" ")
}

#[test]
fn no_more_words_are_wrong_than_were() {
    let _turn = alone();
    let engine = engine("whisper-tiny.en", 2);
    let prompts = PROMPTS.map(|name| format!("asterisk/{name}"));
    let with_text = |name: &str| (format!("{name}.wav"), reference(&format!("{name}.txt")));
    // Measured: 2, 5 and 14. A word or two more is what another processor's rounding may do; a lost phrase is more.
    let sets = [
        ("LibriVox", ["0870", "0880", "0890"].map(|name| with_text(&format!("librivox/{name}"))).to_vec(), 3),
        ("Asterisk", prompts.map(|name| with_text(&name)).to_vec(), 6),
        ("sample", vec![("public/sample.wav".into(), spoken(&reference("public/sample.stm")))], 16),
    ];
    for (set, recordings, most) in sets {
        let (mut wrong, mut all, mut told) = (0, 0, String::new());
        for (audio, truth) in recordings {
            let heard = text(&transcribe(&engine, &sample(&audio), 5));
            let truth = words(&truth);
            let found = edits(&truth, &words(&heard));
            all += truth.len();
            wrong += found;
            told += &format!("\n{found} {audio}: {heard}");
        }
        assert!(wrong <= most, "{set}: {wrong} of {all} words are wrong, at most {most} may be:{told}");
    }
}
