//! The diarization error rate beside other programs', and the search that chose our settings.
//!
//! `cargo run --example diarization -- tune [FOLDER]` tries settings on a folder of samples (`conversations/tune`): those that are
//! named in the environment, as `THRESHOLD=0.4,0.5 MIN_ON=0,0.1`, with the usual others.
//! `cargo run --example diarization -- table` scores us and every peer's `$REFLECTOR_CACHE/accuracy/der/PEER/CLIP.rttm` and writes
//! the table of docs/ACCURACY.md; `make accuracy-diarization` runs the peers first.
//! `cargo run --example diarization -- words [FOLDER]` counts the words that are given to the wrong speaker.
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::path::{Path, PathBuf};

use reflector::audio::Cancel;
use reflector::speech::DiarizeOptions;
use reflector::speech::diarize::{DiarizeSettings, Hearing, decide};

use support::der::{self, Errors, Span};
use support::diarization::{Clip, cache, diarizer, spans};

mod words;

/// The tests' own scorer and clips.
#[path = "../../tests/it/support"]
mod support {
    pub mod der;
    pub mod diarization;
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["tune"] => tune("conversations/tune"),
        ["tune", folder] => tune(folder),
        ["table"] => table(),
        ["words"] => words::count("conversations/eval"),
        ["words", folder] => words::count(folder),
        _ => println!("usage: diarization tune [FOLDER] | table | words [FOLDER]"),
    }
}

/// A clip with what the networks heard in it.
struct Known {
    clip: Clip,
    duration: f64,
    heard: Hearing,
}

fn hear(folder: &str) -> Vec<Known> {
    let hear = |clip: Clip| {
        let (_file, pcm) = clip.pcm();
        let heard = diarizer().hear(&pcm, &Cancel::default(), &mut |_| {}).expect("both networks run");
        Known { duration: pcm.duration(), heard, clip }
    };
    Clip::folder(folder).into_iter().map(hear).collect()
}

/// Errors over all clips, how many have the right number of speakers, and one word a clip.
fn rate(known: &[Known], settings: &DiarizeSettings) -> (Errors, usize, String) {
    let (mut total, mut right, mut words) = (Errors::default(), 0, String::new());
    for Known { clip, duration, heard } in known {
        let found = decide(heard, *duration, &DiarizeOptions::default(), settings).expect("no bounds");
        let errors = der::score(&clip.truth, &spans(&found));
        right += usize::from(found.speakers.len() == clip.speakers());
        words += &format!(" {}:{}/{}:{:.3}", clip.name, found.speakers.len(), clip.speakers(), errors.rate());
        total += errors;
    }
    (total, right, words)
}

