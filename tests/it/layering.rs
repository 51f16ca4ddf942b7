//! Which module may use which: the table in docs/ARCHITECTURE.md, held against every `crate::` path in src/.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Rooms that hold no logic of the product and may be used from anywhere.
const EVERYWHERE: [&str; 2] = ["ids", "clock"];

fn root() -> PathBuf {
    crate::support::tree()
}

/// Reads the rows `| module | may use |` between the table's markers.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let body = text.split("<!-- layering -->").nth(1).expect("docs/ARCHITECTURE.md has no layering table");
    let names = |cell: &str| -> Vec<String> {
        cell.split(',')
            .map(|name| name.trim().trim_matches('`').to_owned())
            .filter(|name| !name.is_empty())
            .collect()
    };
    let mut table = BTreeMap::new();
    for row in body.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        for module in names(cells[0]) {
            table.insert(module, names(cells[1]).into_iter().collect());
        }
    }
    assert!(table.len() > 10, "the layering table was not read: {table:?}");
    table
}

/// Words and punctuation of Rust text without comments, strings and characters.
fn tokens(source: &str) -> Vec<String> {
    let chars: Vec<char> = source.chars().collect();
    let (mut out, mut i) = (Vec::new(), 0);
    while i < chars.len() {
        let (c, next) = (chars[i], chars.get(i + 1).copied());
        if c == '/' && next == Some('/') {
            while i < chars.len() && chars[i] != '\n' {
                i += 1;
            }
        } else if c == '/' && next == Some('*') {
            i += 2;
            while i + 1 < chars.len() && (chars[i], chars[i + 1]) != ('*', '/') {
                i += 1;
            }
            i += 2;
        } else if c == 'r' && matches!(next, Some('"' | '#')) && raw_string_end(&chars, i).is_some() {
            i = raw_string_end(&chars, i).unwrap();
        } else if c == '"' {
            i += 1;
            while i < chars.len() && chars[i] != '"' {
                i += if chars[i] == '\\' { 2 } else { 1 };
            }
            i += 1;
        } else if c == '\'' && (next == Some('\\') || chars.get(i + 2) == Some(&'\'')) {
            i += if next == Some('\\') { 3 } else { 2 };
            while i < chars.len() && chars[i - 1] != '\'' && chars[i] != '\'' {
                i += 1;
            }
            i += 1;
        } else if c.is_alphanumeric() || c == '_' {
            let start = i;
            while i < chars.len() && (chars[i].is_alphanumeric() || chars[i] == '_') {
                i += 1;
            }
            out.push(chars[start..i].iter().collect());
        } else {
            if c == ':' && next == Some(':') {
                out.push("::".into());
                i += 1;
            } else if !c.is_whitespace() {
                out.push(c.to_string());
            }
            i += 1;
        }
    }
    out
}

fn raw_string_end(chars: &[char], start: usize) -> Option<usize> {
    let hashes = chars[start + 1..].iter().take_while(|c| **c == '#').count();
    let open = start + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return None;
    }
    let mut i = open + 1;
    while i < chars.len() {
        if chars[i] == '"' && chars[i + 1..].iter().take_while(|c| **c == '#').count() >= hashes {
            return Some(i + 1 + hashes);
        }
        i += 1;
    }
    Some(chars.len())
}

/// First components of every path that starts at the crate's root, groups (`crate::{a, b::c}`) included.
fn uses(tokens: &[String], depth: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for i in 0..tokens.len() {
        let mut at = i;
        if tokens[i] == "crate" {
            at += 1;
        } else if tokens[i] == "super" && (i == 0 || tokens[i - 1] != "::") {
            // `super::super::…` that climbs to the root is a path from the root too.
            let mut climbed = 0;
            while tokens.get(at).is_some_and(|t| t == "super") {
                climbed += 1;
                at += 2;
            }
            if climbed < depth {
                continue;
            }
            at -= 1;
        } else {
            continue;
        }
        if tokens.get(at).map(String::as_str) != Some("::") {
            continue;
        }
        match tokens.get(at + 1).map(String::as_str) {
            Some("{") => {
                let (mut level, mut first) = (0, true);
                for token in &tokens[at + 1..] {
                    match token.as_str() {
                        "{" => level += 1,
                        "}" if level == 1 => break,
                        "}" => level -= 1,
                        "," if level == 1 => first = true,
                        name if level == 1 && first => {
                            found.insert(name.to_owned());
                            first = false;
                        }
                        _ => {}
                    }
                }
            }
            // `use super::*` in a test module within the file names the file's own module, not the crate's root.
            Some("*") if tokens[i] == "super" => {}
            Some(name) => {
                found.insert(name.to_owned());
            }
            None => {}
        }
    }
    found
}

fn rust_files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push(path);
        }
    }
}

#[test]
fn every_module_uses_only_what_the_table_allows() {
    let (table, src) = (table(), root().join("src"));
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let path = file.strip_prefix(&src).unwrap();
        let parts: Vec<String> = path
            .with_extension("")
            .components()
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect();
        let module = parts[0].as_str();
        if matches!(module, "main" | "lib") {
            continue;
        }
        let Some(allowed) = table.get(module) else {
            wrong.push(format!("{module} is not in the table of docs/ARCHITECTURE.md"));
            continue;
        };
        if allowed.contains("everything") {
            continue;
        }
        let depth = parts.len() - usize::from(parts.last().is_some_and(|last| last == "mod"));
        for used in uses(&tokens(&std::fs::read_to_string(&file).unwrap()), depth) {
            if used != module && !EVERYWHERE.contains(&used.as_str()) && !allowed.contains(&used) {
                wrong.push(format!("{} uses crate::{used}", path.display()));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "against the layering table:\n{}", wrong.join("\n"));
}

#[test]
fn no_file_is_longer_than_600_lines_but_the_schema() {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    rust_files(&root().join("tests"), &mut files);
    let long: Vec<String> = files
        .iter()
        .filter(|file| file.file_name().is_some_and(|name| name != "schema.rs"))
        .filter_map(|file| {
            let lines = std::fs::read_to_string(file).unwrap().lines().count();
            (lines > 600).then(|| format!("{} ({lines})", file.display()))
        })
        .collect();
    assert!(long.is_empty(), "longer than 600 lines: {long:?}");
}

#[test]
fn the_reader_sees_groups_and_climbing_paths_and_skips_text() {
    let source = r##"
        // crate::comment
        use crate::{alpha, beta::{gamma, delta}};
        fn f() -> crate::epsilon::T { let _ = "crate::string"; super::super::zeta::g() }
        const C: char = '"'; use super::local;
    "##;
    let seen: Vec<String> = uses(&tokens(source), 2).into_iter().collect();
    assert_eq!(seen, ["alpha", "beta", "epsilon", "zeta"]);
}
