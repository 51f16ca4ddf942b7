//! What people type, read as search engines read it.

use super::text::{folded, plain};

/// The most words and phrases that are looked for; what follows is left out.
const MOST: usize = 32;

/// A word, or several in a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Term {
    /// Words between spaces.
    pub plain: String,
    /// The same without accents.
    pub folded: String,
    /// The last word is the beginning of one.
    pub prefix: bool,
    /// It must not occur.
    pub not: bool,
}

impl Term {
    /// Several words that must follow each other.
    pub fn is_phrase(&self) -> bool {
        self.folded.contains(' ')
    }
}

/// Each must be met, by one of its terms.
pub(super) type Group = Vec<Term>;

/// Reads a query: words all of which must occur, `"in a row"`, `-without`, `begin*`, `one OR other`.
pub(super) fn parse(query: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut or = false;
    for (raw, quoted) in pieces(query) {
        if !quoted && raw.eq_ignore_ascii_case("or") {
            or = !groups.is_empty();
            continue;
        }
        let bare = raw.strip_prefix('-').filter(|rest| !rest.is_empty());
        let (not, text) = (bare.is_some(), bare.unwrap_or(&raw));
        let plain = plain(text);
        let term = Term { folded: folded(&plain), prefix: text.ends_with('*'), not, plain };
        if term.folded.is_empty() {
            continue;
        }
        if groups.iter().map(Vec::len).sum::<usize>() == MOST {
            break;
        }
        match groups.last_mut() {
            Some(group) if or && !not && !group[0].not => group.push(term),
            _ => groups.push(vec![term]),
        }
        or = false;
    }
    groups
}

/// Words and quoted phrases; a sign before the quotation mark stays with what is in it.
fn pieces(query: &str) -> Vec<(String, bool)> {
    let mut pieces = Vec::new();
    let (mut piece, mut quoted) = (String::new(), false);
    for c in query.chars() {
        let quote = matches!(c, '"' | '“' | '”' | '„' | '«' | '»');
        if quote && quoted {
            pieces.push((std::mem::take(&mut piece), true));
            quoted = false;
        } else if quote {
            if !piece.is_empty() && piece != "-" {
                pieces.push((std::mem::take(&mut piece), false));
            }
            quoted = true;
        } else if c.is_whitespace() && !quoted {
            pieces.push((std::mem::take(&mut piece), false));
        } else {
            piece.push(c);
        }
    }
    pieces.push((piece, quoted));
    pieces.retain(|(piece, _)| !piece.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(query: &str) -> String {
        let term = |term: &Term| {
            let (not, prefix) = (if term.not { "-" } else { "" }, if term.prefix { "*" } else { "" });
            format!("{not}{}{prefix}", term.plain.replace(' ', "+"))
        };
        let groups = parse(query);
        let groups: Vec<String> =
            groups.iter().map(|group| group.iter().map(term).collect::<Vec<_>>().join("|")).collect();
        groups.join(" ")
    }

    #[test]
    fn queries_are_read_as_people_mean_them() {
        for (query, wanted) in [
            ("budget talks", "budget talks"),
            ("\"cut the budget\" -lunch", "cut+the+budget -lunch"),
            ("-\"old plan\" new", "-old+plan new"),
            ("trans* OR minutes end", "trans*|minutes end"),
            ("e-mail", "e+mail"),
            ("or a or or b", "a|b"),
            ("\"never closed", "never+closed"),
            ("  !!! - \"\" ", ""),
            ("会议", "会+议"),
        ] {
            assert_eq!(shown(query), wanted, "{query}");
        }
        assert_eq!(parse(&"word ".repeat(500)).len(), MOST);
        assert_eq!(parse("Résumé")[0][0].folded, "resume");
    }
}
