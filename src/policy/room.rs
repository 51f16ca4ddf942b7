//! Rooms, and what being in one means for a transcript.
//!
//! A shared room is there for everybody who is logged in. What lies in a room keeps its own share mode: a private transcript
//! stays its owner's wherever it is; others are listed for those who see the room.

use super::{Scopes, ShareMode, Thing, Viewer, owns};
use crate::ids::UserId;
use crate::model::Room;

/// What a decision about a room depends on.
#[derive(Clone, Copy, Debug)]
pub struct RoomThing {
    /// `None`: nobody's.
    pub owner: Option<UserId>,
    pub shared: bool,
    /// In the trash.
    pub deleted: bool,
}

impl From<&Room> for RoomThing {
    fn from(room: &Room) -> Self {
        Self { owner: room.user_id, shared: room.is_shared, deleted: room.deleted_at.is_some() }
    }
}

/// What a viewer may do with a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoomCapabilities {
    /// See that it is there, and what everybody may know of it. Without this it does not exist for the viewer.
    pub read: bool,
    /// Put transcripts of one's own into it.
    pub add: bool,
    /// Change and delete it; know its addresses and secrets, and what its webhook was told.
    pub write: bool,
    /// See it in the trash, and take it out again.
    pub restore: bool,
}

/// Decides.
pub fn in_room(viewer: Viewer, room: RoomThing) -> RoomCapabilities {
    if viewer == (Viewer::Visitor { public: false }) {
        return RoomCapabilities::default();
    }
    let owner = owns(viewer, room.owner);
    let logged_in = viewer.user().is_some();
    let may = if room.deleted {
        RoomCapabilities { restore: owner, ..RoomCapabilities::default() }
    } else {
        RoomCapabilities {
            read: owner || room.owner.is_none() || (room.shared && viewer != Viewer::Anonymous),
            add: owner || (room.shared && logged_in),
            write: owner,
            restore: false,
        }
    };
    let Viewer::Key { scopes: Scopes { read, write }, .. } = viewer else { return may };
    RoomCapabilities {
        read: may.read && read,
        add: may.add && write,
        write: may.write && write,
        restore: may.restore && write,
    }
}

/// Whether a viewer may make a room, which is theirs then. Visitors of a public site may not.
pub fn may_create_room(viewer: Viewer) -> bool {
    match viewer {
        Viewer::Anonymous | Viewer::User(_) | Viewer::Admin(_) => true,
        Viewer::Visitor { .. } => false,
        Viewer::Key { scopes, .. } => scopes.write,
    }
}

/// For whom a transcript is that is made in a room, or in none: in a shared one for those who are logged in, as the ancestor has it.
pub fn share_mode_in(room: Option<RoomThing>) -> ShareMode {
    match room {
        Some(RoomThing { shared: true, .. }) => ShareMode::SemiPrivate,
        _ => ShareMode::Private,
    }
}

/// Whether a room's webhook is told of a transcript in it: what the room's owner may not read, their receiver is not sent.
pub fn tells(room: RoomThing, transcript: Thing) -> bool {
    if room.deleted || transcript.deleted {
        return false;
    }
    match (room.owner, transcript.owner) {
        (_, None) => true,
        (Some(owner), Some(whose)) if owner == whose => true,
        (Some(_), Some(_)) => transcript.share_mode != ShareMode::Private,
        (None, Some(_)) => transcript.share_mode == ShareMode::Public,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(may: RoomCapabilities) -> String {
        [(may.read, 'R'), (may.add, 'A'), (may.write, 'W'), (may.restore, 'S')]
            .into_iter()
            .filter_map(|(yes, letter)| yes.then_some(letter))
            .collect()
    }

    #[test]
    fn the_table_of_rooms() {
        let (me, other) = (UserId::new(), UserId::new());
        let key = |user, read, write| Viewer::Key { user, scopes: Scopes { read, write } };
        let owned = Some(me);
        // Whose it is, then what they may do with it when it is closed, shared, and in the trash.
        for (viewer, owner, closed, shared, trash) in [
            (Viewer::User(me), owned, "RAW", "RAW", "S"),
            (Viewer::Admin(me), owned, "RAW", "RAW", "S"),
            (key(me, true, true), owned, "RAW", "RAW", "S"),
            (key(me, true, false), owned, "R", "R", ""),
            (key(me, false, true), owned, "AW", "AW", "S"),
            (Viewer::User(other), owned, "", "RA", ""),
            (Viewer::Admin(other), owned, "", "RA", ""),
            (key(other, true, true), owned, "", "RA", ""),
            (key(other, true, false), owned, "", "R", ""),
            (Viewer::Visitor { public: true }, owned, "", "R", ""),
            (Viewer::Visitor { public: false }, owned, "", "", ""),
            (Viewer::Anonymous, owned, "", "", ""),
            (Viewer::Anonymous, None, "RAW", "RAW", "S"),
            (Viewer::Admin(me), None, "RAW", "RAW", "S"),
            (Viewer::User(me), None, "R", "RA", ""),
            (Viewer::Visitor { public: true }, None, "R", "R", ""),
            (Viewer::Visitor { public: false }, None, "", "", ""),
        ] {
            let may = |shared, deleted| letters(in_room(viewer, RoomThing { owner, shared, deleted }));
            let found = (may(false, false), may(true, false), may(true, true));
            let wanted = (closed.to_owned(), shared.to_owned(), trash.to_owned());
            assert_eq!(found, wanted, "{viewer:?}, owner {owner:?}");
        }
        assert!(!may_create_room(Viewer::Visitor { public: true }));
        assert!(may_create_room(Viewer::User(me)) && may_create_room(Viewer::Anonymous));
        assert!(may_create_room(key(me, false, true)) && !may_create_room(key(me, true, false)));
    }

    #[test]
    fn a_webhook_is_told_what_the_owner_of_its_room_may_read() {
        use ShareMode::{Private, Public, SemiPrivate};
        let (me, other) = (UserId::new(), UserId::new());
        for (room, whose, share_mode, told) in [
            (Some(me), Some(me), Private, true),
            (Some(me), Some(other), Private, false),
            (Some(me), Some(other), SemiPrivate, true),
            (Some(me), None, Private, true),
            (None, None, Private, true),
            (None, Some(me), SemiPrivate, false),
            (None, Some(me), Public, true),
        ] {
            let room = RoomThing { owner: room, shared: true, deleted: false };
            let thing = Thing { owner: whose, share_mode, deleted: false, locked: false, empty: false };
            assert_eq!(tells(room, thing), told, "{room:?} {thing:?}");
            assert!(!tells(room, Thing { deleted: true, ..thing }));
            assert!(!tells(RoomThing { deleted: true, ..room }, thing));
        }
    }
}
