//! Where words begin, against speech whose times are known because it was made: docs/DEVELOPING.md, "Samples".

use reflector::config::cache_dir;
use reflector::speech::Transcription;
use serde::Deserialize;

use crate::whisper::{alone, engine, sample, transcribe};

/// Half of all words begin at most this far from where they were spoken. Seconds.
const MEDIAN: f64 = 0.060;

/// A word and when it begins; `None` where that is not known.
type Timed = (String, Option<f64>);

#[derive(Deserialize)]
struct Meeting {
    words: Vec<(String, f64, f64)>,
}

fn plain(word: &str) -> String {
    word.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

fn read(name: &str) -> String {
    let path = cache_dir().join(name);
    std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}: run `make setup`", path.display()))
}

/// Synthetic voices, every word.
fn planned() -> Vec<Timed> {
    let meeting: Meeting = serde_json::from_str(&read("spoken/meeting.json")).unwrap();
    meeting.words.into_iter().map(|(word, start, _)| (plain(&word), Some(start))).collect()
}

/// Readers in an STM, where only the beginnings of utterances are known.
fn spliced(stm: &str) -> Vec<Timed> {
    let utterance = |line: &str| {
        let fields: Vec<&str> = line.splitn(6, ' ').collect();
        let start: f64 = fields[3].parse().unwrap();
        let words: Vec<String> = fields[5].split_whitespace().map(plain).collect();
        words.into_iter().enumerate().map(move |(i, word)| (word, (i == 0).then_some(start)))
    };
    stm.lines().flat_map(utterance).collect()
}

/// By how many seconds each word whose time is known was heard late; words are paired along the longest common subsequence.
fn lateness(truth: &[Timed], found: &Transcription) -> Vec<f64> {
    let words = found.segments.iter().flat_map(|segment| &segment.words);
    let heard: Vec<(String, f64)> = words.map(|word| (plain(&word.text), word.start)).collect();
    let mut longest = vec![vec![0_u32; heard.len() + 1]; truth.len() + 1];
    for (i, (word, _)) in truth.iter().enumerate().rev() {
        for (j, (other, _)) in heard.iter().enumerate().rev() {
            longest[i][j] = if word == other {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut late) = (0, 0, Vec::new());
    while i < truth.len() && j < heard.len() {
        if truth[i].0 == heard[j].0 {
            late.extend(truth[i].1.map(|start| heard[j].1 - start));
            (i, j) = (i + 1, j + 1);
        } else if longest[i + 1][j] >= longest[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    late
}

/// Enough words are found, and half of them begin where they should.
fn begin_in_time(model: &str, recording: &str, truth: &[Timed]) {
    let _turn = alone();
    let known = truth.iter().filter(|(_, start)| start.is_some()).count();
    let mut late = lateness(truth, &transcribe(&engine(model, 2), &sample(recording), 1));
    assert!(late.len() * 10 >= known * 8, "{model} heard only {} of {known} words right", late.len());
    late.sort_by(f64::total_cmp);
    let bias = late[late.len() / 2];
    let mut sizes: Vec<f64> = late.iter().map(|seconds| seconds.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let (median, most) = (sizes[sizes.len() / 2], sizes[sizes.len() * 9 / 10]);
    assert!(
        median <= MEDIAN,
        "{model}, {recording}: half of {} words begin more than {median:.3} s off, a tenth more than {most:.3} s; in the middle \
         {bias:+.3} s late",
        late.len()
    );
}

#[test]
fn words_of_synthetic_voices_begin_where_they_were_planned() {
    for model in ["whisper-tiny.en", "whisper-base"] {
        begin_in_time(model, "../spoken/meeting.wav", &planned());
    }
}

#[test]
fn utterances_of_readers_begin_where_they_were_spliced() {
    let truth = spliced(&read("samples/conversation.stm"));
    for model in ["whisper-tiny.en", "whisper-base"] {
        begin_in_time(model, "conversation.wav", &truth);
    }
}
