//! From spans of text to lines of glyphs: runs of one font, script and direction are shaped, lines broken by Unicode's rules (UAX 14) and
//! their runs put into the order in which they are seen (UAX 9).

use std::ops::Range;
use std::rc::Rc;

use krilla::text::{GlyphId, KrillaGlyph};
use rustybuzz::{Direction, UnicodeBuffer};
use unicode_bidi::{Level, ParagraphBidiInfo};
use unicode_linebreak::linebreaks;
use unicode_script::{Script, UnicodeScript};

use super::faces::{CutId, Faces};
use super::{Look, Span};

/// Text of one font, script, look and direction, shaped.
struct Item {
    range: Range<usize>,
    cut: CutId,
    look: Look,
    /// In the order in which they are seen.
    glyphs: Vec<Shaped>,
}

/// A glyph; measures in ems.
struct Shaped {
    id: u32,
    /// Where its text begins.
    cluster: usize,
    advance: f32,
    offset: (f32, f32),
}

/// Glyphs of one font and look, from `x` on: points from the line's begin.
pub(super) struct Piece {
    pub x: f32,
    pub cut: CutId,
    pub look: Look,
    pub glyphs: Vec<KrillaGlyph>,
}

/// A line as it is drawn.
pub(super) struct SetLine {
    /// The text of the block, into which the glyphs point.
    pub text: Rc<str>,
    pub size: f32,
    /// Points, with the space at its end.
    pub width: f32,
    pub pieces: Vec<Piece>,
}

pub(super) struct Setter<'f> {
    faces: &'f Faces<'f>,
}

impl<'f> Setter<'f> {
    pub fn new(faces: &'f Faces<'f>) -> Self {
        Self { faces }
    }

    /// Sets spans as lines of at most `width` points; `rtl`: read from the right.
    pub fn set(&self, spans: &[Span], size: f32, bold: bool, (width, rtl): (f32, bool)) -> Vec<SetLine> {
        let text: Rc<str> = spans.iter().map(|span| span.text.as_str()).collect::<String>().into();
        if text.is_empty() {
            return Vec::new();
        }
        let level = if rtl { Level::rtl() } else { Level::ltr() };
        let bidi = ParagraphBidiInfo::new(&text, Some(level));
        let items = self.items(&text, spans, bold, &bidi.levels);
        let line = |range: Range<usize>| {
            let (levels, runs) = bidi.visual_runs(range);
            let runs: Vec<(Range<usize>, bool)> =
                runs.into_iter().map(|run| (run.clone(), levels[run.start].is_rtl())).collect();
            arrange(&text, &items, &runs, size)
        };
        breaks(&text, &items, width / size).into_iter().map(line).collect()
    }

    fn items(&self, text: &str, spans: &[Span], bold: bool, levels: &[Level]) -> Vec<Item> {
        let mut items: Vec<(Item, Level, Script)> = Vec::new();
        let mut at = 0;
        for span in spans {
            for c in span.text.chars() {
                let end = at + c.len_utf8();
                let last = items.last().map(|(item, ..)| item.cut);
                let script = c.script();
                if let Some(cut) = self.faces.pick(c, bold || span.look == Look::Strong, last) {
                    match items.last_mut() {
                        Some((item, level, of))
                            if item.range.end == at
                                && (item.cut, item.look, *level) == (cut, span.look, levels[at])
                                && (fits(script, *of) || *of == Script::Common) =>
                        {
                            item.range.end = end;
                            if *of == Script::Common {
                                *of = if fits(script, *of) { *of } else { script };
                            }
                        }
                        _ => {
                            let of = if script == Script::Inherited { Script::Common } else { script };
                            let item = Item { range: at..end, cut, look: span.look, glyphs: Vec::new() };
                            items.push((item, levels[at], of));
                        }
                    }
                }
                at = end;
            }
        }
        let shaped = items.into_iter().map(|(mut item, level, _)| {
            item.glyphs = self.shape(text, &item, level.is_rtl());
            item
        });
        shaped.collect()
    }

