//! Who may do what with which thing: pure decisions. Rooms are in [`room`], letters and messages in [`send`].
//!
//! A viewer who may not read a thing is told that it does not exist. Where nobody logs in every viewer is anonymous and
//! owns what nobody owns, so whoever reaches the port may do everything with it: hence the loopback address. With public mode beside
//! that every viewer is a visitor, who reads what nobody owns, adds to it, and changes none of it. Where people log
//! in, what nobody owns is everybody's to read and the administrators' to change.

mod room;
mod send;

use crate::ids::UserId;
pub use crate::model::audit::Trail;
pub use crate::model::{Scopes, ShareMode, Viewer};
use crate::model::{Status, Transcript};
pub use room::{RoomCapabilities, RoomThing, in_room, may_create_room, share_mode_in, tells};
pub use send::{may_send, sendings};

/// What a decision depends on.
#[derive(Clone, Copy, Debug)]
pub struct Thing {
    /// `None`: nobody's, which is everybody's.
    pub owner: Option<UserId>,
    pub share_mode: ShareMode,
    /// In the trash.
    pub deleted: bool,
    /// No new recording and no new processing.
    pub locked: bool,
    /// Nothing was recorded yet, or it is being recorded.
    pub empty: bool,
}

impl From<&Transcript> for Thing {
    fn from(transcript: &Transcript) -> Self {
        Self {
            owner: transcript.user_id,
            share_mode: transcript.share_mode,
            deleted: transcript.deleted_at.is_some(),
            locked: transcript.locked,
            empty: matches!(transcript.status, Status::Idle | Status::Recording),
        }
    }
}

/// What a viewer may do with a thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// See it, listen to it, take it away. Without this it does not exist for the viewer.
    pub read: bool,
    /// Change its fields, speakers and participants.
    pub write: bool,
    /// Give it a recording.
    pub upload: bool,
    /// Have it processed (again).
    pub process: bool,
    /// Put it into the trash.
    pub delete: bool,
    /// See it in the trash, take it out again, or remove it for ever.
    pub restore: bool,
}

/// Decides.
pub fn capabilities(viewer: Viewer, thing: Thing) -> Capabilities {
    let owner = owns(viewer, thing.owner);
    if viewer == (Viewer::Visitor { public: false }) {
        return Capabilities::default();
    }
    if thing.deleted {
        return within(viewer, Capabilities { restore: owner, ..Capabilities::default() });
    }
    let shared = thing.owner.is_none()
        || match thing.share_mode {
            ShareMode::Private => false,
            ShareMode::SemiPrivate => viewer.user().is_some(),
            ShareMode::Public => true,
        };
    // What a visitor or a person adds without owning it must be given its recording, once.
    let adds = thing.owner.is_none() && thing.empty;
    let may = Capabilities {
        read: owner || shared,
        write: owner,
        upload: (owner || adds) && !thing.locked,
        process: owner && !thing.locked,
        delete: owner,
        restore: false,
    };
    within(viewer, may)
}

/// Whether a thing is the viewer's own, or nobody's and theirs to look after.
fn owns(viewer: Viewer, owner: Option<UserId>) -> bool {
    match (owner, viewer) {
        (None, Viewer::Anonymous | Viewer::Admin(_)) => true,
        (None, _) => false,
        (Some(owner), _) => viewer.user() == Some(owner),
    }
}

/// What is left of that for a key.
fn within(viewer: Viewer, may: Capabilities) -> Capabilities {
    let Viewer::Key { scopes, .. } = viewer else { return may };
    Capabilities {
        read: may.read && scopes.read,
        write: may.write && scopes.write,
        upload: may.upload && scopes.write,
        process: may.process && scopes.write,
        delete: may.delete && scopes.write,
        restore: may.restore && scopes.write,
    }
}

/// Whether a viewer may add a transcript, which is theirs then, or nobody's.
pub fn may_create(viewer: Viewer) -> bool {
    match viewer {
        Viewer::Anonymous | Viewer::User(_) | Viewer::Admin(_) => true,
        Viewer::Visitor { public } => public,
        Viewer::Key { scopes, .. } => scopes.write,
    }
}

/// Whether a viewer who sends the recording of a thing must show that they began to: where it is nobody's and not theirs to look after, so that
/// of all who may add it one does.
pub fn shows_who_began(viewer: Viewer, thing: Thing) -> bool {
    thing.owner.is_none() && !owns(viewer, None)
}

/// Whether a viewer may be let past the door at all, to things that have rights of their own.
pub fn may_enter(viewer: Viewer) -> bool {
    viewer != Viewer::Visitor { public: false }
}

