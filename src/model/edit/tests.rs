use super::*;
use crate::model::segment::Word;

/// One word a second.
pub(super) fn segment(idx: i32, start: f64, speaker: i32, text: &str) -> Segment {
    let words: Vec<Word> = text
        .split(' ')
        .enumerate()
        .map(|(n, word)| Word {
            text: format!(" {word}"),
            start: start + n as f64,
            end: start + n as f64 + 0.9,
            probability: 0.9,
        })
        .collect();
    let end = start + words.len() as f64;
    Segment { idx, start, end, speaker: Some(speaker), text: format!(" {text}"), words, channel: 0 }
}

fn words(words: &[(&str, f64)]) -> Words {
    Words {
        text: words.iter().map(|(text, _)| (*text).to_owned()).collect(),
        start: words.iter().map(|(_, start)| *start).collect(),
        at: Vec::new(),
    }
}

fn assign(speaker: i32, meant: &[(&str, f64)]) -> Change {
    Change::Assign { speaker, words: words(meant) }
}

/// The text with these changes, as if they had been made on another version of it.
fn apply(machine: Vec<Segment>, changes: &[Change]) -> Vec<Segment> {
    let mut layer = Layer::new(machine);
    for change in changes {
        layer.apply(change, false);
    }
    layer.shown()
}

fn shown(segments: &[Segment]) -> Vec<(i32, Option<i32>, &str)> {
    segments.iter().map(|one| (one.idx, one.speaker, one.text.as_str())).collect()
}

fn texts(layer: &Layer) -> Vec<String> {
    layer.shown().into_iter().map(|one| one.text).collect()
}

/// Writes a segment anew, on the text that it is.
fn write(layer: &mut Layer, piece: usize, text: &str) -> Option<Change> {
    let change = layer.write(&layer.pieces()[piece], text);
    if let Some(change) = &change {
        let outcome = layer.apply(change, true);
        assert_eq!(outcome.found, outcome.of, "{change:?}");
    }
    change
}

#[test]
fn a_segment_is_cut_where_the_speaker_changes() {
    let talk = vec![segment(0, 0.0, 0, "yes we do no"), segment(1, 10.0, 1, "fine")];
    let fixed = apply(talk, &[assign(1, &[(" no", 3.0)])]);
    assert_eq!(shown(&fixed), [(0, Some(0), " yes we do"), (1, Some(1), " no"), (2, Some(1), " fine")]);
    assert_eq!((fixed[0].start, fixed[0].end, fixed[1].start, fixed[1].end), (0.0, 2.9, 3.0, 4.0));
}

#[test]
fn words_are_found_again_when_times_and_punctuation_moved_and_only_then() {
    let later = vec![segment(0, 0.4, 0, "Yes, we do. Oh no!")];
    let edits = [assign(1, &[(" we", 1.0), (" do", 2.0), (" no", 9.0), (" gone", 3.0)])];
    let fixed = apply(later, &edits);
    assert_eq!(shown(&fixed), [(0, Some(0), " Yes,"), (1, Some(1), " we do."), (2, Some(0), " Oh no!")]);
}

#[test]
fn a_word_that_is_said_twice_is_one_word() {
    let talk = vec![segment(0, 0.0, 0, "no no no")];
    let fixed = apply(talk, &[assign(2, &[(" no", 1.0)])]);
    assert_eq!(shown(&fixed), [(0, Some(0), " no"), (1, Some(2), " no"), (2, Some(0), " no")]);
}

#[test]
fn a_merged_voice_stays_merged_under_another_number_and_with_other_words() {
    let words = words(&[(" we", 10.0), (" cut", 11.0), (" it", 12.0)]);
    let merge = Change::Merge { speaker: 0, words, moved: None };
    let talk = || vec![segment(0, 0.0, 0, "morning"), segment(1, 10.0, 2, "we cut it")];
    assert!(apply(talk(), std::slice::from_ref(&merge)).iter().all(|one| one.speaker == Some(0)));
    let again =
        vec![segment(0, 0.0, 0, "morning"), segment(1, 5.0, 3, "hello"), segment(2, 10.0, 1, "we cut grass")];
    let voices: Vec<_> = apply(again, &[merge]).iter().map(|one| one.speaker).collect();
    assert_eq!(voices, [Some(0), Some(3), Some(0)]);
}

#[test]
fn later_changes_win_and_a_segment_without_words_is_one() {
    let mut bare = segment(0, 0.0, 0, "all of it");
    bare.words.clear();
    let edits = [assign(1, &[(" all of it", 0.0)]), assign(4, &[(" all of it", 0.0)])];
    assert_eq!(shown(&apply(vec![bare.clone()], &edits)), [(0, Some(4), " all of it")]);

    let mut layer = Layer::new(vec![bare]);
    write(&mut layer, 0, "none of it");
    let shown = layer.shown();
    assert_eq!((shown[0].text.as_str(), shown[0].words.len(), shown[0].end), (" none of it", 0, 3.0));
    assert_eq!(layer.split(&layer.pieces()[0], 1).unwrap_err(), Refusal::NoWord);
    assert_eq!(layer.write_word(&layer.pieces()[0], 0, "x").unwrap_err(), Refusal::NoWord);
}

