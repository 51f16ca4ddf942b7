//! Understanding: a scripted server for the exact cases, a real one for the wire, real text for extraction.
use std::collections::HashSet;
use std::time::{Duration, Instant};

use reflector::llm::{LlmError, LlmSettings, Meeting, Topic, Understanding, Utterance};
use serde_json::{Value, json};

use crate::support::llm_server::{LlamaServer, Reply, Request, ScriptedServer};

const ALLOTMENT: &str = include_str!("fixtures/allotment.txt");

/// A text with a line `Name: words` an utterance, at 0.35 s a word.
fn meeting(text: &str, language: &str) -> Meeting {
    let mut at = 0.0;
    let utterances = text.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let (speaker, words) = line.split_once(": ").expect("a speaker");
        let start = at;
        let end = start + words.split_whitespace().count() as f64 * 0.35;
        at = end + 0.3;
        Utterance { speaker: speaker.into(), start, end, text: words.into(), words: vec![] }
    });
    let utterances: Vec<Utterance> = utterances.collect();
    Meeting { language: language.into(), duration: at, utterances }
}

fn settings(url: &str) -> LlmSettings {
    LlmSettings {
        url: Some(url.to_owned()),
        api_key: Some("secret-key-123".into()),
        model: Some("scripted-1".into()),
        context_window: 8192,
        timeout: Duration::from_secs(20),
        backoff: Duration::from_millis(5),
        stream: true,
        ..LlmSettings::default()
    }
}

fn model(server: &ScriptedServer) -> Understanding {
    Understanding::from_settings(settings(&server.url)).expect("settings")
}

fn one_topic(meeting: &Meeting) -> Vec<Topic> {
    vec![Topic {
        title: "Garden".into(),
        summary: "All about the garden.".into(),
        start: 0.0,
        end: meeting.duration,
    }]
}

/// Asks for a title, which takes one good answer.
async fn title_of(server: &ScriptedServer) -> Result<String, LlmError> {
    let meeting = meeting(ALLOTMENT, "en");
    model(server).title(&meeting, &one_topic(&meeting)).await
}

