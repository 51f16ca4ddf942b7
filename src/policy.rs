//! Who may do what with which thing: pure decisions.
//!
//! A viewer who may not read a thing is told that it does not exist. Until there is login every viewer is anonymous and
//! owns what nobody owns, so whoever reaches the port may do everything with it: hence the loopback address.

use crate::ids::UserId;
use crate::model::Transcript;
pub use crate::model::{ShareMode, Viewer};

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
}

impl From<&Transcript> for Thing {
    fn from(transcript: &Transcript) -> Self {
        Self {
            owner: transcript.user_id,
            share_mode: transcript.share_mode,
            deleted: transcript.deleted_at.is_some(),
            locked: transcript.locked,
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
    let owner = match thing.owner {
        None => true,
        Some(owner) => viewer == Viewer::User(owner),
    };
    if thing.deleted {
        return Capabilities { restore: owner, ..Capabilities::default() };
    }
    let shared = match thing.share_mode {
        ShareMode::Private => false,
        ShareMode::SemiPrivate => viewer.user().is_some(),
        ShareMode::Public => true,
    };
    Capabilities {
        read: owner || shared,
        write: owner,
        upload: owner && !thing.locked,
        process: owner && !thing.locked,
        delete: owner,
        restore: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Who {
        Anonymous,
        Owner,
        Other,
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
            (Who::Other, Whose::Nobody, Private, "", "RWUPD"),
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
            };
            assert_eq!(
                letters(capabilities(viewer, thing)),
                expected,
                "{who:?} {whose:?} {share_mode} {state}"
            );
        }
    }
}
