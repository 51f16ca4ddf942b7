//! What pages, letters and scripts say: one catalogue, complete in English and in French, and nothing beside it.

mod elsewhere;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser::parse;
use regex::Regex;

use crate::support::accounts::guarded;
use crate::support::site::Site;

/// Texts that are the same in French.
const SAME: [&str; 30] = [
    "admin-number-version",
    "admin-title",
    "design-messages",
    "design-minutes",
    "doctor-what-ffmpeg",
    "doctor-what-webhooks",
    "export-notes",
    "format-minutes",
    "library-place-notes",
    "mail-time",
    "mail-zulip-date",
    "notes-title",
    "privacy-cookies",
    "record-microphone",
    "record-pause",
    "rooms-event-test",
    "rooms-field-secret",
    "rooms-field-webhook",
    "scripts-minutes",
    "scripts-pause",
    "scripts-record-microphone",
    "scripts-upload-speed",
    "site-pages",
    "start-pause",
    "transcript-as-docx",
    "transcript-as-docx",
    "transcript-as-markdown",
    "transcript-as-pdf",
    "transcript-as-pdf",
    "transcript-audio",
];
/// Values that French needs not: the ending of an English ordinal.
const NOT_IN_FRENCH: [(&str, &str); 1] = [("status-queue-place", "suffix")];
/// Areas whose English is what the program says elsewhere: pages in another language find it there by its words, and need not all its values.
const ELSEWHERE: [&str; 2] = ["doctor-", "reply-"];
/// Templates that are no pages of the site: the speech server's is the description of its API, in English as that is.
const NO_PAGES: [&str; 1] = ["speech_server.html"];
/// What stands in templates itself: names, and addresses and codes to imitate.
const NAMES: [&str; 13] = [
    "Reflector",
    "macOS",
    "Windows",
    "Debian, Ubuntu",
    "Fedora, RHEL",
    "iPhone, iPad",
    "Android",
    "SHA-256",
    "libtorch",
    "BSD-3-Clause",
    "https://hooks.example.org/reflector",
    "team@example.org",
    "XXXX-XXXX-XXXX-XXXX",
];

fn root() -> PathBuf {
    crate::support::tree()
}

/// Every file below a folder whose name ends so, with its text.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, ending: &str, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, ending, found);
            } else if path.to_str().unwrap().ends_with(ending) {
                found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), ending, &mut found);
    assert!(!found.is_empty(), "nothing ends with {ending} in {folder}");
    found.sort();
    found
}

/// A text of the catalogue.
#[derive(Debug, Default)]
struct Text {
    /// Its words, whatever is chosen.
    words: String,
    /// What is put into it.
    values: BTreeSet<String>,
}

impl Text {
    fn read(&mut self, pattern: &Pattern<&str>) {
        for element in &pattern.elements {
            match element {
                PatternElement::TextElement { value } => self.words.push_str(value),
                PatternElement::Placeable { expression } => self.expression(expression),
            }
        }
    }

    fn expression(&mut self, expression: &Expression<&str>) {
        match expression {
            Expression::Inline(inline) => self.inline(inline),
            Expression::Select { selector, variants } => {
                self.inline(selector);
                for variant in variants {
                    self.words.push('|');
                    self.read(&variant.value);
                }
            }
        }
    }

    fn inline(&mut self, inline: &InlineExpression<&str>) {
        match inline {
            InlineExpression::VariableReference { id } => {
                self.words.push_str(&format!("{{{}}}", id.name));
                self.values.insert(id.name.to_owned());
            }
            InlineExpression::StringLiteral { value } => self.words.push_str(value),
            InlineExpression::Placeable { expression } => self.expression(expression),
            other => panic!("{other:?} is not for this catalogue"),
        }
    }
}

/// Whether the program says it in English without the catalogue.
fn is_elsewhere(id: &str) -> bool {
    ELSEWHERE.iter().any(|area| id.starts_with(area))
}