/// A title after whatever `bad` makes of the first request; asserts that there were two.
async fn second_time_good(bad: impl Fn() -> Reply + Send + Sync + 'static) -> ScriptedServer {
    let server = ScriptedServer::start(move |number, _| match number {
        0 => bad(),
        _ => Reply::Stream(r#"{"title": "Steel tank and NixOS"}"#.into()),
    })
    .await;
    assert_eq!(title_of(&server).await.expect("title"), "Steel tank and NixOS");
    assert_eq!(server.seen().len(), 2);
    server
}

/// A model that does what it is asked, in the simplest way: one topic a piece, a sentence that cites a line.
fn willing(request: &Request) -> Reply {
    let lines = request.lines();
    let prompt = request.prompt();
    let answer = if prompt.contains("first_line") {
        json!({"topics": [
            {"first_line": 1, "title": "The first half", "summary": "It begins."},
            {"first_line": lines / 2 + 1, "title": "The second half", "summary": "It ends."}]})
    } else if prompt.contains("next_steps") {
        json!({"sentences": [{"text": "The steel tank was chosen.", "lines": [1]}, {"text": "Qwerty.", "lines": []}],
            "decisions": [], "next_steps": [{"text": "Order the tank.", "who": "ben", "deadline": "", "lines": [lines]}]})
    } else if prompt.contains("sentences") {
        json!({"sentences": [{"text": "It was about a steel tank.", "lines": [1]}]})
    } else {
        json!({"title": "A garden"})
    };
    Reply::Stream(answer.to_string())
}

#[tokio::test]
async fn request_has_model_key_language_and_schema() {
    let server = ScriptedServer::start(|_, request| willing(request)).await;
    let understanding = model(&server);
    assert_eq!(understanding.method(), "scripted-1");
    let meeting = meeting(ALLOTMENT, "de");
    let topics = understanding.topics(&meeting).await.expect("topics");
    let seen = server.seen();
    assert_eq!(seen[0].headers["authorization"], "Bearer secret-key-123");
    assert_eq!(seen[0].body["model"], "scripted-1");
    assert_eq!(seen[0].body["response_format"]["json_schema"]["name"], "topics");
    assert!(seen[0].prompt().contains("Write in German"));
    // Every word of the meeting is in the prompt.
    assert!(seen[0].prompt().contains("mind the step on your way out"));
    assert_eq!((topics[0].start, topics.last().map(|topic| topic.end)), (0.0, Some(meeting.duration)));
    assert!(topics.windows(2).all(|pair| pair[0].end == pair[1].start && pair[0].end > pair[0].start));
}

#[tokio::test]
async fn citations_become_times() {
    let text = "Anna: We buy the steel tank for the greenhouse, it lasts for thirty years and needs no paint at all.\n\
        Ben: The music festival takes place on the second Saturday of July, with two stalls and the school band.\n\
        Carla: Ben, please order everything by Friday, and tell me when the bill arrives in the mail.";
    let meeting = meeting(text, "en");
    let server = ScriptedServer::start(|number, _| {
        Reply::Stream(if number == 0 {
            json!({"sentences": [
                {"text": "A tank of steel is bought.", "lines": [1]},
                {"text": "The school band plays at the festival.", "lines": [99]},
                {"text": "Nobody ever mentioned zebras.", "lines": []}],
                "decisions": [{"text": "Buy the steel tank.", "by": "Zoe", "reason": "It lasts.", "lines": [1]}],
                "next_steps": [{"text": "Order everything.", "who": "ben", "deadline": "Friday", "lines": [3]}]})
            .to_string()
        } else {
            json!({"sentences": [{"text": "Steel tank and festival.", "lines": [1, 2]}]}).to_string()
        })
    })
    .await;
    let summary = model(&server).summarize(&meeting, &one_topic(&meeting)).await.expect("summary");
    let span = |i: usize| (meeting.utterances[i].start, meeting.utterances[i].end);
    let long: Vec<(f64, f64)> = summary.long[0].sentences.iter().map(|s| (s.start, s.end)).collect();
    // The second had a citation that does not exist and got the best match; the third rests on nothing.
    assert_eq!(long, [span(0), span(1)]);
    assert_eq!(summary.short.len(), 1);
    assert_eq!(summary.short[0].start, span(0).0);
    // Zoe was never heard of.
    assert_eq!(summary.decisions[0].assignee, None);
    assert_eq!(summary.decisions[0].context.as_deref(), Some("It lasts."));
    assert_eq!(summary.next_steps[0].assignee.as_deref(), Some("Ben"));
    assert_eq!((summary.next_steps[0].start, summary.next_steps[0].end), span(2));
}

#[tokio::test]
async fn invalid_json_is_asked_for_again() {
    let server = second_time_good(|| Reply::Stream("I'd call it a garden meeting.".into())).await;
    let again = server.seen()[1].prompt();
    assert!(again.contains("I'd call it a garden meeting.") && again.contains("held no JSON"));
}

#[tokio::test]
async fn invalid_json_twice_is_asked_for_a_third_time_and_a_french_meeting_is_summed_up_in_french() {
    let server = ScriptedServer::start(|number, _| {
        Reply::Stream(match number {
            0 => "Un titre : la cuve".into(),
            1 => "Je ne sais pas.".into(),
            _ => r#"{"title": "Cuve en acier pour la serre"}"#.into(),
        })
    })
    .await;
    let text = "Anna: Nous achetons la cuve d’acier pour la serre, elle tiendra trente ans.\n\
        Benoît: Je la commande avant vendredi, et je vous dis quand la facture arrive.";
    let meeting = meeting(text, "fr-FR");
    let title = model(&server).title(&meeting, &one_topic(&meeting)).await.expect("a title");
    assert_eq!(title, "Cuve en acier pour la serre");
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|request| request.prompt().contains("Write in French")));
    // Each time it is told what was wrong with its last answer alone.
    assert!(seen[1].prompt().contains("Un titre : la cuve") && seen[1].prompt().contains("held no JSON"));
    let last = seen[2].prompt();
    assert!(last.contains("Je ne sais pas.") && !last.contains("Un titre"), "{last}");
}

