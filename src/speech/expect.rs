use super::TranscribeOptions;

/// What the settings know of every recording before it is heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Names and words.
    pub prompt: Option<String>,
    /// Whisper's codes of the languages that may be spoken where one has to be found out; empty: any.
    pub languages: Vec<String>,
}

impl Expected {
    /// The options of one recording. Its own prompt comes after the settings', because a model that can't take all of it takes the end;
    /// where it names no languages, the settings' may be spoken.
    pub fn of(&self, given: TranscribeOptions) -> TranscribeOptions {
        let prompt = [&self.prompt, &given.prompt].into_iter().flatten().map(String::as_str);
        let prompt = one_line(prompt.flat_map(str::lines));
        let named = given.language.is_some() || !given.languages.is_empty();
        let languages = if named { given.languages } else { self.languages.clone() };
        TranscribeOptions { prompt: Some(prompt).filter(|prompt| !prompt.is_empty()), languages, ..given }
    }
}

/// Lines as one, with a comma after each that ends without punctuation; one that came before is left out.
fn one_line<'t>(lines: impl Iterator<Item = &'t str>) -> String {
    let mut whole: Vec<&str> = Vec::new();
    for line in lines.map(str::trim).filter(|line| !line.is_empty()) {
        if !whole.contains(&line) {
            whole.push(line);
        }
    }
    let mut text = String::new();
    for line in whole {
        if !text.is_empty() {
            text += if text.ends_with(|c: char| c.is_alphanumeric()) { ", " } else { " " };
        }
        text += line;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected() -> Expected {
        Expected { prompt: Some("Acme, Aoife.".into()), languages: vec!["de".into(), "en".into()] }
    }

    #[test]
    fn a_recordings_own_words_come_last_on_one_line() {
        let own =
            |text: &str| TranscribeOptions { prompt: Some(text.into()), ..TranscribeOptions::default() };
        let prompt = |given| expected().of(given).prompt;
        assert_eq!(prompt(own("Kowalczyk\r\n\n  OKR ")).as_deref(), Some("Acme, Aoife. Kowalczyk, OKR"));
        assert_eq!(prompt(TranscribeOptions::default()).as_deref(), Some("Acme, Aoife."));
        // What a caller with the same settings has put before its own.
        assert_eq!(prompt(own("Acme, Aoife.\nOKR")).as_deref(), Some("Acme, Aoife. OKR"));
        assert_eq!(Expected::default().of(own(" \n ")).prompt, None);
    }

    #[test]
    fn declared_languages_count_only_where_one_has_to_be_found_out() {
        let french = TranscribeOptions { language: Some("fr".into()), ..TranscribeOptions::default() };
        assert!(expected().of(french).languages.is_empty());
        let own = TranscribeOptions { languages: vec!["it".into()], ..TranscribeOptions::default() };
        assert_eq!(expected().of(own).languages, ["it"]);
        assert_eq!(expected().of(TranscribeOptions::default()).languages, ["de", "en"]);
    }
}
