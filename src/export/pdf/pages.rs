//! Lines on pages of A4: what belongs together stays together, each page has its number, headings are bookmarks. A page is written as soon
//! as it is full. Measures are points.

use chrono::{DateTime, Datelike, Timelike, Utc};
use krilla::SerializeSettings;
use krilla::color::rgb;
use krilla::destination::XyzDestination;
use krilla::geom::Point;
use krilla::metadata::{self, Metadata, TextDirection};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{ArtifactType, ContentTag, SpanTag};

use super::faces::Faces;
use super::lines::{SetLine, Setter};
use super::tags::{Tagged, tree};
use super::{Kind, Look, PdfError, Span};

const PAGE: (f32, f32) = (595.28, 841.89);
const MARGIN: f32 = 62.0;
/// Where the lowest line ends, and where the page's number stands.
const BOTTOM: f32 = PAGE.1 - 70.0;
const FOOTER: f32 = PAGE.1 - 38.0;
/// How far a list is set in.
const INDENT: f32 = 14.0;

/// How a kind of block is set.
struct Style {
    size: f32,
    /// From one line to the next.
    leading: f32,
    before: f32,
    after: f32,
    /// Room that must be left below it on its page, so that it does not stand there alone.
    keep: f32,
}

fn style(kind: Kind) -> Style {
    let style = |size, leading, before, after, keep| Style { size, leading, before, after, keep };
    match kind {
        Kind::Title => style(22.0, 28.0, 0.0, 8.0, 60.0),
        Kind::Fact => style(10.5, 15.0, 0.0, 1.0, 0.0),
        Kind::Heading => style(16.0, 21.0, 18.0, 5.0, 90.0),
        Kind::Subheading => style(12.5, 17.0, 13.0, 4.0, 60.0),
        Kind::Paragraph => style(10.5, 15.5, 0.0, 5.0, 0.0),
        Kind::Bullet => style(10.5, 15.5, 0.0, 3.0, 0.0),
        Kind::Speaker => style(10.5, 15.5, 5.0, 0.0, 31.0),
    }
}

/// How large letters of a block are.
pub(super) fn size(kind: Kind) -> f32 {
    style(kind).size
}

pub(super) fn is_bold(kind: Kind) -> bool {
    matches!(kind, Kind::Title | Kind::Heading | Kind::Subheading)
}

/// How long lines of a block may be.
pub(super) fn width(kind: Kind) -> f32 {
    PAGE.0 - 2.0 * MARGIN - if kind == Kind::Bullet { INDENT } else { 0.0 }
}

/// A line with its place; `block` is the number of its [`Tagged`].
struct Placed {
    at: Point,
    line: SetLine,
    block: usize,
    label: bool,
}

pub(super) struct Pages<'f> {
    faces: &'f Faces<'f>,
    language: Option<String>,
    rtl: bool,
    document: krilla::Document,
    /// Of the page that is being filled.
    placed: Vec<Placed>,
    y: f32,
    written: usize,
    tagged: Vec<Tagged>,
    outline: Vec<OutlineNode>,
}

impl<'f> Pages<'f> {
    pub fn new(faces: &'f Faces<'f>, language: Option<&str>, rtl: bool) -> Self {
        Self {
            faces,
            language: language.map(Into::into),
            rtl,
            document: krilla::Document::new_with(SerializeSettings::default()),
            placed: Vec::new(),
            y: MARGIN,
            written: 0,
            tagged: Vec::new(),
            outline: Vec::new(),
        }
    }

    /// Puts a block's lines below what is there; `title`: it begins here, and is called so.
    pub fn place(
        &mut self,
        kind: Kind,
        lines: Vec<SetLine>,
        (rtl, title): (bool, Option<&str>),
        setter: &Setter,
    ) {
        let style = style(kind);
        if let Some(title) = title {
            let top = self.y <= MARGIN;
            self.y += if top { 0.0 } else { style.before };
            if self.y + style.leading + style.keep > BOTTOM {
                self.turn(setter);
            }
            self.bookmark(kind, title);
            let title = title.to_owned();
            self.tagged.push(Tagged { kind, title, label: Vec::new(), lines: Vec::new() });
        }
        let Some(block) = self.tagged.len().checked_sub(1) else { return };
        let is_list = kind == Kind::Bullet;
        for (number, line) in lines.into_iter().enumerate() {
            if self.y + style.leading > BOTTOM {
                self.turn(setter);
            }
            // The letters stand in the middle of their line, nearly.
            let y = self.y + (style.leading + style.size) / 2.0 - style.size * 0.12;
            if is_list && number == 0 && title.is_some() {
                self.label(y, rtl, block, setter);
            }
            let indent = if is_list { INDENT } else { 0.0 };
            let x = if rtl { PAGE.0 - MARGIN - indent - line.width } else { MARGIN + indent };
            self.placed.push(Placed { at: Point::from_xy(x, y), line, block, label: false });
            self.y += style.leading;
        }
        self.y += style.after;
    }

