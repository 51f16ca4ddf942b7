//! Telling others: webhooks of rooms, letters, messages in Zulip. It sends what it is given, and knows nothing of what that is made
//! from.

mod mail;
mod webhook;
mod zulip;

pub use mail::{Letter, MailSettings, MailTls, Mailer, Trouble, address};
pub use webhook::{Message, Outcome, PREVIEW, Receiver, Webhooks, sign};
pub use zulip::{LONGEST_MESSAGE, LONGEST_TOPIC, Post, Stream, Topic, Zulip, ZulipSettings};
