//! How long diarization takes, beside the peers: every clip in turn by each, all ready before the first.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use reflector::audio::Cancel;
use reflector::speech::DiarizeOptions;

use crate::support::diarization::{Clip, cache, diarizer};
use crate::write_section;

/// Rounds over all clips; each clip's median counts.
const ROUNDS: usize = 3;
const FOLDER: &str = "conversations/eval";
/// Two people and four; sherpa-onnx needs minutes for each.
const CLIPS: [&str; 2] = ["eval2", "eval6"];

/// A peer that answers each path on its standard input with seconds of wall clock and of processor.
struct Peer {
    name: &'static str,
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    fn start(name: &'static str) -> Self {
        let python = cache().join("peers/diarization/venv/bin/python");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/accuracy/der.py");
        let mut child = Command::new(&python)
            .arg(script)
            .arg(cache())
            .args(["--serve", name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{}: {error}: run scripts/accuracy/setup_der.sh", python.display())
            });
        let (ask, answers) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        Self { name, child, ask, answers: BufReader::new(answers) }
    }

    /// Seconds of wall clock and of processor.
    fn time(&mut self, wav: &Path) -> [f64; 2] {
        writeln!(self.ask, "{}", wav.display()).expect("the peer listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the peer answers");
        let mut numbers = line.split_whitespace().filter_map(|word| word.parse().ok());
        let mut next = || numbers.next().unwrap_or_else(|| panic!("{} said {line:?}", self.name));
        [next(), next()]
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It ended by itself, or is of no use any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Seconds of processor that this process has used.
fn processor() -> f64 {
    // SAFETY: `usage` is plain numbers and outlives the call.
    let usage = unsafe {
        let mut usage = std::mem::zeroed::<libc::rusage>();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

fn ours(clip: &Clip) -> [f64; 2] {
    let (_file, pcm) = clip.pcm();
    let (began, before) = (Instant::now(), processor());
    diarizer()
        .diarize(&pcm, &DiarizeOptions::default(), &Cancel::default(), &mut |_| {})
        .expect("a diarization");
    [began.elapsed().as_secs_f64(), processor() - before]
}

/// Times everybody and writes the table of docs/ACCURACY.md.
pub fn table() {
    let mut peers = [Peer::start("senko"), Peer::start("sherpa-onnx")];
    let warm = Clip::read(&cache().join("samples/public/sample.wav"));
    ours(&warm);
    for peer in &mut peers {
        peer.time(&cache().join("samples/public/sample.wav"));
    }
    let read = |name| Clip::read(&cache().join("samples").join(FOLDER).join(format!("{name}.wav")));
    let clips: Vec<Clip> = CLIPS.iter().map(read).collect();
    let mut times: Vec<Vec<Vec<[f64; 2]>>> = vec![vec![Vec::new(); clips.len()]; 1 + peers.len()];
    let mut audio = 0.0;
    for _ in 0..ROUNDS {
        for (index, clip) in clips.iter().enumerate() {
            let wav = cache().join("samples").join(FOLDER).join(format!("{}.wav", clip.name));
            times[0][index].push(ours(clip));
            for (times, peer) in times[1..].iter_mut().zip(&mut peers) {
                times[index].push(peer.time(&wav));
            }
            println!("{}: {:.1?}", clip.name, times.iter().map(|one| one[index].last()).collect::<Vec<_>>());
        }
    }
    clips.iter().for_each(|clip| audio += clip.samples.len() as f64 / 16_000.0);
    let sum = |times: &[Vec<[f64; 2]>], what: usize| -> f64 {
        times.iter().map(|rounds| median(rounds.iter().map(|round| round[what]).collect())).sum()
    };
    let names = ["Reflector", "senko", "sherpa-onnx"];
    let mut text = String::from(
        "| program | times faster than real time | processor seconds per second of sound |\n| --- | --- | --- |\n",
    );
    for (name, times) in names.iter().zip(&times) {
        text += &format!("| {name} | {:.1} | {:.3} |\n", audio / sum(times, 0), sum(times, 1) / audio);
    }
    print!("{text}");
    write_section("diarization speed", &text);
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