/// Whether somebody who may do this with a thing may make links to quotes of it, which anybody may open. A key that may only write
/// would otherwise have what it may not read.
pub fn may_quote(may: Capabilities) -> bool {
    may.read && may.write
}

/// Whether a thing's quotes are shown to those who have their links: as long as it is not in the trash, whoever may read the rest.
pub fn shows_quotes(thing: Thing) -> bool {
    !thing.deleted
}

/// Whether notes are shown to a viewer, and found by their words, where the rest of the transcript is: they are for those who work with it.
/// Whoever makes something public does not publish what they noted beside it, so visitors of a public site don't read them.
pub fn reads_notes(viewer: Viewer) -> bool {
    !matches!(viewer, Viewer::Visitor { .. })
}

/// Whether a viewer may be told what happens in their lists: whoever has lists of their own.
pub fn may_follow(viewer: Viewer) -> bool {
    match viewer {
        Viewer::Anonymous | Viewer::User(_) | Viewer::Admin(_) => true,
        Viewer::Visitor { .. } => false,
        Viewer::Key { scopes, .. } => scopes.read,
    }
}

/// Whether a viewer may have the numbers about the service; `near`: they ask from this machine itself.
pub fn may_watch(viewer: Viewer, near: bool) -> bool {
    near || matches!(viewer, Viewer::Anonymous | Viewer::Admin(_))
}

/// Whether a viewer is told the versions of what this stands on: whoever is in. A visitor of a public site has no use for them, and whoever
/// looks for a known hole has.
pub fn sees_versions(viewer: Viewer) -> bool {
    !matches!(viewer, Viewer::Visitor { .. })
}

/// Whether a viewer looks after the installation: accounts, failed jobs, its health. What it keeps for others stays theirs.
pub fn administers(viewer: Viewer) -> bool {
    // Nobody logs in: whoever reaches the port may do everything.
    matches!(viewer, Viewer::Anonymous | Viewer::Admin(_))
}

/// Whether a viewer may change an account in a way that could shut them out: never their own, so that one who looks after the
/// installation is always left.
pub fn may_shut_out(viewer: Viewer, account: UserId) -> bool {
    administers(viewer) && viewer.user() != Some(account)
}

/// Whose use of storage and whose place in the queue a viewer may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// Everybody's, without what is in it.
    All,
    Of(UserId),
}

/// Decides; `None`: nobody's.
pub fn usage(viewer: Viewer) -> Option<Usage> {
    match viewer {
        viewer if administers(viewer) => Some(Usage::All),
        Viewer::User(user) => Some(Usage::Of(user)),
        Viewer::Key { user, scopes } if scopes.read => Some(Usage::Of(user)),
        _ => None,
    }
}

/// Which part of the audit log a viewer may read: that of what they own, an administrator all of it. `None`: it does not exist for
/// them.
pub fn trail(viewer: Viewer) -> Option<Trail> {
    match viewer {
        // Nobody logs in: everybody owns everything.
        Viewer::Anonymous | Viewer::Admin(_) => Some(Trail::All),
        Viewer::User(user) => Some(Trail::Of(user)),
        Viewer::Key { user, scopes } => scopes.read.then_some(Trail::Of(user)),
        Viewer::Visitor { .. } => None,
    }
}