#[tokio::test]
async fn schema_violation_is_explained() {
    let server = second_time_good(|| Reply::Text(r#"{"name": "Garden"}"#.into())).await;
    assert!(server.seen()[1].prompt().contains("answer.title is missing"));
}

#[tokio::test]
async fn a_file_name_is_no_title() {
    second_time_good(|| Reply::Text(r#"{"title": "meeting_2024.wav"}"#.into())).await;
}

#[tokio::test]
async fn cut_stream_short_body_and_silence_are_repeated() {
    second_time_good(|| Reply::CutStream(r#"{"title": "Half of a title"}"#.into())).await;
    second_time_good(|| Reply::ShortBody(r#"{"title": "Half of a title"}"#.into())).await;
    let server = ScriptedServer::start(|number, _| match number {
        0 => Reply::Silence(Duration::from_secs(60)),
        _ => Reply::Stream(r#"{"title": "Late"}"#.into()),
    })
    .await;
    let impatient = LlmSettings { timeout: Duration::from_secs(1), ..settings(&server.url) };
    let meeting = meeting(ALLOTMENT, "en");
    let understanding = Understanding::from_settings(impatient).expect("settings");
    assert_eq!(understanding.title(&meeting, &one_topic(&meeting)).await.expect("title"), "Late");
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let body = json!({"error": {"message": "slow down"}});
    let started = Instant::now();
    second_time_good(move || Reply::Status(429, vec![("retry-after", "1")], body.clone())).await;
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn errors_are_repeated_and_then_told() {
    second_time_good(|| Reply::Status(503, vec![], json!({}))).await;
    let server = ScriptedServer::start(|_, _| Reply::Status(500, vec![], json!({}))).await;
    let error = title_of(&server).await.expect_err("always 500");
    assert!(matches!(error, LlmError::Overloaded { status: 500, attempts: 5, .. }), "{error}");
    assert!(error.is_transient());
    assert_eq!(server.seen().len(), 5);

    let server = ScriptedServer::start(|_, _| {
        Reply::Status(401, vec![], json!({"error": {"message": "bad key secret-key-123"}}))
    })
    .await;
    let error = title_of(&server).await.expect_err("always 401");
    assert!(!error.is_transient() && !error.to_string().contains("secret-key-123"), "{error}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn no_server_and_wrong_settings() {
    let free =
        tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port").local_addr().expect("address");
    let understanding = Understanding::from_settings(settings(&format!("http://{free}"))).expect("settings");
    let meeting = meeting(ALLOTMENT, "en");
    let error = understanding.topics(&meeting).await.expect_err("nobody listens");
    assert!(matches!(error, LlmError::Unavailable(_)) && error.is_transient(), "{error}");

    let nameless = LlmSettings { model: None, ..settings("http://localhost") };
    assert!(matches!(Understanding::from_settings(nameless), Err(LlmError::Settings(_))));
    assert!(!format!("{:?}", settings("http://localhost")).contains("secret-key-123"));
}

#[tokio::test]
async fn a_model_that_never_gets_it_right() {
    let server = ScriptedServer::start(|_, _| Reply::Stream("no".into())).await;
    let error = title_of(&server).await.expect_err("never JSON");
    assert!(matches!(error, LlmError::BadAnswer { attempts: 4, .. }), "{error}");
}

#[tokio::test]
async fn fences_reasoning_and_half_answers_are_mended() {
    for text in [
        "```json\n{\"title\": \"Mended\",}\n```",
        "<think>A {\"title\": \"thought\"}?</think>Here: {\"title\": \"Mended\"}",
        "{\"title\": \"Mended",
    ] {
        let server = ScriptedServer::start(move |_, _| Reply::Stream(text.into())).await;
        assert_eq!(title_of(&server).await.expect("title"), "Mended", "{text}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_long_thinker_gets_more_tokens() {
    let server = ScriptedServer::start(|number, _| match number {
        0 => Reply::Choice(
            json!({"message": {"content": "", "reasoning_content": "so long"}, "finish_reason": "length"}),
        ),
        _ => Reply::Stream(r#"{"title": "Thought out"}"#.into()),
    })
    .await;
    assert_eq!(title_of(&server).await.expect("title"), "Thought out");
    let tokens: Vec<u64> =
        server.seen().iter().map(|r| r.body["max_tokens"].as_u64().expect("limit")).collect();
    assert_eq!(tokens[1], 2 * tokens[0]);
}

#[tokio::test]
async fn server_without_schemas_gets_a_tool_or_plain_text() {
    let refuse = || Reply::Status(400, vec![], json!({"error": {"message": "unknown field"}}));
    let call = || {
        json!({"message": {"content": null, "tool_calls": [{"type": "function", "function":
        {"name": "title", "arguments": "{\"title\": \"By tool\"}"}}]}, "finish_reason": "tool_calls"})
    };
    let server = ScriptedServer::start(move |_, request| match request.body.get("tools") {
        Some(_) => Reply::Choice(call()),
        None => refuse(),
    })
    .await;
    let understanding = model(&server);
    let meeting = meeting(ALLOTMENT, "en");
    for _ in 0..2 {
        let title = understanding.title(&meeting, &one_topic(&meeting)).await.expect("title");
        assert_eq!(title, "By tool");
    }
    // It was refused once only: what the server understands is remembered.
    assert_eq!(server.seen().len(), 3);

    let plain = ScriptedServer::start(move |_, request| {
        let extra = ["tools", "response_format"].iter().any(|key| request.body.get(key).is_some());
        if extra { refuse() } else { Reply::Text("{\"title\": \"By prompt\"}".into()) }
    })
    .await;
    assert_eq!(title_of(&plain).await.expect("title"), "By prompt");
}

#[tokio::test]
async fn newer_parameter_names() {
    let server = ScriptedServer::start(|_, request| {
        if request.body.get("max_tokens").is_some() {
            let message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.";
            return Reply::Status(400, vec![], json!({"error": {"message": message}}));
        }
        Reply::Stream("{\"title\": \"New names\"}".into())
    })
    .await;
    assert_eq!(title_of(&server).await.expect("title"), "New names");
    assert!(server.seen()[1].body.get("response_format").is_some());
}

/// A tokenizer's count, from below: words and marks. Ours is a careful estimate from above.
fn real_tokens(request: &Request) -> usize {
    let prompt = request.prompt();
    let words = prompt.split_whitespace().count();
    words.max(prompt.len() / 4) + request.body["max_tokens"].as_u64().expect("limit") as usize
}

#[tokio::test]
async fn any_window_is_kept_to() {
    let long = [ALLOTMENT; 6].concat();
    let meeting = meeting(&long, "en");
    for window in [1024, 2048, 16_000] {
        let server = ScriptedServer::start(|_, request| willing(request)).await;
        let small = LlmSettings { context_window: window, ..settings(&server.url) };
        let understanding = Understanding::from_settings(small).expect("settings");
        let topics = understanding.topics(&meeting).await.expect("topics");
        let asked = server.seen().len();
        assert!(asked > 1 || window == 16_000);
        let title = understanding.title(&meeting, &topics).await.expect("title");
        let summary = understanding.summarize(&meeting, &topics).await.expect("summary");
        assert_eq!(title, "A garden");
        assert_eq!(summary.long.len(), topics.len());
        assert!(!summary.short.is_empty());
        for request in server.seen() {
            assert!(real_tokens(&request) <= window, "{} of {window}", real_tokens(&request));
        }
        let shown: usize = server.seen()[..asked].iter().map(|request| request.lines()).sum();
        let least = long.lines().count();
        assert!(shown >= least, "{shown} lines were shown of at least {least}");
    }
}

#[tokio::test]
async fn a_window_set_too_large_shrinks() {
    let meeting = meeting(&[ALLOTMENT; 6].concat(), "en");
    let server = ScriptedServer::start(|_, request| {
        if real_tokens(request) > 4096 {
            let message = "This model's maximum context length is 4096 tokens.";
            return Reply::Status(400, vec![], json!({"error": {"message": message}}));
        }
        willing(request)
    })
    .await;
    let large = LlmSettings { context_window: 32_000, ..settings(&server.url) };
    let understanding = Understanding::from_settings(large).expect("settings");
    assert!(understanding.topics(&meeting).await.expect("topics").len() >= 4);
}

/// Words of four letters and more: content, near enough.
fn words(text: &str) -> HashSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= 4);
    words.map(str::to_lowercase).collect()
}

/// What was said between two times, by utterances' own times and even speed.
fn said(meeting: &Meeting, start: f64, end: f64) -> HashSet<String> {
    let mut found = HashSet::new();
    for utterance in &meeting.utterances {
        let spoken: Vec<&str> = utterance.text.split_whitespace().collect();
        let step = (utterance.end - utterance.start) / spoken.len() as f64;
        for (i, word) in spoken.iter().enumerate() {
            let at = utterance.start + (i as f64 + 0.5) * step;
            if at >= start && at <= end {
                found.extend(words(word));
            }
        }
    }
    found
}

#[tokio::test]
async fn extraction_is_whole_and_rests_on_the_audio() {
    let understanding = Understanding::from_settings(LlmSettings::default()).expect("settings");
    assert_eq!(understanding.method(), "extractive");
    let meeting = meeting(ALLOTMENT, "en");
    let topics = understanding.topics(&meeting).await.expect("topics");
    assert!((2..=4).contains(&topics.len()), "{topics:?}");
    assert_eq!((topics[0].start, topics.last().map(|topic| topic.end)), (0.0, Some(meeting.duration)));
    assert!(topics.windows(2).all(|pair| pair[0].end == pair[1].start && pair[0].end > pair[0].start));
    let titles: HashSet<&str> = topics.iter().map(|topic| topic.title.as_str()).collect();
    assert_eq!(titles.len(), topics.len());

    let title = understanding.title(&meeting, &topics).await.expect("title");
    assert!(words(&title).intersection(&words(ALLOTMENT)).count() >= 2, "{title}");
    assert!(title.split(' ').count() <= 10 && title.starts_with(char::is_uppercase), "{title}");

    let summary = understanding.summarize(&meeting, &topics).await.expect("summary");
    assert!((2..=4).contains(&summary.short.len()));
    assert_eq!(summary.long.len(), topics.len());
    let sentences = summary.short.iter().chain(summary.long.iter().flat_map(|section| &section.sentences));
    for sentence in sentences {
        let content = words(&sentence.text);
        let said = said(&meeting, sentence.start, sentence.end);
        let share = content.intersection(&said).count() as f64 / content.len() as f64;
        assert!(share > 0.8, "{share} of {sentence:?}");
        assert!(sentence.end - sentence.start < 25.0);
    }
    assert!(summary.short.windows(2).all(|pair| pair[0].start <= pair[1].start));
    assert_eq!(summary.decisions.len(), 2, "{:?}", summary.decisions);
    let people: HashSet<&str> =
        summary.next_steps.iter().filter_map(|step| step.assignee.as_deref()).collect();
    assert_eq!(people, HashSet::from(["Ben", "Dev"]));
}

/// The wire with llama.cpp's own server. Its small model writes nonsense, but the schema makes it JSON: what comes is a title, or an
/// error that says what was wrong with it.
#[tokio::test]
async fn llama_cpp_speaks_this_protocol() {
    let server = tokio::task::spawn_blocking(LlamaServer::start).await.expect("started");
    let text = "Anna: We should ship the release on Friday.\nBen: I will test the installer on Thursday.";
    let meeting = meeting(text, "en");
    for stream in [true, false] {
        let settings = LlmSettings {
            model: Some("gemma-3-270m".into()),
            context_window: 1024,
            timeout: Duration::from_secs(180),
            stream,
            ..settings(&server.url)
        };
        let understanding = Understanding::from_settings(settings).expect("settings");
        // The shortest of the questions: on a busy machine a token may take a second.
        match understanding.title(&meeting, &one_topic(&meeting)).await {
            Ok(title) => assert!(!title.is_empty()),
            Err(error) => assert!(matches!(error, LlmError::BadAnswer { .. }), "{error}"),
        }
    }
    // The server itself confirms that the schema was understood: its answer to the same form is JSON of that shape.
    let body = json!({"model": "gemma", "max_tokens": 400, "temperature": 0, "messages":
        [{"role": "user", "content": "Name the topic of: We should ship the release on Friday."}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "t", "schema": {"type": "object",
            "properties": {"title": {"type": "string", "maxLength": 40}}, "required": ["title"],
            "additionalProperties": false}}}});
    let client =
        reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(180)).build().expect("client");
    let answer: Value = client
        .post(format!("{}/chat/completions", server.url))
        .json(&body)
        .send()
        .await
        .expect("answer")
        .json()
        .await
        .expect("JSON");
    let text = answer["choices"][0]["message"]["content"].as_str().expect("content");
    let value: Value =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("the schema holds: {error}: {text:?}"));
    assert!(value["title"].is_string());
}
