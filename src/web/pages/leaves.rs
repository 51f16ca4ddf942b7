//! A text in leaves: the page has one of them in full, and of the others where they begin and a mark that changes with their content.
//! A script fetches those that come into view; without one, links lead from leaf to leaf.

use askama::Template;
use sha2::{Digest, Sha256};

use super::format::plain;
use super::turns::{Block, Leaf, Paragraph};
use crate::error::Error;
use crate::export::clock;
use crate::web::say::filters;

#[derive(Template)]
#[template(path = "parts/blocks.html")]
struct BlocksPart<'b> {
    blocks: &'b [Block],
    /// When the paragraph begins to which a link to a time leads.
    here: Option<&'b str>,
}

impl BlocksPart<'_> {
    fn leads_to(&self, paragraph: &Paragraph) -> bool {
        self.here == Some(paragraph.at.seconds.as_str())
    }

    fn html(&self) -> Result<String, Error> {
        self.render().map_err(|error| Error::Internal(error.into()))
    }
}

/// A leaf as the page has it.
#[derive(Clone, Debug)]
pub(crate) struct LeafView {
    /// From 1.
    pub number: usize,
    pub total: usize,
    /// Seconds.
    pub start: String,
    pub clock: String,
    /// Bytes of its text: about how long it will be.
    pub bytes: usize,
    /// Another one where the leaf reads otherwise.
    pub mark: String,
    /// What stands there; `None` of a leaf that is only named.
    pub html: Option<String>,
}

/// Which leaves are in full.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Open {
    None,
    /// By its number from 1; what is too large means the last one.
    Number(usize),
    /// The one that is said then, in seconds.
    At(f64),
}

impl Open {
    /// Its place among the leaves.
    fn place(self, leaves: &[Leaf]) -> Option<usize> {
        let last = leaves.len().checked_sub(1)?;
        match self {
            Self::None => None,
            Self::Number(number) => Some(number.saturating_sub(1).min(last)),
            Self::At(at) => Some(leaves.iter().rposition(|leaf| leaf.start <= at + 0.25).unwrap_or(0)),
        }
    }

    /// Of a leaf that is open: when the paragraph begins in which something is said then.
    fn paragraph(self, leaf: &Leaf) -> Option<&str> {
        let Self::At(at) = self else { return None };
        let turns = leaf.blocks.iter().filter_map(|block| match block {
            Block::Turn(turn) => Some(&turn.paragraphs),
            Block::Topic(_) => None,
        });
        let begun = |one: &&Paragraph| one.start <= at + 0.25;
        turns.flatten().take_while(begun).last().map(|one| one.at.seconds.as_str())
    }
}

/// The leaves for the page.
///
/// # Errors
/// The template does not render, which no text can bring about.
pub(super) fn views(leaves: &[Leaf], which: Open) -> Result<Vec<LeafView>, Error> {
    let open = which.place(leaves);
    let view = |(place, leaf): (usize, &Leaf)| {
        let html = BlocksPart { blocks: &leaf.blocks, here: None }.html()?;
        Ok(LeafView {
            number: place + 1,
            total: leaves.len(),
            start: plain(leaf.start),
            clock: clock(leaf.start),
            bytes: leaf.bytes,
            mark: hex::encode(&Sha256::digest(&html)[..6]),
            html: match which.paragraph(leaf) {
                _ if open != Some(place) => None,
                None => Some(html),
                // The mark is that of the leaf wherever a link leads.
                here => Some(BlocksPart { blocks: &leaf.blocks, here }.html()?),
            },
        })
    };
    leaves.iter().enumerate().map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Segment;
    use crate::web::pages::people::Names;
    use crate::web::pages::turns::leaves;

    fn text(said: &str) -> Vec<Leaf> {
        let segment = |idx: i32| Segment {
            idx,
            start: f64::from(idx) * 100.0,
            end: f64::from(idx) * 100.0 + 5.0,
            speaker: Some(idx),
            text: said.repeat(if idx == 1 { 3000 } else { 2000 }),
            words: Vec::new(),
            channel: 0,
        };
        leaves(&[segment(0), segment(1), segment(2)], &[], &Names::default())
    }

    #[test]
    fn one_leaf_is_open_and_all_have_marks_of_what_they_say() {
        let leaves = text(" words.");
        assert_eq!(leaves.len(), 3);
        let open = |open| {
            let views = views(&leaves, open).unwrap();
            assert!(views.iter().all(|leaf| leaf.total == 3 && leaf.mark.len() == 12));
            let open = views.iter().filter(|leaf| leaf.html.is_some()).map(|leaf| leaf.number);
            open.collect::<Vec<_>>()
        };
        for (which, wanted) in [
            (Open::None, vec![]),
            (Open::Number(0), vec![1]),
            (Open::Number(2), vec![2]),
            (Open::Number(9), vec![3]),
            (Open::At(0.0), vec![1]),
            (Open::At(99.9), vec![2]),
            (Open::At(1e9), vec![3]),
            (Open::At(f64::NAN), vec![1]),
        ] {
            assert_eq!(open(which), wanted, "{which:?}");
        }
        assert!(views(&[], Open::Number(1)).unwrap().is_empty());
        // The paragraph in which something is said then can be led to; it is not said elsewhere, and the mark is the same.
        let at = |open| {
            let found =
                views(&leaves, open).unwrap().into_iter().find_map(|leaf| Some((leaf.html?, leaf.mark)));
            let (html, mark) = found.unwrap();
            (html.matches("id=\"here\"").count(), mark)
        };
        let (second, mark) = at(Open::At(102.0));
        assert_eq!((second, at(Open::Number(2))), (1, (0, mark)));

        let marks = |leaves: &[Leaf]| {
            views(leaves, Open::None).unwrap().into_iter().map(|leaf| leaf.mark).collect::<Vec<_>>()
        };
        assert_eq!(marks(&leaves), marks(&text(" words.")));
        let others = marks(&text(" sword."));
        assert!(marks(&leaves).iter().zip(&others).all(|(one, other)| one != other));
    }
}
