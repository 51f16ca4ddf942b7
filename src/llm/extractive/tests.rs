use super::*;
use crate::llm::types::Utterance;

/// Two subjects, ten sentences each, one a six seconds.
fn meeting() -> Meeting {
    let boat = "The harbour needs a new ferry. The ferry to the island is forty years old. Every winter the ferry stays in the harbour. \
        The island depends on the ferry. A new ferry costs nine million. The harbour pays half of the ferry. \
        Passengers to the island wait for hours. The ferry engine broke twice. An electric ferry needs a charging station in the harbour. \
        The island council wants the electric ferry.";
    let bread = "Now the school kitchen. The school kitchen bakes its own bread. Bread from the kitchen is cheap. Children like the bread. \
        The kitchen oven is too small. A bigger oven fits the school kitchen. The NFPA rule asks for a vent above the oven. \
        The baker teaches children to bake bread. Flour prices went up. The school kitchen buys flour from the mill.";
    let utterances = format!("{boat} {bread}")
        .split_inclusive(". ")
        .enumerate()
        .map(|(i, text)| Utterance {
            speaker: format!("Speaker {}", i % 2 + 1),
            start: i as f64 * 6.0,
            end: i as f64 * 6.0 + 5.5,
            text: text.trim().into(),
            words: vec![],
        })
        .collect();
    Meeting { language: "en".into(), duration: 121.0, utterances }
}

#[test]
fn topics_change_where_the_words_change() {
    let topics = topics(&meeting());
    assert_eq!(topics.len(), 2);
    assert_eq!((topics[0].start, topics[0].end, topics[1].end), (0.0, topics[1].start, 121.0));
    assert!((topics[1].start - 60.0).abs() <= 6.0, "{topics:?}");
    assert!(topics[0].title.to_lowercase().contains("ferry"), "{topics:?}");
    assert!(topics[1].title.to_lowercase().contains("kitchen"), "{topics:?}");
}

#[test]
fn short_and_empty_meetings() {
    let none = Meeting { duration: 30.0, ..Meeting::default() };
    assert!(topics(&none).is_empty());
    assert_eq!(title(&none, &[]), "");
    assert_eq!(summarize(&none, &[]), Summary::default());
    let mut one = meeting();
    one.utterances.truncate(1);
    one.duration = 6.0;
    let topics = topics(&one);
    assert_eq!((topics.len(), topics[0].end), (1, 6.0));
    assert!(title(&one, &topics).split(' ').count() >= 2);
}

#[test]
fn strange_times_do_no_harm() {
    let mut strange = meeting();
    strange.utterances[3].start = f64::NAN;
    strange.utterances[4].end = -5.0;
    strange.utterances[5].start = 1e9;
    strange.utterances[6].end = f64::INFINITY;
    let topics = topics(&strange);
    assert_eq!(topics.last().map(|topic| topic.end), Some(121.0));
    assert!(topics.windows(2).all(|pair| pair[0].end == pair[1].start && pair[0].start < pair[0].end));
    assert!(!summarize(&strange, &topics).short.is_empty());
}

#[test]
fn a_title_is_written_as_spoken() {
    let text = "Acronyms like the API matter. We call the API gateway twice. Then the API gateway fails. See sample.wav sample.wav.";
    let utterance = Utterance { text: text.into(), end: 20.0, ..Utterance::default() };
    let meeting = Meeting { language: "en".into(), duration: 20.0, utterances: vec![utterance] };
    let title = title(&meeting, &[]);
    assert!(title.contains("API gateway"), "{title}");
    assert!(!title.contains("wav"));
}

#[test]
fn a_participle_is_no_title() {
    let text = "He was not ill-disposed. To be rather cold is to be ill-disposed. The mailbox is full. A mailbox keeps every message.";
    let utterance = Utterance { text: text.into(), end: 20.0, ..Utterance::default() };
    let meeting = Meeting { language: "en".into(), duration: 20.0, utterances: vec![utterance] };
    let title = title(&meeting, &[]);
    assert!(title.contains("ailbox") && !title.contains("disposed"), "{title}");
}

#[test]
fn other_languages_have_titles_and_summaries() {
    for (language, text) in [
        (
            "de",
            "Die Fähre im Hafen ist alt. Eine neue Fähre kostet neun Millionen. Der Hafen zahlt die Hälfte der neuen Fähre.",
        ),
        (
            "hu",
            "A kikötő régi kompja elromlott. Az új komp kilencmillióba kerül. A kikötő fizeti az új komp felét.",
        ),
        ("ja", "港には新しい船が必要です。新しい船は九百万円です。港が船の半分を払います。"),
        ("zh", "港口需要一艘新渡轮。新渡轮要九百万。港口支付渡轮的一半。"),
        ("ar", "الميناء يحتاج عبارة جديدة. العبارة الجديدة تكلف تسعة ملايين. الميناء يدفع نصف ثمن العبارة."),
    ] {
        let utterance = Utterance { text: text.into(), end: 20.0, ..Utterance::default() };
        let meeting = Meeting { language: language.into(), duration: 20.0, utterances: vec![utterance] };
        let topics = topics(&meeting);
        let title = title(&meeting, &topics);
        assert!(!title.is_empty() && title.chars().count() < 80, "{language}: {title}");
        let summary = summarize(&meeting, &topics);
        assert_eq!((summary.short.len(), summary.long.len()), (2, 1), "{language}: {summary:?}");
    }
}
