//! Notes: what people write about a transcript in words of their own. Whoever writes names the notes that they saw, so that nobody writes
//! over another's unseen.

use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::error::Error;

/// The longest, in characters.
pub(super) const NOTES_MAX: usize = 20_000;

/// What somebody wrote.
#[derive(Clone, Debug)]
pub(super) struct Written {
    /// As it is kept.
    pub text: String,
    /// Revision of the notes that they saw before; `None`: they saw none.
    seen: Option<String>,
}

impl Written {
    /// Takes what somebody wrote.
    ///
    /// # Errors
    /// [`Error::Invalid`] of `notes`, which names the limit: it is too long.
    pub fn new(text: &str, seen: Option<String>) -> Result<Self, Error> {
        let text = tidy(text);
        if text.chars().count() > NOTES_MAX {
            let message = format!("has more than {NOTES_MAX} characters");
            return Err(Error::Invalid { field: "notes", message });
        }
        Ok(Self { text, seen })
    }

    /// What is in the way of its taking the place of what is there: nothing where that is what its writer saw, or the same already, as when
    /// it is sent again because the answer was lost.
    pub fn clash(&self, there: &str) -> Option<NotesClash> {
        let seen = self.seen.as_ref().map_or(there.is_empty(), |seen| *seen == revision(there));
        (!seen && there != self.text).then(|| NotesClash {
            detail: "Somebody else has changed the notes since",
            notes_revision: revision(there),
            yours: self.text.clone(),
            theirs: there.to_owned(),
        })
    }
}

/// Somebody else has changed the notes since, and nothing is written.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in crate::web) struct NotesClash {
    pub detail: &'static str,
    /// Of the notes as they are now.
    pub notes_revision: String,
    /// What they were to be.
    pub yours: String,
    /// What they are now.
    pub theirs: String,
}

/// What names notes by their text: 16 hexadecimal digits.
pub(super) fn revision(text: &str) -> String {
    hex::encode(&Sha256::digest(text.as_bytes())[..8])
}

/// A text as it is kept: lines that end in one sign, without others that nobody sees, without space at their ends or blank lines around them.
fn tidy(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text: String = text.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_keep_their_lines_and_lose_what_nobody_sees() {
        let kept = |text: &str| Written::new(text, None).unwrap().text;
        assert_eq!(kept("\r\n  One \r\n\r\n- two\rthree\0\u{7} \n\n"), "  One\n\n- two\nthree");
        assert_eq!(kept(" \t\n"), "");
        assert_eq!(kept(&"ß".repeat(NOTES_MAX)).chars().count(), NOTES_MAX);
        let said = Written::new(&"ß".repeat(NOTES_MAX + 1), None).unwrap_err().to_string();
        assert_eq!(said, "notes: has more than 20000 characters");
    }

    #[test]
    fn notes_take_the_place_of_what_their_writer_saw_alone() {
        for (text, seen, there, wanted) in [
            ("mine", None, "", true),
            ("mine", None, "theirs", false),
            ("mine", Some(revision("theirs")), "theirs", true),
            ("mine", Some(revision("older")), "theirs", false),
            ("mine", Some(revision("older")), "", false),
            ("mine", Some("x".into()), "mine", true),
            ("", Some(revision("theirs")), "theirs", true),
            ("", None, "theirs", false),
        ] {
            let written = Written::new(text, seen.clone()).unwrap();
            let clash = written.clash(there);
            assert_eq!(clash.is_none(), wanted, "{text:?} over {there:?}, seen {seen:?}");
            if let Some(clash) = clash {
                assert_eq!((clash.yours.as_str(), clash.theirs.as_str()), (text, there));
                assert!(Written::new(text, Some(clash.notes_revision)).unwrap().clash(there).is_none());
            }
        }
    }
}
