//! What each line on the pages is: headings, paragraphs, lists, for whoever reads by ear and for whatever reflows the text.

use std::num::NonZeroU16;

use krilla::tagging::{Identifier, ListNumbering, Tag, TagGroup, TagTree};

use super::Kind;

/// One block: its lines, and the sign before it.
pub(super) struct Tagged {
    pub kind: Kind,
    pub title: String,
    pub label: Vec<Identifier>,
    pub lines: Vec<Identifier>,
}

/// The tree of all blocks, in the order in which they are read; bullets in a row are one list.
pub(super) fn tree(blocks: Vec<Tagged>, language: Option<&str>) -> TagTree {
    let mut tree = TagTree::new().with_lang(language.map(Into::into));
    let mut list: Option<TagGroup> = None;
    for block in blocks {
        if block.kind == Kind::Bullet {
            list.get_or_insert_with(|| TagGroup::new(Tag::L(ListNumbering::Disc))).push(item(block));
            continue;
        }
        if let Some(list) = list.take() {
            tree.push(list);
        }
        let level = match block.kind {
            Kind::Title => Some(1),
            Kind::Heading => Some(2),
            Kind::Subheading => Some(3),
            Kind::Fact | Kind::Paragraph | Kind::Bullet | Kind::Speaker => None,
        };
        let mut group = match level.and_then(NonZeroU16::new) {
            Some(level) => TagGroup::new(Tag::Hn(level, Some(block.title))),
            None => TagGroup::new(Tag::P),
        };
        block.lines.into_iter().for_each(|line| group.push(line));
        tree.push(group);
    }
    if let Some(list) = list {
        tree.push(list);
    }
    tree
}

fn item(block: Tagged) -> TagGroup {
    let mut item = TagGroup::new(Tag::LI);
    let (mut label, mut body) = (TagGroup::new(Tag::Lbl), TagGroup::new(Tag::LBody));
    block.label.into_iter().for_each(|line| label.push(line));
    block.lines.into_iter().for_each(|line| body.push(line));
    item.push(label);
    item.push(body);
    item
}