/// Every text of a language, by name.
fn catalogue(language: &str) -> BTreeMap<String, Text> {
    let mut texts = BTreeMap::new();
    for (file, source) in files(&format!("locales/{language}"), ".ftl") {
        let area = Path::new(&file).file_stem().unwrap().to_str().unwrap().to_owned();
        let resource = parse(source.as_str()).unwrap_or_else(|(_, errors)| panic!("{file}: {errors:?}"));
        for entry in &resource.body {
            let Entry::Message(message) = entry else { continue };
            let id = message.id.name.to_owned();
            assert!(id.starts_with(&format!("{area}-")), "{file}: {id} is of another area");
            let mut text = Text::default();
            text.read(message.value.as_ref().unwrap());
            assert!(texts.insert(id.clone(), text).is_none(), "{file}: {id} is there twice");
        }
    }
    texts
}

/// Everything that could name a text: templates, the program and scripts.
fn sources() -> Vec<(String, String)> {
    let mut all = files("templates", ".html");
    all.extend(files("src", ".rs"));
    all.extend(files("src/web/assets", ".js"));
    all
}

#[test]
fn every_text_that_is_used_exists_and_every_text_is_used() {
    let english = catalogue("en");
    let asked = [
        Regex::new(r#""([a-z0-9-]+)"\s*\|\s*th?[123]?\b"#).unwrap(),
        Regex::new(r#"\bsay(?:_with)?\(\s*(?:language,\s*)?["']([a-z0-9-]+)["']"#).unwrap(),
        Regex::new(r#"\bRemark::new\(\s*"([a-z0-9-]+)""#).unwrap(),
    ];
    let quoted = Regex::new(r#"["'`]([a-z][a-z0-9-]*-[a-z0-9-]+)["'`]"#).unwrap();
    let mut used = BTreeSet::new();
    for (file, source) in sources() {
        let source = source.split("#[cfg(test)]").next().unwrap();
        for id in asked.iter().flat_map(|one| one.captures_iter(source)) {
            assert!(english.contains_key(&id[1]), "{file}: the catalogue lacks {}", &id[1]);
        }
        used.extend(quoted.captures_iter(source).map(|id| id[1].to_owned()));
    }
    let unused: Vec<&String> = english.keys().filter(|id| !used.contains(*id) && !is_elsewhere(id)).collect();
    assert!(unused.is_empty(), "nothing says {unused:?}");
}

#[test]
fn what_is_put_into_a_text_by_a_template_is_what_the_text_has_a_place_for() {
    let english = catalogue("en");
    let with = Regex::new(r#""([a-z0-9-]+)"\|(th?)([123])\(([^{}]*)\)"#).unwrap();
    let name = Regex::new(r#""([a-z_]+)","#).unwrap();
    let without = Regex::new(r#""([a-z0-9-]+)"\|(th?)\b\s*[^123(]"#).unwrap();
    let mut seen = 0;
    for (file, source) in files("templates", ".html") {
        for found in with.captures_iter(&source) {
            let given: BTreeSet<String> =
                name.captures_iter(&found[4]).map(|one| one[1].to_owned()).collect();
            assert_eq!(given, english[&found[1]].values, "{file}: {}", &found[1]);
            assert_eq!(given.len().to_string(), found[3], "{file}: {}", &found[1]);
            seen += 1;
        }
        for found in without.captures_iter(&source) {
            let text = &english[&found[1]];
            assert!(text.values.is_empty(), "{file}: {} lacks its values", &found[1]);
            assert!(!text.words.contains('<') || &found[2] == "th", "{file}: {} has markup", &found[1]);
            seen += 1;
        }
    }
    assert!(seen > 300, "only {seen} texts were looked at");
}

#[test]
fn french_has_every_text_with_the_same_values_and_other_words() {
    let (english, french) = (catalogue("en"), catalogue("fr"));
    assert!(english.len() > 900, "{}", english.len());
    let names = |texts: &BTreeMap<String, Text>| texts.keys().cloned().collect::<BTreeSet<String>>();
    let apart: Vec<String> = names(&english).symmetric_difference(&names(&french)).cloned().collect();
    assert!(apart.is_empty(), "only in one of the two: {apart:?}");
    let mut same = BTreeSet::new();
    let letters = |text: &str| {
        let plain = Regex::new(r"\{[a-z_]+\}").unwrap().replace_all(text, "").into_owned();
        plain.chars().any(char::is_alphabetic)
    };
    let markup = Regex::new(r"<[^>]*>|`[^`]*`").unwrap();
    for (id, text) in &english {
        let other = &french[id];
        let left_out: BTreeSet<String> =
            NOT_IN_FRENCH.iter().filter(|(one, _)| one == id).map(|(_, value)| (*value).to_owned()).collect();
        let wanted: BTreeSet<String> = text.values.difference(&left_out).cloned().collect();
        match is_elsewhere(id) {
            true => assert!(other.values.is_subset(&wanted), "{id}"),
            false => assert_eq!(other.values, wanted, "{id}"),
        }
        // One space before a sign is one that no line breaks at; quotation marks and apostrophes are those of print.
        // An address that ends so is named in one.
        let outside = markup.replace_all(&other.words, "").replace("?t=", "");
        let wrong =
            [" ;", " !", " ?", " :", " »", "« ", "\"", "'"].into_iter().find(|wrong| outside.contains(wrong));
        assert!(wrong.is_none(), "{id}: {wrong:?} in “{}”", other.words);
        if text.words == other.words && letters(&text.words) {
            same.insert(id.as_str());
        }
    }
    assert_eq!(same, SAME.into_iter().collect(), "texts that are the same in both languages");
}

/// What of a template is read by people: between its tags, and in the attributes that are read or read out.
fn visible(template: &str) -> Vec<String> {
    let cut = |text: &str, pattern: &str, with: &str| {
        Regex::new(&format!("(?s){pattern}")).unwrap().replace_all(text, with).into_owned()
    };
    let mut text = template.to_owned();
    for pattern in [r"\{#.*?#\}", r"\{%.*?%\}", r"\{\{.*?\}\}"] {
        text = cut(&text, pattern, "");
    }
    for tag in ["code", "pre", "kbd", "svg"] {
        text = cut(&text, &format!(r"<{tag}\b.*?</{tag}>"), "\n");
    }
    let attributes =
        Regex::new(r#"\s(?:aria-label|placeholder|title|alt|data-page-title)="([^"]*)""#).unwrap();
    let mut found: Vec<String> = attributes.captures_iter(&text).map(|one| one[1].to_owned()).collect();
    found.extend(cut(&text, "<[^>]*>", "\n").lines().map(str::to_owned));
    let trimmed = found.into_iter().map(|line| line.trim_matches([' ', '·']).to_owned());
    trimmed.filter(|line| line.chars().any(char::is_alphabetic)).collect()
}

#[test]
fn a_template_holds_no_words_of_its_own() {
    let said = visible("<p title=\"A\">{{ \"a-b\"|t }} B {# C #}<code>d</code></p>{% if e %}· F{% endif %}");
    assert_eq!(said, ["A", "B", "F"], "what people read is found");
    for (file, template) in files("templates", ".html") {
        if NO_PAGES.iter().any(|name| file.ends_with(name)) {
            continue;
        }
        let own: Vec<String> =
            visible(&template).into_iter().filter(|text| !NAMES.contains(&text.as_str())).collect();
        assert!(own.is_empty(), "{file}: {own:?}");
    }
}

#[test]
fn a_script_holds_no_words_of_its_own() {
    let shown = r#"(?:textContent|innerText|ariaLabel|placeholder|title|alt)\s*=|\b(?:announce|confirm|alert|prompt|said)\("#;
    let own = Regex::new(&format!(r#"(?:{shown})\s*["'`][^"'`$]*[A-Za-z]{{2,}}"#)).unwrap();
    assert!(own.is_match("node.textContent = \"Saved\";") && own.is_match("announce(`Moved ${n}`)"));
    for (file, script) in files("src/web/assets", ".js") {
        let found = own.find(&script).map(|found| found.as_str().to_owned());
        assert!(found.is_none(), "{file}: {found:?}");
    }
}

/// A page for a browser that asks for these languages and has this cookie.
async fn page(site: &Site, path: &str, accept: &str, cookie: &str) -> (u16, String) {
    let request = site.client.get(site.url(path)).header("accept-language", accept).header("cookie", cookie);
    let response = request.send().await.unwrap();
    let vary = response.headers().get("vary").map(|value| value.to_str().unwrap().to_lowercase());
    let vary = vary.unwrap_or_default();
    assert!(vary.contains("accept-language") && vary.contains("cookie"), "{path}: {vary}");
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_in_the_language_that_the_browser_asks_for_or_the_person_chose() {
    let site = Site::new().await;
    let talk = site.finished("talk.wav").await;
    for (accept, cookie, language, title) in [
        ("en", "", "en", "Turn a recording into a transcript"),
        ("de", "", "en", "Turn a recording into a transcript"),
        ("fr-CA,fr;q=0.9,en;q=0.5", "", "fr", "Transformez un enregistrement en transcription"),
        ("en", "reflector-language=fr", "fr", "Transformez un enregistrement en transcription"),
        ("fr", "reflector-language=en", "en", "Turn a recording into a transcript"),
        ("fr", "reflector-language=xx", "fr", "Transformez un enregistrement en transcription"),
    ] {
        let (status, text) = page(&site, "/", accept, cookie).await;
        assert_eq!(status, 200);
        assert!(
            text.contains(&format!("<html lang=\"{language}\">")) && text.contains(title),
            "{accept} {cookie}"
        );
        assert!(text.contains(&format!("value=\"{language}\" lang=\"{language}\" aria-pressed=\"true\"")));
    }
    for (path, said) in [
        ("/transcripts", "Rechercher dans tout"),
        ("/record", "Commencer l’enregistrement"),
        ("/rooms", "Aucune salle"),
        ("/queue", "Rien en attente"),
        ("/models", "Modèles connus"),
        ("/storage", "Durée de tous les enregistrements"),
        ("/admin", "État"),
        ("/admin/jobs", "Aucun échec"),
        ("/admin/audit", "Journal d’audit"),
        ("/about", "À propos de Reflector"),
        ("/privacy", "Qui peut lire"),
        ("/design", "Onglets"),
    ] {
        let (status, text) = page(&site, path, "fr", "").await;
        assert_eq!(status, 200, "{path}");
        assert!(text.contains(said) && text.contains("<html lang=\"fr\">"), "{path}: {text}");
    }
    let (_, text) = page(&site, &format!("/transcripts/{talk}"), "fr", "").await;
    assert!(text.contains("<html lang=\"fr\">") && !text.contains("Back to the transcript"), "{text}");
    let (status, text) = page(&site, "/nothing", "fr", "").await;
    assert_eq!(status, 404);
    assert!(text.contains("Il n’y a rien ici") && text.contains("Cette page est introuvable."), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_and_plurals_are_those_of_the_language() {
    let site = Site::new().await;
    let year = chrono::Local::now().format("%Y").to_string();
    for count in 0..3 {
        let (english, french) = (
            page(&site, "/transcripts?status=idle", "en", "").await.1,
            page(&site, "/transcripts?status=idle", "fr", "").await.1,
        );
        let (wanted_english, wanted_french) = match count {
            0 => ("0 transcripts found", "0 transcription trouvée"),
            1 => ("1 transcript found", "1 transcription trouvée"),
            _ => ("2 transcripts found", "2 transcriptions trouvées"),
        };
        assert!(english.contains(wanted_english), "{english}");
        assert!(french.contains(wanted_french), "{french}");
        if count > 0 {
            let date = Regex::new(&format!(r">\d+(?:er)? [a-zéû]+ {year} à \d\d:\d\d</time>")).unwrap();
            assert!(date.is_match(&french), "{french}");
            let date = Regex::new(&format!(r">\d+ [A-Z][a-z]+ {year}, \d\d:\d\d</time>")).unwrap();
            assert!(date.is_match(&english), "{english}");
        }
        site.create(&format!("number {count}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_is_chosen_before_anybody_logs_in_and_the_setting_is_the_first() {
    let site = guarded().await;
    let send = |body: &'static str| {
        let request = site.client.post(site.url("/appearance")).body(body);
        request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept-language", "fr")
            .send()
    };
    let answer = send("language=fr&next=%2Flogin").await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (303, "/login"));
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(set.starts_with("reflector-language=fr; HttpOnly; SameSite=Lax"), "{set}");
    let (_, login) = page(&site, "/login", "en", set.split(';').next().unwrap()).await;
    assert!(login.contains("Se connecter") && login.contains("Mot de passe"), "{login}");
    // Both at once; none; another.
    let answer = send("language=en&theme=dark").await.unwrap();
    assert_eq!(answer.headers().get_all("set-cookie").iter().count(), 2);
    for body in ["next=%2F", "language=xx"] {
        assert_eq!(send(body).await.unwrap().status().as_u16(), 422, "{body}");
    }
    let french = Site::set(|config| config.ui.language = reflector::config::Language::Fr).await;
    assert!(french.page("/").await.1.contains("<html lang=\"fr\">"), "where the browser names none");
    assert!(page(&french, "/", "de", "").await.1.contains("<html lang=\"fr\">"));
    assert!(page(&french, "/", "en", "").await.1.contains("<html lang=\"en\">"));
    // The API speaks English, whoever asks.
    let request = french.client.get(french.url("/v1/transcripts/nothing")).header("accept-language", "fr");
    let said = request.send().await.unwrap().text().await.unwrap();
    assert!(!said.contains("introuvable"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_and_what_belongs_to_it_speak_french() {
    let site = Site::new().await;
    let talk = site.finished("talk.wav").await;
    for (path, wanted) in [
        (
            String::new(),
            &[
                "Modifier le texte",
                "Raccourcis clavier",
                "Intervenant 2",
                "Sujets",
                "Télécharger",
                "Sous-titres (SRT)",
                "Écrire des notes",
            ][..],
        ),
        ("/parts".into(), &["Intervenant 2", "Sujets"][..]),
        ("/text?part=1".into(), &["Écouter à partir de", "Intervenant 2"][..]),
        ("/speakers".into(), &["Écoutez, puis dites qui c’est.", "du temps de parole", "«\u{a0}"][..]),
        ("/share".into(), &["Qui peut la lire actuellement", "Toute personne ayant accès à ce site"][..]),
    ] {
        let (status, text) = page(&site, &format!("/transcripts/{talk}{path}"), "fr", "").await;
        assert_eq!(status, 200, "{path}");
        for one in wanted {
            assert!(text.contains(one), "{path}: {one} is not in {text}");
        }
        // Who is to do something is what the model wrote.
        assert!(!text.contains(">Speaker 2</span>"), "{path}: {text}");
    }
    let waiting = site.create("waiting").await;
    let (_, text) = page(&site, &format!("/transcripts/{waiting}"), "fr", "").await;
    assert!(text.contains("Rien n’a encore été envoyé."), "{text}");
    let (status, text) = page(&site, "/quote/nothing", "fr", "").await;
    assert_eq!(status, 404);
    assert!(text.contains("<html lang=\"fr\">") && text.contains("Cette citation n’existe plus"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_get_the_texts_of_the_pages_language() {
    let site = Site::new().await;
    for (language, said) in
        [("en", "Connection lost. Trying again…"), ("fr", "Connexion perdue. Nouvelle tentative…")]
    {
        let (_, start) = page(&site, "/", language, "").await;
        let from = start.find("/assets/").unwrap();
        let version = start[from..].split('/').nth(2).unwrap();
        let asset = format!("/assets/{version}/strings.{language}.js");
        let (strings, module) = (start.find(&asset).unwrap(), start.find("start.js").unwrap());
        assert!(strings < module, "texts come before the script that says them");
        let answer = site.get(&asset).await;
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/javascript"));
        assert!(answer.headers()["cache-control"].to_str().unwrap().contains("immutable"));
        let script = answer.text().await.unwrap();
        let texts =
            script.strip_prefix("globalThis.reflectorStrings = ").unwrap().trim_end().trim_end_matches(';');
        let texts: serde_json::Value = serde_json::from_str(texts).unwrap();
        let first = texts["scripts-socket-lost"][0].as_str().unwrap();
        assert!(first.starts_with(said), "{first}");
        assert!(texts["scripts-speaker"][1] == serde_json::json!({ "value": "number" }));
    }
    assert_eq!(site.get("/assets/x/strings.xx.js").await.status().as_u16(), 404);
}