/// A setting's name in the environment, and how to set it.
type Knob = (&'static str, fn(&mut DiarizeSettings, f64));

const KNOBS: [Knob; 7] = [
    ("THRESHOLD", |settings, value| settings.cluster.threshold = value as f32),
    ("SAME_SPEAKER", |settings, value| settings.cluster.same_speaker = value as f32),
    ("MIN_SECONDS", |settings, value| settings.cluster.min_seconds = value as f32),
    ("MIN_CLUSTER_SECONDS", |settings, value| settings.cluster.min_cluster_seconds = value as f32),
    ("MIN_CLUSTER_SHARE", |settings, value| settings.cluster.min_cluster_share = value as f32),
    ("MIN_OFF", |settings, value| settings.turns.min_off = value),
    ("MIN_ON", |settings, value| settings.turns.min_on = value),
];

/// Every combination of the values that the environment names, `NAME=0.1,0.2`, with its name.
fn combinations() -> Vec<(String, DiarizeSettings)> {
    let mut all = vec![(String::new(), DiarizeSettings::default())];
    for (name, set) in KNOBS {
        let Ok(values) = std::env::var(name) else { continue };
        let values: Vec<f64> = values.split(',').filter_map(|value| value.parse().ok()).collect();
        let with = |(words, settings): &(String, DiarizeSettings), value: f64| {
            let mut settings = settings.clone();
            set(&mut settings, value);
            (format!("{words}{name} {value} "), settings)
        };
        all = all.iter().flat_map(|one| values.iter().map(move |&value| with(one, value))).collect();
    }
    all
}

fn tune(folder: &str) {
    let known = hear(folder);
    for (words, settings) in combinations() {
        let (total, right, clips) = rate(&known, &settings);
        let share = |part: f64| 100.0 * part / total.speech;
        let parts = [total.missed, total.false_alarm, total.confused].map(share);
        println!(
            "{words}DER {:.2} % ({:.2} + {:.2} + {:.2}), speakers right {right}/{}{clips}",
            100.0 * total.rate(),
            parts[0],
            parts[1],
            parts[2],
            known.len()
        );
    }
}

/// The recordings of the table: public clips, then conversations spliced from real readers.
const SETS: [(&str, &str); 2] = [("public", "public clips"), ("conversations/eval", "spliced conversations")];

/// Scores ours and every peer's `REFLECTOR_CACHE/accuracy/der/PEER/CLIP.rttm` and writes the table into docs/ACCURACY.md.
fn table() {
    let results = cache().join("accuracy/der");
    let mut peers: Vec<PathBuf> = std::fs::read_dir(&results)
        .unwrap_or_else(|error| panic!("{}: {error}: run `make accuracy`", results.display()))
        .map(|entry| entry.expect("a peer's folder").path())
        .collect();
    peers.sort();
    let mut columns: Vec<(String, Vec<(Errors, usize)>)> = vec![("Reflector".into(), vec![])];
    columns.extend(peers.iter().map(|peer| (name(peer), vec![])));
    let mut rows = Vec::new();
    for (folder, title) in SETS {
        for Known { clip, duration, heard } in hear(folder) {
            let found = decide(&heard, duration, &DiarizeOptions::default(), &DiarizeSettings::default());
            let found = found.expect("no bounds");
            columns[0].1.push(judge(&clip, &spans(&found)));
            for (column, peer) in columns[1..].iter_mut().zip(&peers) {
                column.1.push(judge(&clip, &der::read_rttm(&peer.join(format!("{}.rttm", clip.name)))));
            }
            rows.push((title, format!("{} ({:.0} s, {} speakers)", clip.name, duration, clip.speakers())));
        }
    }
    write_section("der table", &lines(&rows, &columns));
}

fn name(peer: &Path) -> String {
    peer.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn judge(clip: &Clip, found: &[Span]) -> (Errors, usize) {
    let speakers: std::collections::BTreeSet<&str> = found.iter().map(|span| span.speaker.as_str()).collect();
    (der::score(&clip.truth, found), speakers.len())
}

fn lines(rows: &[(&str, String)], columns: &[(String, Vec<(Errors, usize)>)]) -> String {
    let join = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text =
        join([vec!["recording".into()], columns.iter().map(|(name, _)| name.clone()).collect()].concat());
    text += &join(vec!["---".into(); columns.len() + 1]);
    for (index, (_, row)) in rows.iter().enumerate() {
        let cells = columns.iter().map(|(_, found)| {
            let (errors, speakers) = found[index];
            format!("{:.1} % ({speakers})", 100.0 * errors.rate())
        });
        text += &join([vec![row.clone()], cells.collect()].concat());
    }
    let pooled = |wanted: Option<&str>| {
        let cells = columns.iter().map(|(_, found)| {
            let mut total = Errors::default();
            let chosen =
                rows.iter().zip(found).filter(|((set, _), _)| wanted.is_none_or(|wanted| *set == wanted));
            chosen.for_each(|(_, (errors, _))| total += *errors);
            let share = |part: f64| 100.0 * part / total.speech;
            let parts = [total.missed, total.false_alarm, total.confused].map(share);
            format!("**{:.1} %** ({:.1} + {:.1} + {:.1})", 100.0 * total.rate(), parts[0], parts[1], parts[2])
        });
        join([vec![format!("**{}**", wanted.unwrap_or("all, pooled"))], cells.collect()].concat())
    };
    for (_, title) in SETS {
        text += &pooled(Some(title));
    }
    text + pooled(None).as_str()
}

/// Replaces what stands between the markers of docs/ACCURACY.md.
fn write_section(name: &str, table: &str) {
    let path = Path::new("docs/ACCURACY.md");
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = text.split_once(&begin).expect("the marker where the table begins");
    let (_, after) = rest.split_once(&end).expect("the marker where the table ends");
    std::fs::write(path, format!("{before}{begin}{table}{end}{after}")).expect("docs/ACCURACY.md is written");
}
