//! The fonts of this machine: which ones there are, what they have letters for, and those that a text needs. Only documents that are
//! printed need any.

mod scan;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::export::pdf::{Face, Program};
use scan::{Font, Slope};

/// Where fonts are unless the settings say otherwise: Debian's places and NixOS's.
const USUAL: [&str; 3] =
    ["/usr/share/fonts", "/usr/local/share/fonts", "/run/current-system/sw/share/X11/fonts"];
/// After which fonts are looked for again when one is missing.
const AGAIN: Duration = Duration::from_secs(60);
/// What writing most people need, with a letter or two of each.
const SCRIPTS: [(&str, &str); 9] = [
    ("Latin", "aé"),
    ("Greek", "α"),
    ("Cyrillic", "я"),
    ("Arabic", "س"),
    ("Hebrew", "ש"),
    ("Devanagari", "क"),
    ("Chinese", "会"),
    ("Japanese", "あ"),
    ("Korean", "한"),
];

/// The fonts below some folders; they are looked for when they are needed first.
#[derive(Debug)]
pub struct Fonts {
    folders: Vec<PathBuf>,
    known: Mutex<Option<(Instant, Arc<Vec<Font>>)>>,
}

impl Fonts {
    /// Those below these folders; none: below the usual ones.
    pub fn new(folders: &[PathBuf]) -> Self {
        let usual = || USUAL.iter().map(PathBuf::from).collect();
        let folders = if folders.is_empty() { usual() } else { folders.to_vec() };
        Self { folders, known: Mutex::default() }
    }

    /// Fonts that have these letters, as far as there are any, the preferred ones first. `language`, by its code, decides between fonts
    /// that write the same letters differently. Reads files.
    pub fn faces(&self, letters: &BTreeSet<char>, language: &str) -> Vec<Face> {
        let mut fonts = self.known(None);
        if letters.iter().any(|c| fonts.iter().all(|font| !font.has(*c))) {
            fonts = self.known(Some(AGAIN));
        }
        let mut chosen: Vec<&Font> = Vec::new();
        for c in letters {
            let best = fonts.iter().filter(|font| font.slope == Slope::Regular && font.has(*c));
            let best = best.min_by_key(|font| (font.foreignness(language), font.rank, &font.family));
            chosen.extend(best.filter(|best| !chosen.iter().any(|one| std::ptr::eq(*one, *best))));
        }
        let mut read = HashMap::new();
        chosen.into_iter().filter_map(|font| face(font, &fonts, &mut read)).collect()
    }

    /// Which of the scripts that most people need there are letters for, and which not.
    pub fn scripts(&self) -> (Vec<&'static str>, Vec<&'static str>) {
        let fonts = self.known(None);
        let has = |letters: &str| letters.chars().all(|c| fonts.iter().any(|font| font.has(c)));
        let (there, missing): (Vec<_>, Vec<_>) = SCRIPTS.iter().partition(|(_, letters)| has(letters));
        let names =
            |scripts: Vec<&(&'static str, &str)>| scripts.into_iter().map(|(name, _)| *name).collect();
        (names(there), names(missing))
    }

    /// All fonts; looked for anew if that was longer ago than `older`.
    fn known(&self, older: Option<Duration>) -> Arc<Vec<Font>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some((at, fonts)) if older.is_none_or(|older| at.elapsed() < older) => fonts.clone(),
            _ => {
                let fonts = Arc::new(scan::below(&self.folders));
                *known = Some((Instant::now(), fonts.clone()));
                fonts
            }
        }
    }
}

/// A font's file with that of its bold sister. One that can't be read any more is left out.
fn face<'f>(font: &'f Font, all: &'f [Font], read: &mut HashMap<&'f Path, Arc<Vec<u8>>>) -> Option<Face> {
    let mut program = |font: &'f Font, weight: Option<f32>| {
        let data = match read.get(font.path.as_path()) {
            Some(data) => data.clone(),
            None => {
                let data = Arc::new(std::fs::read(&font.path).ok()?);
                read.insert(&font.path, data.clone());
                data
            }
        };
        Some(Program { data, index: font.index, weight })
    };
    let bold = match font.variable {
        true => program(font, Some(700.0)),
        false => all
            .iter()
            .find(|one| one.slope == Slope::Bold && one.family == font.family)
            .and_then(|one| program(one, None)),
    };
    Some(Face { regular: program(font, font.variable.then_some(400.0))?, bold })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_fonts_has_none_and_says_what_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("broken.ttf"), b"no font").unwrap();
        std::fs::write(folder.path().join("readme.txt"), b"x").unwrap();
        let fonts = Fonts::new(&[folder.path().into(), "/does/not/exist".into()]);
        assert!(fonts.faces(&BTreeSet::from(['a']), "en").is_empty());
        let (there, missing) = fonts.scripts();
        assert!(there.is_empty() && missing.len() == SCRIPTS.len());
    }
}