#[test]
fn words_that_stay_keep_their_times_and_others_share_those_of_the_words_they_replace() {
    let mut layer = Layer::new(vec![segment(0, 0.0, 0, "let us beginn now")]);
    let change = write(&mut layer, 0, " let  us\nbegin right now!").unwrap();
    let Change::Text { runs } = &change else { panic!("{change:?}") };
    assert_eq!(runs.len(), 1, "{runs:?}");
    let words = &layer.shown()[0].words;
    let said: Vec<(&str, f64, f64)> = words
        .iter()
        .map(|word| (word.text.as_str(), word.start, (word.end * 100.0).round() / 100.0))
        .collect();
    assert_eq!(said[0], (" let", 0.0, 0.9));
    assert_eq!(said[1], (" us", 1.0, 1.9));
    assert_eq!((said[2].0, said[2].1), (" begin", 2.0));
    assert_eq!((said[4].0, said[4].2), (" now!", 3.9));
    assert!(words.windows(2).all(|two| two[0].end <= two[1].start + 1e-9), "{said:?}");
    assert_eq!(layer.shown()[0].text, " let us begin right now!");
    assert!(write(&mut layer, 0, "let us begin right now!").is_none(), "it reads so already");
}

#[test]
fn marks_belong_to_their_word_and_words_are_added_beside_one_that_stays() {
    for (from, to, runs) in [
        ("we cut it", "we cut it.", 1),
        ("we cut it", "We cut it", 1),
        ("we cut it", "but we cut it", 1),
        ("cut", "we cut it", 1),
        ("we cut it", "we cut it all", 1),
        ("we cut it", "(we) really cut it", 1),
        ("we cut it", "we it", 1),
        ("we cut it", "", 1),
        ("we cut it now", "you cut it later", 2),
        ("used by us", "us by used", 2),
    ] {
        let mut layer = Layer::new(vec![segment(0, 0.0, 0, from), segment(1, 9.0, 0, "end")]);
        let change = write(&mut layer, 0, to).unwrap();
        let Change::Text { runs: made } = &change else { panic!("{change:?}") };
        assert_eq!(made.len(), runs, "{from} -> {to}: {made:?}");
        let wanted = if to.is_empty() { vec![] } else { vec![format!(" {to}")] };
        let wanted: Vec<String> = wanted.into_iter().chain([" end".into()]).collect();
        assert_eq!(texts(&layer), wanted, "{from} -> {to}");
        // A segment without words can be written in again.
        write(&mut layer, 0, "here again");
        assert_eq!(texts(&layer)[0], " here again");
    }
}

#[test]
fn signs_without_spaces_are_words() {
    let mut heard = segment(0, 0.0, 0, "x");
    let word = |text: &str, start: f64| Word { text: text.into(), start, end: start + 0.5, probability: 0.5 };
    heard.words = vec![word("今天", 0.0), word("的", 1.0), word("会议", 2.0)];
    heard.text = "今天的会议".into();
    let mut layer = Layer::new(vec![heard]);
    write(&mut layer, 0, "明天的会议");
    let said: Vec<_> = layer.shown()[0].words.iter().map(|word| (word.text.clone(), word.start)).collect();
    assert_eq!(texts(&layer), ["明天的会议"]);
    assert_eq!(said[said.len() - 2..], [("的".to_owned(), 1.0), ("会议".to_owned(), 2.0)]);
}

#[test]
fn segments_are_cut_and_joined_by_people() {
    let mut layer = Layer::new(vec![segment(0, 0.0, 0, "a b c"), segment(1, 5.0, 1, "d e")]);
    let cut = layer.split(&layer.pieces()[0], 2).unwrap();
    layer.apply(&cut, true);
    assert_eq!(texts(&layer), [" a b", " c", " d e"]);
    let shown = layer.shown();
    assert_eq!((shown[0].end, shown[1].start, shown[1].end), (1.9, 2.0, 3.0));
    let pieces = layer.pieces();
    let joined = layer.join(&pieces[1], pieces.get(2)).unwrap();
    layer.apply(&joined, true);
    let shown = layer.shown();
    assert_eq!(texts(&layer), [" a b", " c d e"]);
    assert_eq!(
        (shown[1].speaker, shown[1].start, shown[1].end, shown[1].words.len()),
        (Some(0), 2.0, 7.0, 3)
    );
    assert_eq!(layer.join(&layer.pieces()[1], None).unwrap_err(), Refusal::NothingFollows);
    assert_eq!(layer.split(&layer.pieces()[0], 0).unwrap_err(), Refusal::FirstWord);
    assert_eq!(layer.split(&layer.pieces()[0], 2).unwrap_err(), Refusal::NoWord);
    let mut other = segment(1, 5.0, 1, "d e");
    other.channel = 1;
    let layer = Layer::new(vec![segment(0, 0.0, 0, "a b c"), other]);
    let pieces = layer.pieces();
    assert_eq!(layer.join(&pieces[0], pieces.get(1)).unwrap_err(), Refusal::OtherChannel);
}

