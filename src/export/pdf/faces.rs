//! Fonts that are open: which of them has a letter, and how text is shaped in it.

use std::collections::HashMap;

use krilla::text::{Font, Tag};
use rustybuzz::ttf_parser;
use unicode_script::{Script, UnicodeScript};

use super::{Face, PdfError, Program, is_invisible};

/// One font: as the file gets it, and as text is shaped in it.
pub(super) struct Cut<'f> {
    pub font: Font,
    pub shaper: rustybuzz::Face<'f>,
    /// The font's units in an em.
    pub per_em: f32,
}

/// A font by its number among [`Faces`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct CutId {
    face: usize,
    bold: bool,
}

/// All fonts that there are, in order of preference.
pub(super) struct Faces<'f> {
    cuts: HashMap<CutId, Cut<'f>>,
    faces: usize,
}

impl<'f> Faces<'f> {
    pub fn load(faces: &'f [Face]) -> Result<Self, PdfError> {
        let mut cuts = HashMap::new();
        for (face, programs) in faces.iter().enumerate() {
            cuts.insert(CutId { face, bold: false }, cut(&programs.regular)?);
            if let Some(program) = &programs.bold {
                cuts.insert(CutId { face, bold: true }, cut(program)?);
            }
        }
        Ok(Self { cuts, faces: faces.len() })
    }

    /// Whether any of them has it.
    pub fn have(&self, c: char) -> bool {
        (0..self.faces).any(|face| self.has(CutId { face, bold: false }, c))
    }

    fn has(&self, id: CutId, c: char) -> bool {
        self.cuts.get(&id).is_some_and(|cut| cut.shaper.glyph_index(c).is_some_and(|glyph| glyph.0 != 0))
    }

    pub fn get(&self, id: CutId) -> Option<&Cut<'f>> {
        self.cuts.get(&id)
    }

    /// The font for a letter after others that are set in `last`. What belongs to no script, and marks, go with what is before them.
    pub fn pick(&self, c: char, bold: bool, last: Option<CutId>) -> Option<CutId> {
        let of_any = matches!(c.script(), Script::Common | Script::Inherited);
        if let Some(last) = last.filter(|last| self.wanted(last.face, bold) == *last)
            && (is_invisible(c) || (of_any && self.has(last, c)))
        {
            return Some(last);
        }
        if is_invisible(c) {
            return (self.faces > 0).then(|| self.wanted(0, bold));
        }
        let found = (0..self.faces).find(|face| self.has(CutId { face: *face, bold: false }, c))?;
        let wanted = self.wanted(found, bold);
        // A bold sister need not have everything.
        Some(if self.has(wanted, c) { wanted } else { CutId { face: found, bold: false } })
    }

    /// A font's bold sister, if it is wanted and there is one.
    fn wanted(&self, face: usize, bold: bool) -> CutId {
        let bold = bold && self.cuts.contains_key(&CutId { face, bold });
        CutId { face, bold }
    }
}

fn cut(program: &Program) -> Result<Cut<'_>, PdfError> {
    let broken = || PdfError::Broken("a font can't be read".into());
    let weight: Vec<(Tag, f32)> =
        program.weight.map(|weight| (Tag::new(b"wght"), weight)).into_iter().collect();
    let font = Font::new_variable(program.data.clone().into(), program.index, &weight).ok_or_else(broken)?;
    let mut shaper = rustybuzz::Face::from_slice(&program.data, program.index).ok_or_else(broken)?;
    if let Some(value) = program.weight {
        let tag = ttf_parser::Tag::from_bytes(b"wght");
        shaper.set_variations(&[rustybuzz::Variation { tag, value }]);
    }
    let per_em = f32::from(u16::try_from(shaper.units_per_em()).unwrap_or(1000));
    Ok(Cut { font, shaper, per_em })
}