    fn shape(&self, text: &str, item: &Item, rtl: bool) -> Vec<Shaped> {
        let Some(cut) = self.faces.get(item.cut) else { return Vec::new() };
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(&text[item.range.clone()]);
        buffer.guess_segment_properties();
        buffer.set_direction(if rtl { Direction::RightToLeft } else { Direction::LeftToRight });
        let shaped = rustybuzz::shape(&cut.shaper, &[], buffer);
        let glyphs = shaped.glyph_infos().iter().zip(shaped.glyph_positions()).map(|(info, place)| Shaped {
            id: info.glyph_id,
            cluster: item.range.start + info.cluster as usize,
            advance: place.x_advance as f32 / cut.per_em,
            offset: (place.x_offset as f32 / cut.per_em, place.y_offset as f32 / cut.per_em),
        });
        glyphs.collect()
    }
}

/// Whether a character of `script` can be shaped among those of another.
fn fits(script: Script, of: Script) -> bool {
    script == of || matches!(script, Script::Common | Script::Inherited)
}

/// Where lines begin and end, at most `width` ems long. A word that is longer is cut between two letters.
fn breaks(text: &str, items: &[Item], width: f32) -> Vec<Range<usize>> {
    // Of each byte: how wide the letters are that begin there, if any do, and whether a line may begin there.
    let mut advances: Vec<Option<f32>> = vec![None; text.len()];
    for glyph in items.iter().flat_map(|item| &item.glyphs) {
        *advances[glyph.cluster].get_or_insert(0.0) += glyph.advance;
    }
    let mut may_begin = vec![false; text.len() + 1];
    linebreaks(text).for_each(|(at, _)| may_begin[at] = true);
    let starts: Vec<usize> = (0..text.len()).filter(|at| advances[*at].is_some()).collect();
    let (mut lines, mut from, mut used) = (Vec::new(), 0, 0.0);
    let (mut next, mut best) = (0, None);
    while let Some(&at) = starts.get(next) {
        let advance = advances[at].unwrap_or_default();
        if at > from && may_begin[at] {
            best = Some(next);
        }
        // Spaces may hang over the edge.
        let hangs = text[at..].starts_with(char::is_whitespace);
        if used + advance > width && !hangs && at > from {
            next = best.take().unwrap_or(next);
            lines.push(from..starts[next]);
            (from, used) = (starts[next], 0.0);
            continue;
        }
        used += advance;
        next += 1;
    }
    lines.push(from..text.len());
    lines
}

/// A line's glyphs, run by run from the left.
fn arrange(text: &Rc<str>, items: &[Item], runs: &[(Range<usize>, bool)], size: f32) -> SetLine {
    let (mut x, mut pieces) = (0.0, Vec::new());
    for (run, rtl) in runs {
        let first = items.partition_point(|item| item.range.end <= run.start);
        let end = items.partition_point(|item| item.range.start < run.end);
        let within = items.get(first..end).unwrap_or_default();
        let mut order: Vec<&Item> = within.iter().collect();
        if *rtl {
            order.reverse();
        }
        for item in order {
            let piece = piece(item, run, x);
            x += piece.glyphs.iter().map(|glyph| glyph.x_advance).sum::<f32>() * size;
            pieces.push(piece);
        }
    }
    pieces.retain(|piece| !piece.glyphs.is_empty());
    SetLine { text: text.clone(), size, width: x, pieces }
}

/// What of an item lies within a run.
fn piece(item: &Item, run: &Range<usize>, x: f32) -> Piece {
    let mut starts: Vec<usize> = item.glyphs.iter().map(|glyph| glyph.cluster).collect();
    starts.sort_unstable();
    starts.dedup();
    let end_of = |cluster: usize| {
        let next = starts.partition_point(|start| *start <= cluster);
        starts.get(next).copied().unwrap_or(item.range.end)
    };
    let glyphs = item.glyphs.iter().filter(|glyph| run.contains(&glyph.cluster)).map(|glyph| {
        KrillaGlyph::new(
            GlyphId::new(glyph.id),
            glyph.advance,
            glyph.offset.0,
            glyph.offset.1,
            0.0,
            glyph.cluster..end_of(glyph.cluster),
            None,
        )
    });
    Piece { x, cut: item.cut, look: item.look, glyphs: glyphs.collect() }
}
