//! Looks for fonts below folders, and into them.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use rustybuzz::ttf_parser::{self, Tag, Width, name_id};

/// Folders within folders, files, and bytes of a file: more than any machine has.
const DEPTH: usize = 8;
const MOST_FILES: usize = 20_000;
const LONGEST_FILE: u64 = 200_000_000;

/// How heavy a font is; slanted ones, and other weights, are not wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slope {
    Regular,
    Bold,
}

/// A font that is there.
#[derive(Debug)]
pub(super) struct Font {
    pub path: PathBuf,
    /// Which one of a collection.
    pub index: u32,
    pub family: String,
    pub slope: Slope,
    /// It can be made as heavy as one likes.
    pub variable: bool,
    /// How well it suits a document; the least is the best.
    pub rank: u8,
    /// The characters it has, in order.
    covers: Vec<RangeInclusive<u32>>,
}

impl Font {
    pub fn has(&self, c: char) -> bool {
        let at = self.covers.partition_point(|range| *range.end() < c as u32);
        self.covers.get(at).is_some_and(|range| range.contains(&(c as u32)))
    }

    /// Whether it writes as people of another language do; 0: no.
    pub fn foreignness(&self, language: &str) -> u8 {
        const WAYS: [(&str, &str); 5] =
            [(" SC", "zh"), (" TC", "zh-TW"), (" HK", "yue"), (" JP", "ja"), (" KR", "ko")];
        match WAYS.iter().find(|(end, _)| self.family.ends_with(end)) {
            Some((_, way)) if *way == language => 0,
            // Chinese of no known place is written in simplified letters.
            Some((" SC", _)) => 1,
            Some(_) => 2,
            None => 0,
        }
    }
}

/// All fonts below the folders.
pub(super) fn below(folders: &[PathBuf]) -> Vec<Font> {
    let mut files = Vec::new();
    for folder in folders {
        walk(folder, 0, &mut files);
    }
    files.sort();
    files.dedup();
    files.iter().flat_map(|path| fonts(path)).collect()
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(facts) = std::fs::metadata(&path) else { continue };
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if facts.is_dir() && depth < DEPTH {
            walk(&path, depth + 1, files);
        } else if facts.is_file()
            && facts.len() <= LONGEST_FILE
            && files.len() < MOST_FILES
            && ["ttf", "otf", "ttc", "otc"].contains(&ending.to_ascii_lowercase().as_str())
        {
            files.push(path);
        }
    }
}

/// The fonts of a file that are wanted; none if it can't be read.
fn fonts(path: &Path) -> Vec<Font> {
    let Ok(data) = std::fs::read(path) else { return Vec::new() };
    let count = ttf_parser::fonts_in_collection(&data).unwrap_or(1);
    (0..count).filter_map(|index| font(path, &data, index)).collect()
}

fn font(path: &Path, data: &[u8], index: u32) -> Option<Font> {
    let face = ttf_parser::Face::parse(data, index).ok()?;
    let family = family(&face)?;
    let axis = face.variation_axes().into_iter().find(|axis| axis.tag == Tag::from_bytes(b"wght"));
    let variable = axis.is_some_and(|axis| axis.min_value <= 400.0 && axis.max_value >= 700.0);
    let slope = match face.weight().to_number() {
        _ if variable => Slope::Regular,
        350..=450 => Slope::Regular,
        650..=750 => Slope::Bold,
        _ => return None,
    };
    let tables = face.tables();
    // Pictures of letters are no outlines.
    let drawn = tables.glyf.is_some() || tables.cff.is_some() || tables.cff2.is_some();
    if face.is_italic() || face.is_oblique() || face.width() != Width::Normal || !drawn {
        return None;
    }
    let rank = rank(&family, face.is_monospaced());
    let covers = covers(&face);
    Some(Font { path: path.to_owned(), index, family, slope, variable, rank, covers })
}

fn family(face: &ttf_parser::Face) -> Option<String> {
    let name = |id: u16| {
        let names = face.names().into_iter().filter(|name| name.name_id == id && name.is_unicode());
        // English first: others name themselves in their own letters.
        let mut names: Vec<_> = names.collect();
        names.sort_by_key(|name| name.language_id != 0x409);
        names.first().and_then(ttf_parser::name::Name::to_string)
    };
    name(name_id::TYPOGRAPHIC_FAMILY).or_else(|| name(name_id::FAMILY)).filter(|name| name != "LastResort")
}

fn rank(family: &str, mono: bool) -> u8 {
    match family {
        "Noto Sans" => 0,
        name if mono || name.contains("Mono") => 6,
        name if name.contains("Symbol") || name.contains("Math") || name.contains("Display") => 5,
        name if name.starts_with("Noto Sans") && name.ends_with(" UI") => 2,
        name if name.starts_with("Noto Sans") => 1,
        "DejaVu Sans" => 3,
        name if name.contains("Sans") => 3,
        _ => 4,
    }
}

fn covers(face: &ttf_parser::Face) -> Vec<RangeInclusive<u32>> {
    let mut all: Vec<u32> = Vec::new();
    let tables = face.tables().cmap.into_iter();
    for table in tables.flat_map(|cmap| cmap.subtables).filter(|table| table.is_unicode()) {
        table.codepoints(|point| {
            let there = table.glyph_index(point).is_some_and(|glyph| glyph.0 != 0);
            all.extend(there.then_some(point));
        });
    }
    all.sort_unstable();
    all.dedup();
    let mut ranges: Vec<RangeInclusive<u32>> = Vec::new();
    for point in all {
        match ranges.last_mut() {
            Some(last) if *last.end() + 1 == point => *last = *last.start()..=point,
            _ => ranges.push(point..=point),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plainest_font_is_preferred_and_the_one_of_the_language() {
        let order = [
            "Noto Sans",
            "Noto Sans Arabic",
            "Noto Sans Arabic UI",
            "DejaVu Sans",
            "Noto Serif",
            "Noto Sans Symbols",
        ];
        let ranks: Vec<u8> = order.iter().map(|name| rank(name, false)).collect();
        assert!(ranks.is_sorted(), "{ranks:?}");
        let font = |family: &str| Font {
            path: "x".into(),
            index: 0,
            family: family.into(),
            slope: Slope::Regular,
            variable: false,
            rank: 1,
            covers: vec![65..=70, 0x4e00..=0x9fff],
        };
        let cjk = |end: &str| font(&format!("Noto Sans CJK {end}"));
        for (language, wanted) in [("ja", "JP"), ("ko", "KR"), ("zh", "SC"), ("en", "SC"), ("yue", "HK")] {
            let best =
                ["HK", "JP", "KR", "SC", "TC"].into_iter().min_by_key(|end| cjk(end).foreignness(language));
            assert_eq!(best, Some(wanted), "{language}");
        }
        let font = font("x");
        let found: Vec<bool> = ['@', 'A', 'F', 'G', '一', 'あ'].map(|c| font.has(c)).to_vec();
        assert_eq!(found, [false, true, true, false, true, false]);
    }
}
