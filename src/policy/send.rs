//! Sending transcripts to others.

use super::{Capabilities, Viewer};
use crate::model::sending::Whose;

/// Whether a viewer may have transcripts that they may read sent to others: not visitors of a public site, for whom this would be a
/// way to write to anybody.
pub fn may_send(viewer: Viewer) -> bool {
    match viewer {
        Viewer::Anonymous | Viewer::User(_) | Viewer::Admin(_) => true,
        Viewer::Visitor { .. } => false,
        Viewer::Key { scopes, .. } => scopes.read && scopes.write,
    }
}

/// What of a transcript's sendings a viewer may know: who may change it all, others what they asked for. `None`: nothing.
pub fn sendings(viewer: Viewer, may: Capabilities) -> Option<Whose> {
    match (may, viewer.user()) {
        (Capabilities { read: true, write: true, .. }, _) => Some(Whose::All),
        (Capabilities { read: true, .. }, Some(user)) => Some(Whose::Of(user)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;
    use crate::policy::Scopes;

    #[test]
    fn the_table_of_sending() {
        let me = UserId::new();
        let key = |read, write| Viewer::Key { user: me, scopes: Scopes { read, write } };
        let reads = Capabilities { read: true, ..Capabilities::default() };
        let owns = Capabilities { write: true, ..reads };
        for (viewer, sends, of_others, of_ones_own) in [
            (Viewer::Anonymous, true, None, Some(Whose::All)),
            (Viewer::User(me), true, Some(Whose::Of(me)), Some(Whose::All)),
            (Viewer::Admin(me), true, Some(Whose::Of(me)), Some(Whose::All)),
            (Viewer::Visitor { public: true }, false, None, Some(Whose::All)),
            (Viewer::Visitor { public: false }, false, None, Some(Whose::All)),
            (key(true, true), true, Some(Whose::Of(me)), Some(Whose::All)),
            (key(true, false), false, Some(Whose::Of(me)), Some(Whose::All)),
            (key(false, true), false, Some(Whose::Of(me)), Some(Whose::All)),
        ] {
            let found = (may_send(viewer), sendings(viewer, reads), sendings(viewer, owns));
            assert_eq!(found, (sends, of_others, of_ones_own), "{viewer:?}");
            assert_eq!(sendings(viewer, Capabilities::default()), None, "{viewer:?}");
        }
    }
}
