use super::*;

fn utterance(speaker: &str, start: f64, end: f64, text: &str) -> Utterance {
    Utterance { speaker: speaker.into(), start, end, text: text.into(), words: Vec::new() }
}

fn texts(utterances: Vec<Utterance>, language: &str) -> Vec<String> {
    let meeting = Meeting { language: language.into(), duration: 100.0, utterances };
    units(&meeting).1.into_iter().map(|unit| unit.text).collect()
}

#[test]
fn sentences_end_where_people_stop() {
    let found = texts(
        vec![utterance("A", 0.0, 9.0, "Dr. Smith paid 3.5 million. Did he? J. Doe did! \"Yes.\" Fine")],
        "en",
    );
    assert_eq!(found, ["Dr. Smith paid 3.5 million.", "Did he?", "J. Doe did!", "\"Yes.\"", "Fine"]);
}

#[test]
fn a_sentence_goes_on_in_the_next_utterance() {
    let found = texts(
        vec![
            utterance("A", 0.0, 2.0, "We will ship"),
            utterance("A", 2.1, 4.0, "on Friday. Good."),
            utterance("B", 4.1, 5.0, "And then"),
            utterance("A", 5.1, 6.0, "we rest."),
        ],
        "en",
    );
    assert_eq!(found, ["We will ship on Friday.", "Good.", "And then", "we rest."]);
}

#[test]
fn what_never_ends_is_cut() {
    let long = vec!["word"; 200].join(" ");
    let found = texts(vec![utterance("A", 0.0, 60.0, &long)], "en");
    assert!(found.len() >= 5);
    assert!(found.iter().all(|text| text.split(' ').count() <= LONGEST_SENTENCE));
    assert_eq!(found.join(" "), long);
}

#[test]
fn other_scripts() {
    assert_eq!(texts(vec![utterance("A", 0.0, 9.0, "今日は会議です。次は予算です。")], "ja").len(), 2);
    let language = Language::new("fr", std::iter::empty());
    let found: Vec<String> =
        tokens("L'équipe d’installation", &language).into_iter().map(|token| token.norm).collect();
    assert_eq!(found, ["équipe", "installation"]);
}

#[test]
fn content_words() {
    let language = Language::new("en", std::iter::empty());
    let found: Vec<String> = tokens("We'll test the API of our AI in 2025, okay?", &language)
        .into_iter()
        .filter(|token| token.content)
        .map(|token| token.norm)
        .collect();
    assert_eq!(found, ["test", "api", "ai"]);
}
