//! Whether the table has every route: a new one needs a row, or a reason why it has none.

use std::collections::BTreeSet;

use regex::Regex;

use super::actions::{ACTIONS, ELSEWHERE, route};
use super::table;

/// Methods and addresses: pages by the router's source, the API by its description, which another test holds to the router.
fn routes() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, item) in reflector::web::openapi().paths.paths {
        for (method, there) in [
            ("GET", item.get.is_some()),
            ("HEAD", item.head.is_some()),
            ("POST", item.post.is_some()),
            ("PUT", item.put.is_some()),
            ("PATCH", item.patch.is_some()),
            ("DELETE", item.delete.is_some()),
        ] {
            if there {
                found.insert(format!("{method} {path}"));
            }
        }
    }
    let methods = Regex::new(r"\b(get|post|put|patch|delete|head|any)\(").unwrap();
    let source = include_str!("../../../../src/web/router.rs");
    for part in source.split(".route(").skip(1) {
        let end = closing(part);
        let path = part.split('"').nth(1).expect("an address");
        let taken: Vec<_> =
            methods.captures_iter(&part[..end]).map(|found| found[1].to_uppercase()).collect();
        assert!(!taken.is_empty(), "no method of {path} is recognised");
        found.extend(taken.into_iter().map(|method| format!("{method} {path}")));
    }
    found
}

/// Where the parenthesis that is open at the beginning closes.
fn closing(text: &str) -> usize {
    let mut open = 1;
    let end = text.char_indices().find(|&(_, c)| {
        open += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        open == 0
    });
    end.expect("it closes").0
}

#[test]
fn every_route_and_method_has_cells_in_the_table_or_a_reason_why_not() {
    let all = routes();
    assert!(
        all.len() >= 150 && all.contains("POST /transcripts/{id}/speakers") && all.contains("GET /livez"),
        "{all:#?}"
    );
    let tried: BTreeSet<String> = ACTIONS.iter().map(|(_, line, _)| route(line).to_owned()).collect();
    let elsewhere: BTreeSet<String> = ELSEWHERE.iter().map(|(line, _)| (*line).to_owned()).collect();
    let both: Vec<_> = tried.intersection(&elsewhere).collect();
    assert!(both.is_empty(), "tried, and said not to be: {both:?}");
    let known: BTreeSet<String> = tried.union(&elsewhere).cloned().collect();
    let new: Vec<_> = all.difference(&known).collect();
    assert!(new.is_empty(), "give them an action in actions.rs and letters in cells.txt: {new:#?}");
    let gone: Vec<_> = known.difference(&all).collect();
    assert!(gone.is_empty(), "no such route: {gone:#?}");
    assert!(ELSEWHERE.iter().all(|(_, why)| !why.is_empty()));

    let named: BTreeSet<&str> = ACTIONS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(named.len(), ACTIONS.len(), "each name once");
    let used: BTreeSet<&str> = table().into_iter().flat_map(|row| row.actions).collect();
    assert_eq!(named, used, "every action stands in the table, and the table has no other");
}