/// Whose keys, sessions and password a viewer may manage: their own, and only when they are there themselves. A key makes no
/// other key, so one that was lost can't outlive its revocation.
pub fn manages_account(viewer: Viewer) -> Option<UserId> {
    match viewer {
        Viewer::User(user) | Viewer::Admin(user) => Some(user),
        Viewer::Anonymous | Viewer::Visitor { .. } | Viewer::Key { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Who {
        Anonymous,
        Stranger,
        Visitor,
        Owner,
        Other,
        Admin,
        ReadKey,
        WriteKey,
        OthersKey,
    }

    #[derive(Clone, Copy, Debug)]
    enum Whose {
        Nobody,
        Owner,
    }

    /// Letters of what is allowed: Read Write Upload Process Delete reStore.
    fn letters(may: Capabilities) -> String {
        [
            (may.read, 'R'),
            (may.write, 'W'),
            (may.upload, 'U'),
            (may.process, 'P'),
            (may.delete, 'D'),
            (may.restore, 'S'),
        ]
        .into_iter()
        .filter_map(|(yes, letter)| yes.then_some(letter))
        .collect()
    }

    #[test]
    fn the_table() {
        use ShareMode::{Private, Public, SemiPrivate};
        let (me, other) = (UserId::new(), UserId::new());
        for (who, whose, share_mode, state, expected) in [
            (Who::Anonymous, Whose::Nobody, Private, "", "RWUPD"),
            (Who::Anonymous, Whose::Nobody, Private, "locked", "RWD"),
            (Who::Anonymous, Whose::Nobody, Private, "deleted", "S"),
            (Who::Stranger, Whose::Nobody, Private, "", ""),
            (Who::Stranger, Whose::Nobody, Public, "empty", ""),
            (Who::Stranger, Whose::Nobody, Private, "deleted", ""),
            (Who::Stranger, Whose::Owner, Public, "", ""),
            (Who::Visitor, Whose::Nobody, Private, "", "R"),
            (Who::Visitor, Whose::Nobody, Private, "empty", "RU"),
            (Who::Visitor, Whose::Nobody, Private, "deleted", ""),
            (Who::Visitor, Whose::Owner, Private, "", ""),
            (Who::Visitor, Whose::Owner, Private, "empty", ""),
            (Who::Visitor, Whose::Owner, SemiPrivate, "", ""),
            (Who::Visitor, Whose::Owner, Public, "", "R"),
            (Who::Visitor, Whose::Owner, Public, "empty", "R"),
            (Who::Visitor, Whose::Owner, Public, "deleted", ""),
            (Who::Other, Whose::Nobody, Private, "", "R"),
            (Who::Other, Whose::Nobody, Private, "empty", "RU"),
            (Who::Other, Whose::Nobody, Private, "deleted", ""),
            (Who::Admin, Whose::Nobody, Private, "", "RWUPD"),
            (Who::Admin, Whose::Nobody, Private, "deleted", "S"),
            (Who::Admin, Whose::Owner, Private, "", ""),
            (Who::Admin, Whose::Owner, SemiPrivate, "", "R"),
            (Who::Admin, Whose::Owner, Private, "deleted", ""),
            (Who::ReadKey, Whose::Owner, Private, "", "R"),
            (Who::ReadKey, Whose::Owner, Private, "deleted", ""),
            (Who::ReadKey, Whose::Nobody, Private, "empty", "R"),
            (Who::WriteKey, Whose::Owner, Private, "", "WUPD"),
            (Who::WriteKey, Whose::Owner, Private, "deleted", "S"),
            (Who::OthersKey, Whose::Owner, Private, "", ""),
            (Who::OthersKey, Whose::Owner, SemiPrivate, "", "R"),
            (Who::OthersKey, Whose::Nobody, Private, "", "R"),
            (Who::Anonymous, Whose::Owner, Private, "", ""),
            (Who::Anonymous, Whose::Owner, SemiPrivate, "", ""),
            (Who::Anonymous, Whose::Owner, Public, "", "R"),
            (Who::Anonymous, Whose::Owner, Public, "deleted", ""),
            (Who::Other, Whose::Owner, Private, "", ""),
            (Who::Other, Whose::Owner, SemiPrivate, "", "R"),
            (Who::Other, Whose::Owner, Public, "", "R"),
            (Who::Other, Whose::Owner, Public, "locked", "R"),
            (Who::Other, Whose::Owner, Public, "deleted", ""),
            (Who::Owner, Whose::Owner, Private, "", "RWUPD"),
            (Who::Owner, Whose::Owner, Public, "locked", "RWD"),
            (Who::Owner, Whose::Owner, Private, "deleted", "S"),
        ] {
            let viewer = match who {
                Who::Anonymous => Viewer::Anonymous,
                Who::Stranger => Viewer::Visitor { public: false },
                Who::Visitor => Viewer::Visitor { public: true },
                Who::Admin => Viewer::Admin(other),
                Who::ReadKey => Viewer::Key { user: me, scopes: Scopes { read: true, write: false } },
                Who::WriteKey => Viewer::Key { user: me, scopes: Scopes { read: false, write: true } },
                Who::OthersKey => Viewer::Key { user: other, scopes: Scopes::ALL },
                Who::Owner => Viewer::User(me),
                Who::Other => Viewer::User(other),
            };
            let thing = Thing {
                owner: match whose {
                    Whose::Nobody => None,
                    Whose::Owner => Some(me),
                },
                share_mode,
                deleted: state == "deleted",
                locked: state == "locked",
                empty: state == "empty",
            };
            assert_eq!(
                letters(capabilities(viewer, thing)),
                expected,
                "{who:?} {whose:?} {share_mode} {state}"
            );
        }
    }

    #[test]
    fn who_sends_what_is_nobodys_shows_that_they_began_unless_they_look_after_it() {
        let me = UserId::new();
        let thing = |owner| Thing {
            owner,
            share_mode: ShareMode::Private,
            deleted: false,
            locked: false,
            empty: true,
        };
        for (viewer, wanted) in [
            (Viewer::Visitor { public: true }, true),
            (Viewer::User(me), true),
            (Viewer::Key { user: me, scopes: Scopes::ALL }, true),
            (Viewer::Anonymous, false),
            (Viewer::Admin(me), false),
        ] {
            assert_eq!(shows_who_began(viewer, thing(None)), wanted, "{viewer:?}");
            assert!(!shows_who_began(viewer, thing(Some(me))), "{viewer:?}");
        }
    }

    #[test]
    fn notes_are_read_by_everybody_but_visitors() {
        let me = UserId::new();
        let readers = [
            Viewer::Anonymous,
            Viewer::User(me),
            Viewer::Admin(me),
            Viewer::Key { user: me, scopes: Scopes::ALL },
        ];
        assert!(readers.into_iter().all(reads_notes));
        assert!(
            !reads_notes(Viewer::Visitor { public: true }) && !reads_notes(Viewer::Visitor { public: false })
        );
    }

    #[test]
    fn versions_are_for_those_who_are_in() {
        let me = UserId::new();
        assert!([Viewer::Anonymous, Viewer::User(me), Viewer::Admin(me)].into_iter().all(sees_versions));
        assert!([true, false].into_iter().all(|public| !sees_versions(Viewer::Visitor { public })));
    }

    #[test]
    fn the_audit_log_is_read_by_owners_and_administrators() {
        let me = UserId::new();
        let key = |read, write| Viewer::Key { user: me, scopes: Scopes { read, write } };
        for (viewer, wanted) in [
            (Viewer::Anonymous, Some(Trail::All)),
            (Viewer::Admin(me), Some(Trail::All)),
            (Viewer::User(me), Some(Trail::Of(me))),
            (key(true, false), Some(Trail::Of(me))),
            (key(false, true), None),
            (Viewer::Visitor { public: true }, None),
        ] {
            assert_eq!(trail(viewer), wanted, "{viewer:?}");
        }
    }

    #[test]
    fn an_installation_is_looked_after_by_administrators_who_can_not_shut_themselves_out() {
        let (me, other) = (UserId::new(), UserId::new());
        let key = |read| Viewer::Key { user: me, scopes: Scopes { read, write: true } };
        for (viewer, administers_, others, own, usage_) in [
            (Viewer::Anonymous, true, true, true, Some(Usage::All)),
            (Viewer::Admin(me), true, true, false, Some(Usage::All)),
            (Viewer::User(me), false, false, false, Some(Usage::Of(me))),
            (key(true), false, false, false, Some(Usage::Of(me))),
            (key(false), false, false, false, None),
            (Viewer::Visitor { public: true }, false, false, false, None),
            (Viewer::Visitor { public: false }, false, false, false, None),
        ] {
            let found =
                (administers(viewer), may_shut_out(viewer, other), may_shut_out(viewer, me), usage(viewer));
            assert_eq!(found, (administers_, others, own, usage_), "{viewer:?}");
        }
    }

    #[test]
    fn who_may_come_in_add_and_manage() {
        let me = UserId::new();
        let key = |read, write| Viewer::Key { user: me, scopes: Scopes { read, write } };
        assert!(may_watch(Viewer::User(me), true) && may_watch(Viewer::Admin(me), false));
        assert!(!may_watch(Viewer::User(me), false) && !may_watch(key(true, true), false));
        assert!(!may_watch(Viewer::Visitor { public: true }, false));
        for (viewer, enter, create, manage) in [
            (Viewer::Anonymous, true, true, None),
            (Viewer::Visitor { public: false }, false, false, None),
            (Viewer::Visitor { public: true }, true, true, None),
            (Viewer::User(me), true, true, Some(me)),
            (Viewer::Admin(me), true, true, Some(me)),
            (key(true, true), true, true, None),
            (key(true, false), true, false, None),
        ] {
            let found = (may_enter(viewer), may_create(viewer), manages_account(viewer));
            assert_eq!(found, (enter, create, manage), "{viewer:?}");
        }
        let follows = [Viewer::Anonymous, Viewer::User(me), Viewer::Admin(me), key(true, false)];
        assert!(follows.into_iter().all(may_follow) && !may_follow(key(false, true)));
        assert!(!may_follow(Viewer::Visitor { public: true }));
    }
}