#[test]
fn the_machines_words_come_back() {
    let talk = || vec![segment(0, 0.0, 0, "a b c d"), segment(1, 5.0, 1, "e f")];
    let mut layer = Layer::new(talk());
    write(&mut layer, 0, "a x y z d");
    write(&mut layer, 1, "e");
    assert_eq!(layer.machine_text(&layer.pieces()[0]), " a b c d");
    let restore = layer.restore(&layer.pieces()[0]).unwrap();
    layer.apply(&restore, true);
    assert_eq!(texts(&layer), [" a b c d", " e"]);
    assert!(layer.restore(&layer.pieces()[0]).is_none());
    let cut = layer.split(&layer.pieces()[0], 1).unwrap();
    layer.apply(&cut, true);
    let all = layer.restore_all().unwrap();
    layer.apply(&all, true);
    assert_eq!(layer.shown(), talk());
    assert!(layer.restore_all().is_none());
}

#[test]
fn words_are_replaced_everywhere_at_once() {
    let mut layer =
        Layer::new(vec![segment(0, 0.0, 0, "the data base is a database"), segment(1, 9.0, 0, "base")]);
    let find = regex::Regex::new("data base").unwrap();
    let replaced = layer.replace_all(&find, "database", None).unwrap();
    assert_eq!(replaced.places, 1);
    layer.apply(&replaced.change.unwrap(), true);
    assert_eq!(texts(&layer), [" the database is a database", " base"]);
    let again = layer.replace_all(&find, "database", None).unwrap();
    assert_eq!(again, Replaced { change: None, places: 0 });
    let dollar = layer.replace_all(&regex::Regex::new("base").unwrap(), "$0 $1", None).unwrap();
    assert_eq!(dollar.places, 3);
    layer.apply(&dollar.change.unwrap(), true);
    assert_eq!(texts(&layer), [" the data$0 $1 is a data$0 $1", " $0 $1"]);
}

#[test]
fn changes_survive_a_new_run_where_the_words_match() {
    let mut layer =
        Layer::new(vec![segment(0, 0.0, 0, "let us beginn now"), segment(1, 10.0, 1, "all off it")]);
    let changes =
        [write(&mut layer, 0, "let us all begin today").unwrap(), write(&mut layer, 1, "all of it").unwrap()];
    // Later by 0.3 s, cut otherwise, "now" heard as another word.
    let again = || {
        vec![
            segment(0, 0.3, 0, "Let us"),
            segment(1, 2.3, 0, "beginn noun"),
            segment(2, 10.3, 1, "All of it."),
        ]
    };
    let mut layer = Layer::new(again());
    let outcomes: Vec<Outcome> = changes.iter().map(|change| layer.apply(change, false)).collect();
    assert_eq!(outcomes[1], Outcome { found: 1, of: 1 }, "the machine hears it right by now");
    assert_eq!(texts(&layer).last().unwrap(), " All of it.");
    // "beginn now" is no longer said.
    assert!(texts(&layer).concat().contains("beginn noun"), "{:?}", texts(&layer));
    assert!(outcomes[0].found < outcomes[0].of, "{outcomes:?}");

    // What a person added is not added twice.
    let added = Change::Text {
        runs: vec![Run { old: words(&[(" us", 1.0)]), new: vec![" us".into(), " all".into()] }],
    };
    assert_eq!(
        apply(vec![segment(0, 0.0, 0, "let us all go")], std::slice::from_ref(&added))[0].text,
        " let us all go"
    );
    assert_eq!(apply(vec![segment(0, 0.0, 0, "let us go")], &[added])[0].text, " let us all go");
}

#[test]
fn undo_and_redo_are_part_of_the_log() {
    let edit = |revision: i32, change: Change| Edit {
        revision,
        change,
        output: None,
        user: None,
        created_at: crate::clock::now(),
    };
    let (one, two) = (assign(1, &[]), assign(2, &[]));
    let mut log = vec![edit(1, one.clone()), edit(2, two), edit(3, Change::Undo), edit(4, Change::Undo)];
    assert_eq!(Standing::of(&log), Standing { applied: vec![], undone: vec![1, 0] });
    log.push(edit(5, Change::Redo));
    assert_eq!(Standing::of(&log), Standing { applied: vec![0], undone: vec![1] });
    log.push(edit(6, one));
    assert_eq!(Standing::of(&log), Standing { applied: vec![0, 5], undone: vec![] });
    log.push(edit(7, Change::Redo));
    assert_eq!(Standing::of(&log).applied, [0, 5], "there is nothing to redo");
}

#[test]
fn a_revision_is_two_numbers() {
    let revision = Revision { version: 3, edit: 12 };
    assert_eq!("3.12".parse(), Ok(revision));
    assert_eq!(revision.to_string(), "3.12");
    for wrong in ["", "3", "3.", ".1", "3.1.2", "-1.2", "+1.2", "99999999999.1"] {
        assert!(wrong.parse::<Revision>().is_err(), "{wrong}");
    }
}
