use std::collections::BTreeSet;
use std::time::Duration;

use super::units::{SELF_TEST, Units};
use super::*;

/// Every id of the requirements that this program answers to. It is written out, so that none is lost in the table and the
/// page alike.
fn known() -> Vec<String> {
    let ranges = [1..=15, 20..=33, 40..=67, 70..=78, 80..=82, 90..=107];
    ranges.into_iter().flatten().map(|number| format!("H-{number:02}")).collect()
}

#[test]
fn table_page_and_known_ids_are_the_same() {
    let table: Vec<String> = REQUIREMENTS.iter().map(|one| one.id.to_owned()).collect();
    assert_eq!(table, known());
    let page = std::fs::read_to_string("docs/SECURITY.md").unwrap();
    let rows: Vec<(&str, Vec<&str>)> = page
        .lines()
        .filter(|line| line.starts_with("| H-"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            (cells[0], cells)
        })
        .collect();
    let ids: Vec<&str> = rows.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, known(), "docs/SECURITY.md");
    for (id, cells) in rows {
        assert_eq!(cells.len(), 5, "{id}: id, requirement, how, status, proof");
        assert!(cells.iter().all(|cell| !cell.is_empty()), "{id}: an empty cell");
        let applies = match cells[3] {
            "met" | "met by the module" | "the operator's" => true,
            status => {
                assert!(
                    status.starts_with("not applicable") || status.starts_with("later: "),
                    "{id}: {status}"
                );
                false
            }
        };
        assert!(applies || may_not_apply(id), "{id} may not be left out");
    }
}

#[test]
fn what_the_page_calls_a_proof_exists() {
    let root = std::path::Path::new(".");
    let page = std::fs::read_to_string(root.join("docs/SECURITY.md")).unwrap();
    let mut sources = String::new();
    let mut folders = vec![root.join("src"), root.join("tests/it")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path if path.extension().is_some_and(|end| end == "rs") => {
                    sources.push_str(&std::fs::read_to_string(path).unwrap());
                }
                _ => {}
            }
        }
    }
    let mut named = BTreeSet::new();
    for line in page.lines().filter(|line| line.starts_with("| H-")) {
        let proof = line.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        // A name in code marks is a test; everything else is words.
        named.extend(proof.split('`').skip(1).step_by(2).filter(|name| name.contains('_')));
    }
    assert!(named.len() > 10, "{named:?}");
    for name in named {
        let name = name.rsplit("::").next().unwrap();
        assert!(sources.contains(&format!("fn {name}(")), "{name} is no test");
    }
}

#[test]
fn a_requirement_that_nobody_looked_at_fails() {
    let seen = row(&REQUIREMENTS[0], None);
    assert!(seen.failed() && seen.seen == "not looked at");
    assert!(!row(&REQUIREMENTS[0], Some(Pass("8 cores".into()))).failed());
    let failed = row(&REQUIREMENTS[0], Some(Fail("2 cores".into()))).to_string();
    assert!(failed.starts_with("FAIL H-01") && failed.contains("to mend it: "), "{failed}");
}

#[test]
fn the_self_test_must_have_ended_well_within_26_hours() {
    const HOUR: u64 = 3600;
    let verdict = |properties: &str| {
        let units = Ok(Units::read(&format!("Id={SELF_TEST}\n{properties}")));
        health::self_test(&units, Duration::from_secs(100 * HOUR))
    };
    let ended = |hours: u64, result: &str| {
        let at = hours * HOUR * 1_000_000;
        verdict(&format!(
            "LoadState=loaded\nActiveState=inactive\nResult={result}\nExecMainExitTimestampMonotonic={at}\n"
        ))
    };
    assert_eq!(ended(99, "success"), Pass("1 hours ago".into()));
    assert_eq!(ended(75, "success"), Pass("25 hours ago".into()));
    assert_eq!(ended(74, "success"), Fail("26 hours ago".into()));
    let told = |outcome: Outcome, word: &str| {
        assert!(matches!(&outcome, Fail(seen) if seen.contains(word)), "{outcome:?}")
    };
    told(ended(99, "exit-code"), "exit-code");
    told(ended(0, "success"), "not run");
    told(ended(0, "resources"), "resources");
    told(verdict("LoadState=not-found\nActiveState=inactive\nResult=success\n"), "there is no");
    told(verdict("LoadState=loaded\nActiveState=activating\nResult=success\n"), "just now");
    told(
        health::self_test(&Err("systemd does not run here".into()), Duration::ZERO),
        "can't be told from here",
    );
}
