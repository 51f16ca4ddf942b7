//! Terms to PostgreSQL's queries, one set for each configuration that documents have.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Array, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::index::MOST_MARKED;
use super::terms::{Group, Term};
use super::text::configs;

/// What is asked of documents in one configuration; every text is a `tsquery`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Compiled {
    pub config: String,
    /// Of a document: all groups, phrases as their words. `None` when there are only phrases that must not occur.
    pub document: Option<String>,
    /// The same without what must not occur. `None` when all terms are negated.
    pub wanted: Option<String>,
    /// Of passages, each somewhere in the document: groups with a phrase.
    pub somewhere: Vec<String>,
    /// Of passages, nowhere in the document: phrases that must not occur.
    pub nowhere: Vec<String>,
    /// Of a passage: any term. `None` when all terms are negated.
    pub any: Option<String>,
    /// Of a passage: every group.
    pub every: Option<String>,
    /// Of a single word: any of all terms' words.
    pub word: Option<String>,
}

impl Compiled {
    /// As `wanted`, of what is said often: behind the sign that such words have. `None` where one is too long to have it.
    pub fn often(&self, sign: &str) -> Option<String> {
        let marked = |piece: &str| match piece.strip_prefix('\'') {
            Some(word) => format!("'{sign}{word}"),
            None => piece.to_owned(),
        };
        let pieces = self.wanted.as_ref()?.split(' ');
        let short = |piece: &str| i32::try_from(piece.len()).is_ok_and(|bytes| bytes < MOST_MARKED);
        pieces
            .map(|piece| short(piece).then(|| marked(piece)))
            .collect::<Option<Vec<_>>>()
            .map(|all| all.join(" "))
    }
}

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = Text)]
    config: String,
}

#[derive(QueryableByName)]
struct Lexemes {
    #[diesel(sql_type = Text)]
    stemmed: String,
    #[diesel(sql_type = Text)]
    simple: String,
}

