//! The page of the contract: every test that it names is there.

const PAGE: &str = include_str!("../../docs/DEVELOPING.md");

/// Names of the contract's tables: a file, or `file::test`.
fn named() -> Vec<&'static str> {
    let part =
        PAGE.split("\n## ").find(|part| part.starts_with("The contract")).expect("the page of the contract");
    let rows = part.lines().filter(|line| line.starts_with('|'));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2)).collect()
}

/// The text of a file of tests.
fn text(file: &str) -> Option<String> {
    let root = crate::support::tree().join("tests/it");
    std::fs::read_to_string(root.join(file.replace("::", "/")).with_extension("rs")).ok()
}

#[test]
fn every_part_of_the_contract_names_tests_that_are_there() {
    let named = named();
    for name in &named {
        if let Some(text) = text(name) {
            assert!(text.contains("#[tokio::test") || text.contains("#[test]"), "{name} has no test");
            continue;
        }
        let (file, test) = name.rsplit_once("::").unwrap_or_else(|| panic!("there is no {name}"));
        let text = text(file).unwrap_or_else(|| panic!("there is no {name}"));
        let head = format!("fn {test}() {{");
        let found = text.split("#[tokio::test").skip(1).chain(text.split("#[test]").skip(1));
        let mut heads = found.filter_map(|after| after.lines().find(|line| line.contains("fn ")));
        assert!(heads.any(|line| line.ends_with(&head)), "{file} has no test {test}");
    }
    for section in 1..=12 {
        assert!(PAGE.contains(&format!("| 1.{section} ")), "the ancestor's section 1.{section} has no row");
    }
    assert!(named.len() >= 30, "{named:?}");
}
