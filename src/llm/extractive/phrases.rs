//! The most telling phrase: candidates are runs of content words (as in RAKE; Rose et al. 2010), ranked by the weight of their
//! words and how often they come back, and written as they were spoken.
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::rank::Weights;
use crate::llm::text::{Language, Token, Unit, is_unspaced, normalize};

/// Words in a title at most.
const LONGEST_TITLE: usize = 10;

struct Phrase<'a> {
    stems: Vec<&'a str>,
    /// As first spoken.
    unit: &'a Unit,
    range: Range<usize>,
    count: f64,
    /// Not cut out of a longer run of content words.
    whole: bool,
    /// Holds a word with a capital inside a sentence: a name (or, in German, any noun).
    named: bool,
}

/// A title for `scope`: its best phrase (`parts` = 2: or its two best), unlike those in `taken`. Holds at least two content
/// words if the text has them; empty only if there are no words at all.
pub fn telling(
    scope: &[Unit],
    language: &Language,
    weights: &Weights,
    parts: usize,
    taken: &[String],
) -> String {
    let mut phrases = candidates(scope, connectors(language));
    let score = |phrase: &Phrase| {
        let words = phrase.stems.len();
        let weight: f64 = phrase.stems.iter().map(|stem| weights.of(stem)).sum();
        let shape = match words {
            1 => 0.7,
            2 | 3 => 1.3,
            _ => 1.0,
        };
        let whole = if phrase.whole { 1.2 } else { 1.0 };
        let kind = if phrase.named {
            1.3
        } else if language.code == "en" && is_no_subject(text(phrase)) {
            0.2
        } else {
            1.0
        };
        weight / (words as f64).powf(0.6) * (1.0 + phrase.count.ln()) * shape * whole * kind
    };
    phrases.sort_by(|a, b| score(b).total_cmp(&score(a)));
    let casing = Casing::new(scope, language);
    let mut chosen: Vec<&Phrase> = Vec::new();
    let mut used: HashSet<&str> = HashSet::new();
    for phrase in &phrases {
        let first = chosen.is_empty();
        let enough = chosen.iter().map(|phrase| phrase.stems.len()).sum::<usize>() >= 2;
        if enough && (chosen.len() >= parts || score(phrase) < 0.5 * score(chosen[0])) {
            break;
        }
        if phrase.stems.iter().any(|stem| used.contains(stem)) {
            continue;
        }
        let words: usize = chosen.iter().map(|phrase| word_count(phrase)).sum();
        if words + word_count(phrase) > LONGEST_TITLE && !first {
            continue;
        }
        if first && taken.iter().any(|title| title.to_lowercase().contains(&text(phrase).to_lowercase())) {
            continue;
        }
        used.extend(phrase.stems.iter());
        chosen.push(phrase);
    }
    let separator = if scope.iter().any(|unit| unit.text.ends_with(is_unspaced)) { "、" } else { ", " };
    let spoken: Vec<String> = chosen.iter().map(|phrase| casing.write(phrase)).collect();
    let title = if spoken.is_empty() { first_words(scope) } else { spoken.join(separator) };
    capitalize(&title)
}

/// Whether an English phrase ends in an adverb or a participle: neither "originally" nor "ill-disposed" is what a meeting is about.
fn is_no_subject(phrase: &str) -> bool {
    phrase.ends_with("ly") || (phrase.ends_with("ed") && !phrase.ends_with("eed") && phrase.len() > 5)
}

/// Small words that hold a phrase together ("proof of concept", "plan de travail").
fn connectors(language: &Language) -> &'static [&'static str] {
    match language.code.as_str() {
        "en" => &["of"],
        "de" => &["der", "von"],
        "fr" => &["de", "des", "du"],
        "es" => &["de", "del"],
        "it" => &["del", "della", "di"],
        "pt" => &["da", "de", "do"],
        "nl" => &["van"],
        _ => &[],
    }
}

fn text<'a>(phrase: &Phrase<'a>) -> &'a str {
    &phrase.unit.text[phrase.range.clone()]
}

fn word_count(phrase: &Phrase) -> usize {
    text(phrase).split_whitespace().count()
}

/// Every run of one to four content words (in scripts without spaces: of up to eight characters), with its count.
fn candidates<'a>(scope: &'a [Unit], connectors: &[&str]) -> Vec<Phrase<'a>> {
    let mut found: HashMap<Vec<&str>, Phrase> = HashMap::new();
    for unit in scope {
        let tokens = &unit.tokens;
        for from in 0..tokens.len() {
            if !fits(unit, &tokens[from]) {
                continue;
            }
            let unspaced = unit.text[tokens[from].range.clone()].chars().all(is_unspaced);
            let longest = if unspaced { 8 } else { 4 };
            let mut stems = vec![tokens[from].stem.as_str()];
            let starts_run = from == 0 || !joined(unit, from - 1, from) || !fits(unit, &tokens[from - 1]);
            let mut at = from;
            loop {
                let next = following(unit, at, connectors);
                if !(unspaced && stems.len() == 1) {
                    let whole = starts_run && next.is_none();
                    let phrase = found.entry(stems.clone()).or_insert_with(|| Phrase {
                        stems: stems.clone(),
                        unit,
                        range: name_start(unit, from)..tokens[at].range.end,
                        count: 0.0,
                        whole,
                        named: (from.max(1)..=at).any(|i| is_capital(unit, i)),
                    });
                    phrase.count += 1.0;
                    phrase.whole |= whole;
                }
                match next {
                    Some(next) if stems.len() < longest && !stems.contains(&tokens[next].stem.as_str()) => {
                        stems.push(&tokens[next].stem);
                        at = next;
                    }
                    _ => break,
                }
            }
        }
    }
    let mut phrases: Vec<Phrase> = found.into_values().collect();
    // The order of a hash map is not one to depend on: equal scores go by place.
    phrases.sort_by(|a, b| {
        a.unit
            .start
            .total_cmp(&b.unit.start)
            .then(a.range.start.cmp(&b.range.start))
            .then(b.range.end.cmp(&a.range.end))
    });
    phrases
}

