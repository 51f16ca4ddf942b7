//! PDF: A4, tagged, with bookmarks, its text selectable; every script that the fonts have, from both sides.
//!
//! Pure, so fonts come from outside: [`characters`] says which ones they need, [`render`] sets the text in them. What they lack is
//! refused by the name of its script: nobody gets a page of empty boxes.

mod faces;
mod lines;
mod pages;
mod tags;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use unicode_script::{Script, UnicodeScript};

use super::Document;
use super::blocks::{Block, Kind, Look, Span, blocks, is_right_to_left, language, title};
use faces::Faces;
use lines::Setter;
use pages::Pages;

/// Bytes of text that are set at once, so that a block of megabytes takes no more memory than a long one.
const PIECE: usize = 4000;

/// A font's file, as it is read.
#[derive(Clone, Debug)]
pub struct Program {
    pub data: Arc<Vec<u8>>,
    /// Which font of a collection.
    pub index: u32,
    /// The weight to set it to, where that can be set.
    pub weight: Option<f32>,
}

/// A font, with its bold sister if there is one.
#[derive(Clone, Debug)]
pub struct Face {
    pub regular: Program,
    pub bold: Option<Program>,
}

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    #[error(
        "no font here has the letters of {}; install {}, or name a folder with such fonts in export.fonts. The other formats need no fonts",
        .0.join(", "), .1.join(" and ")
    )]
    Missing(Vec<&'static str>, Vec<&'static str>),
    #[error("the file could not be put together: {0}")]
    Broken(String),
}

/// What has to be in a font, of everything that is shown.
pub fn characters(document: &Document) -> BTreeSet<char> {
    let blocks = blocks(document);
    let spans = blocks.iter().flat_map(|block| &block.spans);
    let shown = spans.flat_map(|span| span.text.chars()).chain("0123456789[]+•…ABCDEFU".chars());
    shown.filter(|c| !is_invisible(*c)).collect()
}

/// The transcript as a PDF, in the first of `faces` that has each letter.
///
/// # Errors
/// [`PdfError::Missing`]: letters that none of them has. Other signs that none has are shown by their number, as in `[U+1F600]`.
pub fn render(document: &Document, faces: &[Face]) -> Result<Vec<u8>, PdfError> {
    let faces = Faces::load(faces)?;
    let wanted = characters(document);
    let missing: BTreeSet<char> = wanted.into_iter().filter(|c| !faces.have(*c)).collect();
    let letters = missing.iter().copied().filter(|c| c.is_alphanumeric());
    let scripts: BTreeMap<&'static str, Script> =
        letters.map(script).map(|script| (script.full_name(), script)).collect();
    if !scripts.is_empty() {
        return Err(refusal(&scripts));
    }
    let rtl = is_right_to_left(language(document).unwrap_or_default());
    let setter = Setter::new(&faces);
    let mut pages = Pages::new(&faces, language(document), rtl);
    for block in blocks(document) {
        let block = visible(block, &missing);
        let rtl = block.rtl(rtl);
        let (mut first, title) = (true, bookmark(&block));
        for piece in pieces(block) {
            let width = pages::width(piece.kind);
            let set =
                setter.set(&piece.spans, pages::size(piece.kind), pages::is_bold(piece.kind), (width, rtl));
            pages.place(piece.kind, set, (rtl, first.then_some(title.as_str())), &setter);
            first = false;
        }
    }
    pages.finish(&title(document), document.created_at, &setter)
}

fn refusal(scripts: &BTreeMap<&'static str, Script>) -> PdfError {
    let packages: BTreeSet<&'static str> = scripts.values().map(|script| package(*script)).collect();
    PdfError::Missing(scripts.keys().copied().collect(), packages.into_iter().collect())
}

/// Whose letter it is: digits and what else belongs to all are in fonts of Latin.
fn script(c: char) -> Script {
    match c.script() {
        Script::Common | Script::Inherited => Script::Latin,
        script => script,
    }
}

/// Where fonts of a script come from, on Debian and on NixOS.
fn package(script: Script) -> &'static str {
    match script {
        Script::Han | Script::Hiragana | Script::Katakana | Script::Hangul | Script::Bopomofo => {
            "fonts-noto-cjk (Debian) or noto-fonts-cjk-sans (NixOS)"
        }
        _ => "fonts-noto-core (Debian) or noto-fonts (NixOS)",
    }
}

/// What is never drawn: spaces, and marks that only say how others are.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The block with signs that no font has shown by their numbers.
fn visible(mut block: Block, missing: &BTreeSet<char>) -> Block {
    for span in &mut block.spans {
        if span.text.contains(|c| missing.contains(&c)) {
            let shown = |c: char| match missing.contains(&c) {
                true => format!("[U+{:04X}]", c as u32),
                false => c.to_string(),
            };
            span.text = span.text.chars().map(shown).collect();
        }
    }
    block
}

/// What a heading is called in the list of bookmarks.
fn bookmark(block: &Block) -> String {
    let spans = block.spans.iter().filter(|span| span.look != Look::Muted);
    spans.flat_map(|span| span.text.chars()).take(200).collect()
}

fn push(pieces: &mut [Block], span: Span) {
    if let Some(piece) = pieces.last_mut() {
        piece.spans.push(span);
    }
}

/// A block cut into such as can be set at once, at spaces where there are any.
fn pieces(block: Block) -> Vec<Block> {
    let kind = block.kind;
    let mut pieces = vec![Block { kind, spans: Vec::new() }];
    let mut used = 0;
    for Span { look, text } in block.spans {
        let mut rest = text.as_str();
        while used + rest.len() > PIECE {
            let room = rest.floor_char_boundary(PIECE.saturating_sub(used).max(4));
            let end = match rest[..room].rfind(' ') {
                Some(space) if space > 0 => space + 1,
                // It goes on the next one whole, unless that has to be cut as well.
                _ if used > 0 => 0,
                _ => room,
            };
            if end > 0 {
                push(&mut pieces, Span { look, text: rest[..end].to_owned() });
            }
            rest = &rest[end..];
            pieces.push(Block { kind, spans: Vec::new() });
            used = 0;
        }
        used += rest.len();
        if !rest.is_empty() {
            push(&mut pieces, Span { look, text: rest.to_owned() });
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_megabytes_is_cut_and_nothing_of_it_lost() {
        for text in ["word ".repeat(300_000), "ß".repeat(700_000), "x".into(), String::new()] {
            let spans = vec![
                Span { look: Look::Strong, text: "Name".into() },
                Span { look: Look::Plain, text: text.clone() },
            ];
            let cut = pieces(Block { kind: Kind::Paragraph, spans });
            let whole: String = cut.iter().map(Block::text).collect();
            assert_eq!(whole, format!("Name{text}"));
            assert!(cut.iter().all(|piece| piece.text().len() <= PIECE + 4));
        }
    }

    #[test]
    fn what_no_font_has_is_refused_by_the_names_of_its_scripts() {
        let document = Document { title: Some("会议 سلام".into()), ..Document::default() };
        let said = render(&document, &[]).unwrap_err().to_string();
        for wanted in ["Arabic", "Han", "Latin", "fonts-noto-cjk", "fonts-noto-core", "export.fonts"] {
            assert!(said.contains(wanted), "{wanted}: {said}");
        }
    }
}
