//! Transcripts as DOCX and PDF: read back by other programs, in every script, whatever the text holds.

use std::path::{Path, PathBuf};
use std::process::Command;

use reflector::export::{self, Document, Line, Sentence, Topic, pdf};
use reflector::fonts::Fonts;
use serde_json::{Value, json};

use crate::support::long;
use crate::support::site::Site;

/// Reads a DOCX with python-docx: `[[style, text]]`, what is in its core properties, and its footer's XML.
const READ: &str = "import json, sys, docx
d = docx.Document(sys.argv[1])
c = d.core_properties
print(json.dumps({
    'paragraphs': [[p.style.name, p.text] for p in d.paragraphs],
    'title': c.title, 'language': c.language, 'author': c.author, 'created': str(c.created),
    'footer': d.sections[0].footer._element.xml, 'xml': d.element.xml, 'styles': d.styles.element.xml,
}))";

fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    let output = output.unwrap_or_else(|error| panic!("{program} (`make setup` installs it): {error}"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program} {args:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

fn line(start: f64, speaker: &str, text: &str) -> Line {
    Line { start, end: start + 2.0, speaker: Some(speaker.into()), text: text.into(), words: Vec::new() }
}

fn meeting() -> Document {
    let sentence = |heading: Option<&str>, text: &str, start| Sentence {
        heading: heading.map(Into::into),
        text: text.into(),
        start,
        end: start + 1.0,
    };
    Document {
        title: Some("Budget & <talks>".into()),
        created_at: Some("2026-03-04T12:30:00Z".parse().unwrap()),
        language: "en".into(),
        duration: 75.0,
        segments: vec![
            line(0.0, "Ann", " Good morning."),
            line(20.0, "Bob", " We <cut> it."),
            line(30.0, "Ann", "Yes."),
        ],
        short_summary: Some("They met.".into()),
        long_summary: Some("# Start\nThey said hello.".into()),
        short_sentences: vec![sentence(None, "They met.", 1.0)],
        long_sentences: vec![sentence(Some("Start"), "They said hello.", 0.0)],
        decisions: vec!["To begin".into()],
        next_steps: vec!["Ann: write it down".into()],
        topics: vec![
            Topic { title: "Hello".into(), summary: "Greetings.".into(), start: 0.0, end: 20.0 },
            Topic { title: "The budget".into(), summary: String::new(), start: 20.0, end: 75.0 },
        ],
        ..Document::default()
    }
}

/// One line after the other, said by one person.
fn said(language: &str, lines: &[&str]) -> Document {
    let segments = lines.iter().enumerate().map(|(number, text)| line(number as f64 * 10.0, "A", text));
    Document { language: language.into(), segments: segments.collect(), ..Document::default() }
}

fn kept(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    // For whoever wants to look at them.
    if let Some(shots) = std::env::var_os("SCREENSHOTS") {
        std::fs::create_dir_all(&shots).unwrap();
        std::fs::write(PathBuf::from(shots).join(name), bytes).unwrap();
    }
    path
}

fn docx_read(document: &Document, name: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = kept(folder.path(), name, &export::docx(document).unwrap());
    serde_json::from_str(&run("/usr/bin/python3", &["-c", READ, path.to_str().unwrap()])).unwrap()
}

fn printed(document: &Document) -> Result<Vec<u8>, pdf::PdfError> {
    let faces = Fonts::new(&[]).faces(&pdf::characters(document), &document.language);
    pdf::render(document, &faces)
}

/// A PDF that was found to be whole: its text, and what pdfinfo says of it.
fn pdf_read(document: &Document, name: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = kept(folder.path(), name, &printed(document).unwrap());
    let path = path.to_str().unwrap();
    run("qpdf", &["--check", path]);
    (run("pdftotext", &["-enc", "UTF-8", path, "-"]), run("pdfinfo", &[path]))
}

#[test]
fn a_docx_has_headings_lists_times_page_numbers_and_every_word() {
    let read = docx_read(&meeting(), "meeting.docx");
    let date = meeting().created_at.unwrap().with_timezone(&chrono::Local).format("%-d %B %Y, %H:%M");
    let expected = json!([
        ["Title", "Budget & <talks>"],
        ["Facts", format!("Date: {date}")],
        ["Facts", "Length: 1:15"],
        ["Facts", "Participants: Ann, Bob"],
        ["Heading 1", "Summary"],
        ["Normal", "They met. (0:01)"],
        ["Heading 2", "Start"],
        ["Normal", "They said hello. (0:00)"],
        ["Heading 1", "Decisions"],
        ["List Bullet", "To begin"],
        ["Heading 1", "Next steps"],
        ["List Bullet", "Ann: write it down"],
        ["Heading 1", "Topics"],
        ["List Bullet", "Hello (0:00): Greetings."],
        ["List Bullet", "The budget (0:20)"],
        ["Heading 1", "Transcript"],
        ["Heading 2", "Hello (0:00)"],
        ["Speaker", "Ann (0:00)"],
        ["Normal", "Good morning."],
        ["Heading 2", "The budget (0:20)"],
        ["Speaker", "Bob (0:20)"],
        ["Normal", "We <cut> it."],
        ["Speaker", "Ann (0:30)"],
        ["Normal", "Yes."],
    ]);
    assert_eq!(read["paragraphs"], expected);
    assert_eq!([&read["title"], &read["language"], &read["author"]], ["Budget & <talks>", "en", "Reflector"]);
    assert!(read["created"].as_str().unwrap().starts_with("2026-03-04 12:30:00"), "{}", read["created"]);
    let footer = read["footer"].as_str().unwrap();
    assert!(footer.contains(" PAGE ") && footer.contains(" NUMPAGES "), "{footer}");
    assert!(read["styles"].as_str().unwrap().contains("w:lang w:val=\"en\""));
    assert!(!read["xml"].as_str().unwrap().contains("<w:bidi/>"));
}

#[test]
fn a_docx_in_arabic_is_written_from_right_to_left() {
    let mut document = said("ar", &["صباح الخير جميعا", "The budget, please."]);
    document.title = Some("اجتماع".into());
    let read = docx_read(&document, "arabic.docx");
    let xml = read["xml"].as_str().unwrap();
    let paragraph = |text: &str| {
        let at = xml.find(text).unwrap_or_else(|| panic!("{text}: {xml}"));
        &xml[xml[..at].rfind("<w:p>").unwrap()..at]
    };
    for text in ["اجتماع", "صباح الخير جميعا"] {
        assert!(paragraph(text).contains("<w:bidi/>") && paragraph(text).contains("<w:rtl/>"), "{text}");
    }
    assert!(!paragraph("The budget, please.").contains("<w:bidi/>"), "English stays as it is");
    assert!(paragraph(">Transcript<").contains("<w:bidi/>"), "what heads the text stands where it begins");
    assert!(read["styles"].as_str().unwrap().contains("w:lang w:bidi=\"ar\""));
    assert!(xml[xml.find("<w:sectPr").unwrap()..].contains("<w:bidi/>"), "and the pages");
}

#[test]
fn hostile_text_stays_text_in_both() {
    let hostile = "</w:t></w:r> <w:t> & \u{0}\u{1b}[31m \u{ffff}\u{feff} (x) \\ \u{202e}abc %PDF";
    let mut document = said("en", &[hostile]);
    document.segments[0].speaker = Some("<w:p/>\n\u{7}".into());
    document.title = Some("endless ".repeat(400_000));
    document.long_summary = Some("word ".repeat(200_000));
    let read = docx_read(&document, "hostile.docx");
    let shown = read["paragraphs"].as_array().unwrap();
    assert!(shown.contains(&json!(["Speaker", "<w:p/> (0:00)"])), "the name");
    assert_eq!(
        shown.last().unwrap(),
        &json!(["Normal", "</w:t></w:r> <w:t> & [31m \u{feff} (x) \\ \u{202e}abc %PDF"])
    );
    assert!(shown[0][1].as_str().unwrap().chars().count() <= 2001, "a title of megabytes is cut");
    assert!(shown.iter().any(|one| one[1].as_str().unwrap().split(' ').count() == 200_001
        || one[1].as_str().unwrap().split_whitespace().count() == 200_000));

    let (text, _) = pdf_read(&document, "hostile.pdf");
    assert_eq!(text.split_whitespace().filter(|word| *word == "word").count(), 200_000, "nothing is lost");
    assert!(
        text.contains("<w:p/>") && text.contains("</w:t></w:r> <w:t> &") && text.contains("[U+FFFF]"),
        "{}",
        &text[text.len() - 300..]
    );
}

#[test]
fn a_pdf_has_pages_of_a4_tags_bookmarks_and_every_word() {
    let (text, info) = pdf_read(&meeting(), "meeting.pdf");
    for said in [
        "Budget & <talks>",
        "Length: 1:15",
        "Participants: Ann, Bob",
        "They met. (0:01)",
        "To begin",
        "Hello (0:00): Greetings.",
        "Bob (0:20)",
        "We <cut> it.",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    for fact in [
        "Title:           Budget & <talks>",
        "Creator:         Reflector",
        "Tagged:          yes",
        "(A4)",
        "Pages:           1",
    ] {
        assert!(info.contains(fact), "{fact}: {info}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = kept(folder.path(), "tags.pdf", &printed(&meeting()).unwrap());
    let path = path.to_str().unwrap();
    let tree = run("pdfinfo", &["-struct-text", path]);
    for tag in ["H1", "H2", "H3", "  LI", "Lbl", "LBody", "P (block)"] {
        assert!(tree.contains(tag), "{tag}: {tree}");
    }
    let outline: Value =
        serde_json::from_str(&run("qpdf", &["--json", "--json-key=outlines", path])).unwrap();
    let titles = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap().to_owned()).collect()
    };
    let top = &outline["outlines"];
    assert_eq!(titles(top), ["Summary", "Decisions", "Next steps", "Topics", "Transcript"]);
    assert_eq!(titles(&top[4]["kids"]), ["Hello", "The budget"]);
}

#[test]
fn a_pdf_has_the_words_of_every_script() {
    // Each language: lines, and whether they are broken at spaces only.
    let languages: [(&str, &[&str], bool); 10] = [
        ("en", &["The quick brown fox jumps over the lazy dog, “fi” and “ffl”: efficient office."], true),
        ("de", &["Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich."], true),
        ("ru", &["Съешь же ещё этих мягких французских булок, да выпей чаю."], true),
        ("el", &["Ξεσκεπάζω την ψυχοφθόρα βδελυγμία."], true),
        ("ar", &["صباح الخير جميعا كيف حال العمل", "هذه ميزانية هذا العام"], true),
        ("he", &["בוקר טוב לכולם בואו נתחיל", "זה התקציב של השנה"], true),
        ("hi", &["सुप्रभात, चलिए शुरू करते हैं"], true),
        ("zh", &["大家早上好，我们开始会议吧。预算必须削减。"], false),
        ("ja", &["おはようございます。会議を始めましょう。"], false),
        ("ko", &["안녕하세요 회의를 시작하겠습니다"], false),
    ];
    for (language, lines, spaced) in languages {
        // Long enough to be broken into lines.
        let long: Vec<String> = lines.iter().map(|line| format!("{line} ").repeat(6)).collect();
        let lines: Vec<&str> = long.iter().map(|line| line.trim()).collect();
        let (text, _) = pdf_read(&said(language, &lines), &format!("{language}.pdf"));
        let words = |text: &str| -> Vec<String> {
            let marks = |c: &char| !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{c}');
            let text: String = text.chars().filter(marks).collect();
            text.split_whitespace().map(Into::into).collect()
        };
        let found = words(&text);
        if spaced {
            let mut wanted: Vec<String> = lines.iter().flat_map(|line| words(line)).collect();
            let mut there: Vec<String> = found.iter().filter(|word| wanted.contains(word)).cloned().collect();
            wanted.sort();
            there.sort();
            assert_eq!(there, wanted, "{language}: {text}");
        } else {
            let found = found.concat();
            let wanted: String = lines.iter().flat_map(|line| words(line)).collect();
            assert!(found.contains(&wanted), "{language}: {text}");
        }
    }
}

#[test]
fn numbers_signs_and_ligatures_among_arabic_are_all_there() {
    let said_so = "الميزانية: 2500 يورو، لعام 2026 (Kubernetes) لا بأس؟";
    let (text, _) = pdf_read(&said("ar", &[said_so]), "mixed.pdf");
    // pdftotext puts letters of a ligature, and signs beside numbers, in another order than they are read in.
    let letters = |text: &str, wanted: &str| -> Vec<char> {
        let mut letters: Vec<char> =
            text.chars().filter(|c| wanted.contains(*c) && !c.is_whitespace()).collect();
        letters.sort_unstable();
        letters
    };
    let arabic: String = said_so.chars().filter(|c| !c.is_ascii()).collect();
    assert_eq!(letters(&text, &arabic), letters(said_so, &arabic), "{text}");
    for whole in ["2500", "2026", "Kubernetes", "يورو", "لعام"] {
        assert!(text.contains(whole), "{whole}: {text}");
    }
}

#[test]
fn a_script_without_a_font_is_refused_by_name_and_other_signs_are_shown_by_number() {
    let folder = tempfile::tempdir().unwrap();
    let latin = "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf";
    std::fs::copy(latin, folder.path().join("NotoSans-Regular.ttf")).unwrap();
    let fonts = Fonts::new(&[folder.path().into()]);
    let made = |document: &Document| {
        pdf::render(document, &fonts.faces(&pdf::characters(document), &document.language))
    };
    let mut document = said("en", &["Good morning \u{1f600} \u{e000}."]);
    let path = kept(folder.path(), "signs.pdf", &made(&document).unwrap());
    let text = run("pdftotext", &[path.to_str().unwrap(), "-"]);
    assert!(text.contains("Good morning [U+1F600] [U+E000]."), "{text}");
    document.segments.push(line(20.0, "안", "会议 あ"));
    let refused = made(&document).unwrap_err().to_string();
    for said in ["Han", "Hiragana", "Hangul", "fonts-noto-cjk", "noto-fonts-cjk-sans", "export.fonts"] {
        assert!(refused.contains(said), "{said}: {refused}");
    }
    assert!(!refused.contains("Latin"), "{refused}");
}

#[test]
fn a_meeting_of_three_hours_is_written_whole_in_both() {
    let segments: Vec<Line> = long::meeting()
        .into_iter()
        .map(|one| Line {
            start: one.start,
            end: one.end,
            speaker: one.speaker.map(|speaker| format!("Speaker {}", speaker + 1)),
            text: one.text,
            words: one.words,
        })
        .collect();
    let words: usize = segments.iter().map(|line| line.text.split_whitespace().count()).sum();
    assert_eq!(words, 27_000);
    let topic = |n: usize| Topic { title: format!("Topic-{n}"), start: n as f64 * 600.0, ..Topic::default() };
    let document = Document {
        language: "en".into(),
        duration: long::LENGTH,
        segments,
        topics: (0..18).map(topic).collect(),
        ..Document::default()
    };
    let count =
        |text: &str| text.split_whitespace().filter(|word| ["budget", "budget."].contains(word)).count();
    let wanted: usize = document.segments.iter().map(|line| count(&line.text)).sum();
    assert!(wanted > 1000);
    let (text, info) = pdf_read(&document, "long.pdf");
    assert_eq!(count(&text), wanted);
    let pages: u32 = info.split("Pages:").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap();
    assert!((50..200).contains(&pages), "{pages} pages");
    assert!(text.contains("Topic-17"), "the last topic");
    let read = docx_read(&document, "long.docx");
    let all = read["paragraphs"].as_array().unwrap();
    assert_eq!(all.iter().map(|one| count(one[1].as_str().unwrap())).sum::<usize>(), wanted);
    assert_eq!(all.iter().filter(|one| one[0] == "Heading 2").count(), 18);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_are_downloaded_by_page_and_api_and_a_missing_font_is_told_in_words() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let page = site.page(&format!("/transcripts/{id}")).await.1;
    for link in [format!("/transcripts/{id}/pdf"), format!("/v1/transcripts/{id}/download/docx")] {
        assert!(page.contains(&format!("href=\"{link}\"")), "{link}");
        let response = site.get(&link).await;
        assert_eq!(response.status(), 200, "{link}");
        let disposition = response.headers()["content-disposition"].to_str().unwrap();
        assert!(disposition.starts_with("attachment; filename=\"Budget talks."), "{disposition}");
        assert_eq!(response.headers()["cache-control"], "no-store");
    }
    let get = async |format: &str| site.get(&format!("/v1/transcripts/{id}/download/{format}")).await;
    let response = get("pdf").await;
    assert_eq!(response.headers()["content-type"], "application/pdf");
    let folder = tempfile::tempdir().unwrap();
    let path = kept(folder.path(), "talk.pdf", &response.bytes().await.unwrap());
    let text = run("pdftotext", &[path.to_str().unwrap(), "-"]);
    for said in
        ["Budget talks", "They cut the budget. (0:20)", "The budget is cut.", "We should <cut> the budget."]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    let response = get("docx").await;
    assert!(response.headers()["content-type"].to_str().unwrap().ends_with("wordprocessingml.document"));
    assert!(response.bytes().await.unwrap().starts_with(b"PK"));

    let site = Site::set(|config| config.export.fonts = vec!["/does/not/exist".into()]).await;
    let id = site.finished("talk.wav").await;
    let (status, refused) = site.json(&format!("/v1/transcripts/{id}/download/pdf")).await;
    let said = refused["detail"].as_str().unwrap();
    assert!(status == 409 && said.starts_with("No font here has the letters of Latin"), "{refused}");
    let (status, page) = site.page(&format!("/transcripts/{id}/pdf")).await;
    assert!(status == 409 && page.contains("<h1") && page.contains("fonts-noto-core"), "{page}");
    assert_eq!(site.get(&format!("/v1/transcripts/{id}/download/docx")).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_document_says_by_itself_is_in_the_language_of_whoever_downloads_it() {
    let site = Site::new().await;
    let id = site.finished("Budget").await;
    let got = async |format: &str, language: &str| {
        let url = site.url(&format!("/v1/transcripts/{id}/download/{format}"));
        let answer = site.client.get(url).header("accept-language", language).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{format}");
        answer.bytes().await.unwrap().to_vec()
    };
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (english, french) = (text(got("md", "en").await), text(got("md", "fr").await));
    for (page, there) in [
        (&english, ["**Participants:** Speaker 1", "**Length:** 1:00", "## Summary", "## Transcript"]),
        (
            &french,
            [
                "**Participants\u{a0}:** Intervenant 1",
                "**Durée\u{a0}:** 1:00",
                "## Résumé",
                "## Transcription",
            ],
        ),
    ] {
        for wanted in there {
            assert!(page.contains(wanted), "{wanted} in {page}");
        }
    }
    assert!(!french.contains("## Summary") && !french.contains("Speaker 1"), "{french}");
    assert_eq!(text(got("txt", "fr").await), text(got("txt", "en").await), "for programs all is as it is");
    let folder = tempfile::tempdir().unwrap();
    let path = kept(folder.path(), "français.docx", &got("docx", "fr").await);
    let read = run("/usr/bin/python3", &["-c", READ, path.to_str().unwrap()]);
    let read: Value = serde_json::from_str(&read).unwrap();
    let paragraphs = read["paragraphs"].to_string();
    for wanted in ["Date\u{a0}: ", " à ", "Durée\u{a0}: 1:00", "Résumé", "Transcription", "Intervenant 1"]
    {
        assert!(paragraphs.contains(wanted), "{wanted}: {paragraphs}");
    }
}