fn is_capital(unit: &Unit, at: usize) -> bool {
    unit.text[unit.tokens[at].range.clone()].starts_with(char::is_uppercase)
}

/// Where a phrase from token `from` starts: a name may begin with a function word ("New Jersey", "The Hague").
fn name_start(unit: &Unit, from: usize) -> usize {
    let before = from.wrapping_sub(1);
    let part = from > 1
        && is_capital(unit, from)
        && is_capital(unit, before)
        && !unit.tokens[before].content
        && unit.tokens[before].norm.chars().count() > 2
        && !unit.tokens[before].norm.contains('\'')
        && joined(unit, before, from);
    unit.tokens[if part { before } else { from }].range.start
}

/// The content word that goes on the phrase after token `at`, if any.
fn following(unit: &Unit, at: usize, connectors: &[&str]) -> Option<usize> {
    let tokens = &unit.tokens;
    let next = at + 1;
    if next < tokens.len() && joined(unit, at, next) {
        if fits(unit, &tokens[next]) {
            return Some(next);
        }
        let after = next + 1;
        if connectors.contains(&tokens[next].norm.as_str())
            && after < tokens.len()
            && joined(unit, next, after)
            && fits(unit, &tokens[after])
        {
            return Some(after);
        }
    }
    None
}

/// A content word that may stand in a title: no file name, no address.
fn fits(unit: &Unit, token: &Token) -> bool {
    token.content && !unit.text[token.range.clone()].contains(['.', '_', '@'])
}

/// Only a space or a hyphen lies between two tokens.
fn joined(unit: &Unit, left: usize, right: usize) -> bool {
    let between = &unit.text[unit.tokens[left].range.end..unit.tokens[right].range.start];
    between.is_empty() || between == " " || between == "-"
}

/// How words are written when they don't start a sentence.
struct Casing(HashMap<String, String>);

impl Casing {
    fn new(scope: &[Unit], language: &Language) -> Self {
        let mut seen: HashMap<String, HashMap<&str, usize>> = HashMap::new();
        let mut first: HashMap<String, &str> = HashMap::new();
        for unit in scope {
            for (i, token) in unit.tokens.iter().enumerate().filter(|(_, token)| token.content) {
                let spoken = &unit.text[token.range.clone()];
                if i == 0 {
                    first.insert(token.norm.clone(), spoken);
                } else {
                    *seen.entry(token.norm.clone()).or_default().entry(spoken).or_default() += 1;
                }
            }
        }
        let mut forms: HashMap<String, String> = seen
            .into_iter()
            .filter_map(|(norm, forms)| {
                let form = forms.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0)))?;
                Some((norm, form.0.to_owned()))
            })
            .collect();
        for (norm, spoken) in first {
            // A word that only starts sentences may be a name; one that looks like a verb or an adverb is not.
            let plain = !language.capitalizes_nouns()
                && ["ing", "ed", "ly"].iter().any(|ending| norm.ends_with(ending))
                && spoken.chars().skip(1).all(char::is_lowercase);
            forms.entry(norm.clone()).or_insert_with(|| if plain { norm } else { spoken.to_owned() });
        }
        Self(forms)
    }

    fn write(&self, phrase: &Phrase) -> String {
        let text = &phrase.unit.text;
        let mut written = String::new();
        let mut at = phrase.range.start;
        let inside =
            |token: &&Token| token.range.start >= phrase.range.start && token.range.end <= phrase.range.end;
        for token in phrase.unit.tokens.iter().filter(inside) {
            written.push_str(&text[at..token.range.start]);
            let spoken = &text[token.range.clone()];
            written.push_str(self.0.get(&normalize(spoken)).map_or(spoken, String::as_str));
            at = token.range.end;
        }
        written
    }
}

fn first_words(scope: &[Unit]) -> String {
    let Some(unit) = scope.first() else { return String::new() };
    match unit.tokens.get(LONGEST_TITLE.min(unit.tokens.len()).saturating_sub(1)) {
        Some(last) => unit.text[..last.range.end].to_owned(),
        None => String::new(),
    }
}

fn capitalize(title: &str) -> String {
    let mut chars = title.chars();
    let Some(first) = chars.next() else { return String::new() };
    // "iPhone", "eBay": a capital in second place means that the small first letter is meant.
    if chars.clone().next().is_some_and(char::is_uppercase) {
        return title.to_owned();
    }
    first.to_uppercase().chain(chars).collect()
}
