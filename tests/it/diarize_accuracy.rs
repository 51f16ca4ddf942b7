//! The diarization error rate beside others' (`make accuracy`), and the search that chose our settings.
//!
//! Neither is run by `cargo test`: they are ignored, and take minutes.

use std::path::{Path, PathBuf};

use reflector::audio::Cancel;
use reflector::speech::DiarizeOptions;
use reflector::speech::diarize::{DiarizeSettings, Heard, decide};

use crate::support::der::{self, Errors, Span};
use crate::support::diarization::{Clip, cache, diarizer, spans};

/// A clip with what the networks heard in it.
struct Known {
    clip: Clip,
    duration: f64,
    heard: Vec<Heard>,
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
        let found = decide(heard, *duration, &DiarizeOptions::default(), settings);
        let errors = der::score(&clip.truth, &spans(&found));
        right += usize::from(found.speakers.len() == clip.speakers());
        words += &format!(" {}:{}/{}:{:.3}", clip.name, found.speakers.len(), clip.speakers(), errors.rate());
        total += errors;
    }
    (total, right, words)
}

/// Values of a setting to try: `NAME=0.1,0.2`, or the one given.
fn values(name: &str, usual: f64) -> Vec<f64> {
    let given = std::env::var(name).unwrap_or_default();
    let numbers: Vec<f64> = given.split(',').filter_map(|number| number.parse().ok()).collect();
    if numbers.is_empty() { vec![usual] } else { numbers }
}

/// `TUNE=conversations/tune THRESHOLD=0.4,0.5 MIN_ON=0,0.1 cargo test --test it tune -- --ignored --nocapture`
#[test]
#[ignore = "a search, not a test"]
#[expect(clippy::print_stdout, reason = "its table is what it is for")]
fn tune() {
    let folder = std::env::var("TUNE").unwrap_or_else(|_| "conversations/tune".into());
    let known = hear(&folder);
    let usual = DiarizeSettings::default();
    for threshold in values("THRESHOLD", usual.cluster.threshold.into()) {
        for min_seconds in values("MIN_SECONDS", usual.cluster.min_seconds.into()) {
            for min_cluster in values("MIN_CLUSTER", usual.cluster.min_cluster_seconds.into()) {
                for min_off in values("MIN_OFF", usual.turns.min_off) {
                    for min_on in values("MIN_ON", usual.turns.min_on) {
                        let mut settings = usual.clone();
                        settings.cluster.threshold = threshold as f32;
                        settings.cluster.min_seconds = min_seconds as f32;
                        settings.cluster.min_cluster_seconds = min_cluster as f32;
                        settings.turns.min_off = min_off;
                        settings.turns.min_on = min_on;
                        let (total, right, words) = rate(&known, &settings);
                        println!(
                            "threshold {threshold} voice {min_seconds} cluster {min_cluster} off {min_off} on {min_on}: \
                             DER {:.4} right {right}/{}{words}",
                            total.rate(),
                            known.len()
                        );
                    }
                }
            }
        }
    }
}

/// The recordings of the table: public clips, then conversations spliced from real readers.
const SETS: [(&str, &str); 2] = [("public", "public clips"), ("conversations/eval", "spliced conversations")];

/// Scores ours and every peer's `REFLECTOR_CACHE/accuracy/der/PEER/CLIP.rttm` and writes the table into docs/ACCURACY.md.
#[test]
#[ignore = "needs the peers' results: `make accuracy`"]
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
            columns[0].1.push(judge(&clip, &spans(&found)));
            for (column, peer) in columns[1..].iter_mut().zip(&peers) {
                column.1.push(judge(&clip, &der::read_rttm(&peer.join(format!("{}.rttm", clip.name)))));
            }
            rows.push((title, format!("{} ({:.0} s, {} speakers)", clip.name, duration, clip.speakers())));
        }
    }
    write_section(&lines(&rows, &columns));
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
fn write_section(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ACCURACY.md");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (begin, end) = ("<!-- der table -->\n", "<!-- end of der table -->");
    let (before, rest) = text.split_once(begin).expect("the marker where the table begins");
    let (_, after) = rest.split_once(end).expect("the marker where the table ends");
    std::fs::write(&path, format!("{before}{begin}{table}{end}{after}"))
        .expect("docs/ACCURACY.md is written");
}