    fn label(&mut self, y: f32, rtl: bool, block: usize, setter: &Setter) {
        let sign = [Span { look: Look::Plain, text: "•".into() }];
        let lines = setter.set(&sign, style(Kind::Bullet).size, false, (PAGE.0, rtl));
        for line in lines {
            let x = if rtl { PAGE.0 - MARGIN - line.width } else { MARGIN };
            self.placed.push(Placed { at: Point::from_xy(x, y), line, block, label: true });
        }
    }

    fn bookmark(&mut self, kind: Kind, title: &str) {
        let to = || XyzDestination::new(self.written, Point::from_xy(0.0, (self.y - 12.0).max(0.0)));
        match kind {
            Kind::Heading => self.outline.push(OutlineNode::new(title.to_owned(), to())),
            Kind::Subheading => {
                let node = OutlineNode::new(title.to_owned(), to());
                match self.outline.last_mut() {
                    Some(parent) => parent.push_child(node),
                    None => self.outline.push(node),
                }
            }
            _ => {}
        }
    }

    /// Writes the page, and begins the next one.
    fn turn(&mut self, setter: &Setter) {
        let placed = std::mem::take(&mut self.placed);
        self.y = MARGIN;
        let Some(settings) = PageSettings::from_wh(PAGE.0, PAGE.1) else { return };
        let mut page = self.document.start_page_with(settings);
        let mut surface = page.surface();
        let lang = self.language.as_deref();
        for one in placed {
            let id = surface.start_tagged(ContentTag::Span(SpanTag::empty().with_lang(lang)));
            draw(&mut surface, self.faces, one.at, &one.line);
            surface.end_tagged();
            let block = &mut self.tagged[one.block];
            if one.label { block.label.push(id) } else { block.lines.push(id) }
        }
        self.written += 1;
        let number = [Span { look: Look::Muted, text: self.written.to_string() }];
        surface.start_tagged(ContentTag::Artifact(ArtifactType::Footer));
        for line in setter.set(&number, 9.0, false, (PAGE.0, false)) {
            draw(&mut surface, self.faces, Point::from_xy((PAGE.0 - line.width) / 2.0, FOOTER), &line);
        }
        surface.end_tagged();
        surface.finish();
        page.finish();
    }

    /// The file.
    pub fn finish(
        mut self,
        title: &str,
        made: Option<DateTime<Utc>>,
        setter: &Setter,
    ) -> Result<Vec<u8>, PdfError> {
        self.turn(setter);
        let title: String = title.chars().take(500).collect();
        let mut metadata = Metadata::new()
            .title(title)
            .creator("Reflector".into())
            .text_direction(if self.rtl { TextDirection::RightToLeft } else { TextDirection::LeftToRight });
        if let Some(language) = &self.language {
            metadata = metadata.language(language.clone());
        }
        if let Some(date) = made.and_then(date) {
            metadata = metadata.creation_date(date);
        }
        self.document.set_metadata(metadata);
        let mut outline = Outline::new();
        self.outline.into_iter().for_each(|node| outline.push_child(node));
        self.document.set_outline(outline);
        self.document.set_tag_tree(tree(self.tagged, self.language.as_deref()));
        self.document.finish().map_err(|error| PdfError::Broken(format!("{error:?}")))
    }
}

fn date(at: DateTime<Utc>) -> Option<metadata::DateTime> {
    let part = |value: u32| u8::try_from(value).ok();
    let date = metadata::DateTime::new(u16::try_from(at.year()).ok()?);
    let date = date.month(part(at.month())?).day(part(at.day())?).hour(part(at.hour())?);
    Some(date.minute(part(at.minute())?).second(part(at.second())?).utc_offset_hour(0))
}

fn draw(surface: &mut Surface, faces: &Faces, at: Point, line: &SetLine) {
    for piece in &line.pieces {
        let Some(cut) = faces.get(piece.cut) else { continue };
        let grey = if piece.look == Look::Muted { 0x59 } else { 0x11 };
        surface.set_fill(Some(Fill {
            paint: rgb::Color::new(grey, grey, grey).into(),
            opacity: NormalizedF32::ONE,
            rule: Default::default(),
        }));
        let from = Point::from_xy(at.x + piece.x, at.y);
        surface.draw_glyphs(from, &piece.glyphs, cut.font.clone(), &line.text, line.size, false);
    }
}
