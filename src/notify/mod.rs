//! Telling others: webhooks of rooms. It sends what it is given, and knows nothing of what that is made from.

mod webhook;

pub use webhook::{Message, Outcome, PREVIEW, Receiver, Webhooks, sign};