/// # Errors
/// Those of the database.
pub(super) async fn compile(conn: &mut AsyncPgConnection, groups: &[Group]) -> QueryResult<Vec<Compiled>> {
    let used: Vec<Known> = sql_query(
        "SELECT config FROM unnest($1) AS config
         WHERE EXISTS (SELECT FROM search_document d WHERE d.config = config.config)",
    )
    .bind::<Array<Text>, _>(configs())
    .load(conn)
    .await?;
    let terms: Vec<&Term> = groups.iter().flatten().collect();
    let mut compiled = Vec::with_capacity(used.len());
    for Known { config } in used {
        let lexemes: Vec<Lexemes> = sql_query(
            "SELECT phraseto_tsquery($1::regconfig, plain)::text AS stemmed,
                    phraseto_tsquery('simple', folded)::text AS simple
             FROM unnest($2, $3) WITH ORDINALITY AS term (plain, folded, place) ORDER BY place",
        )
        .bind::<Text, _>(&config)
        .bind::<Array<Text>, _>(terms.iter().map(|term| term.plain.as_str()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(terms.iter().map(|term| term.folded.as_str()).collect::<Vec<_>>())
        .load(conn)
        .await?;
        compiled.push(assemble(config, groups, &lexemes));
    }
    Ok(compiled)
}

fn assemble(config: String, groups: &[Group], lexemes: &[Lexemes]) -> Compiled {
    // `simple` knows no language. A phrase is met by its stems only where each of its words has one: what would be left of
    // "the budget" is no phrase.
    let whole = |term: &Term, lexemes: &Lexemes| {
        let words = lexemes.stemmed.split(' ').filter(|piece| !piece.is_empty() && !piece.starts_with('<'));
        config != "simple" && words.count() == term.plain.split(' ').count()
    };
    // A language's stop words say nothing, unless nothing else is asked for.
    let stop = |term: &Term, lexemes: &Lexemes| {
        config != "simple" && !term.is_phrase() && lexemes.stemmed.is_empty()
    };
    let telling = groups.iter().flatten().zip(lexemes).any(|(term, lexemes)| !stop(term, lexemes));
    let mut made = Compiled {
        config: config.clone(),
        document: None,
        wanted: None,
        somewhere: Vec::new(),
        nowhere: Vec::new(),
        any: None,
        every: None,
        word: None,
    };
    let (mut document, mut every, mut any, mut word) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut wanted = Vec::new();
    let mut rest = lexemes.iter();
    for group in groups {
        let (mut exact, mut loose) = (Vec::new(), Vec::new());
        for (term, lexemes) in group.iter().zip(rest.by_ref()) {
            if telling && stop(term, lexemes) {
                continue;
            }
            let mut ways = Vec::new();
            if whole(term, lexemes) {
                ways.push(begin(&lexemes.stemmed, term.prefix));
            }
            if !lexemes.simple.is_empty() {
                ways.push(begin(&lexemes.simple, term.prefix));
            }
            if ways.is_empty() {
                continue;
            }
            let phrase = either(&ways);
            let apart = either(&ways.iter().map(|way| replaced(way, "&")).collect::<Vec<_>>());
            match (term.not, term.is_phrase()) {
                (true, true) => made.nowhere.push(phrase),
                (true, false) => document.push(format!("!{phrase}")),
                (false, _) => {
                    word.extend(ways.iter().map(|way| replaced(way, "|")));
                    any.push(phrase.clone());
                    exact.push(phrase);
                    loose.push(apart);
                }
            }
        }
        if exact.is_empty() {
            continue;
        }
        if group.iter().any(Term::is_phrase) {
            made.somewhere.push(either(&exact));
        }
        every.push(either(&exact));
        wanted.push(either(&loose));
        document.push(either(&loose));
    }
    let joined = |all: Vec<String>, with: &str| Some(all.join(with)).filter(|text| !text.is_empty());
    made.document = joined(document, " & ");
    made.wanted = joined(wanted, " & ");
    made.every = joined(every, " & ");
    made.any = joined(any, " | ");
    made.word = joined(word, " | ");
    made
}

/// The last word as the beginning of one.
fn begin(query: &str, prefix: bool) -> String {
    if prefix { format!("{query}:*") } else { query.to_owned() }
}

fn either(ways: &[String]) -> String {
    format!("( {} )", ways.join(" | "))
}

/// A phrase whose words need not follow each other: joined by something else. Lexemes hold no spaces.
fn replaced(phrase: &str, with: &str) -> String {
    phrase
        .split(' ')
        .map(|piece| if piece.starts_with('<') { with } else { piece })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::terms::parse;
    use super::*;

    fn made(config: &str, query: &str, lexemes: &[(&str, &str)]) -> Compiled {
        let lexemes: Vec<Lexemes> = lexemes
            .iter()
            .map(|(stemmed, simple)| Lexemes { stemmed: (*stemmed).into(), simple: (*simple).into() })
            .collect();
        assemble(config.into(), &parse(query), &lexemes)
    }

    #[test]
    fn words_are_met_by_their_stem_or_as_they_are_and_stop_words_are_left_out() {
        let made = made("english", "the budgets", &[("", "'the'"), ("'budget'", "'budgets'")]);
        assert_eq!(made.document.as_deref(), Some("( ( 'budget' | 'budgets' ) )"));
        assert_eq!(made.word.as_deref(), Some("'budget' | 'budgets'"));
        assert!(made.somewhere.is_empty());
        assert_eq!(made.often("##").as_deref(), Some("( ( '##budget' | '##budgets' ) )"));
    }

    #[test]
    fn only_stop_words_are_words_too() {
        let made = made("english", "\"to be\"", &[("", "'to' <-> 'be'")]);
        assert_eq!(made.document.as_deref(), Some("( ( 'to' & 'be' ) )"));
        assert_eq!(made.somewhere, ["( ( 'to' <-> 'be' ) )"]);
    }

    #[test]
    fn a_phrase_keeps_its_stop_words() {
        let made =
            made("english", "\"the budget\" now", &[("'budget'", "'the' <-> 'budget'"), ("", "'now'")]);
        assert_eq!(made.somewhere, ["( ( 'the' <-> 'budget' ) )"]);
        assert_eq!(made.document.as_deref(), Some("( ( 'the' & 'budget' ) )"));
    }

    #[test]
    fn what_must_not_occur_and_beginnings() {
        let lexemes = [("'a'", "'a'"), ("'b' <-> 'c'", "'b' <-> 'c'"), ("'d'", "'d'")];
        let made = made("simple", "-a -\"b c\" d*", &lexemes);
        assert_eq!(made.document.as_deref(), Some("!( 'a' ) & ( ( 'd':* ) )"));
        assert_eq!(made.nowhere, ["( 'b' <-> 'c' )"]);
        assert_eq!(made.any.as_deref(), Some("( 'd':* )"));
        assert_eq!(made.often("#").as_deref(), Some("( ( '#d':* ) )"));
    }
}
