//! One table family a file: structs and their queries.
//!
//! Functions take a connection, never a pool; those that must be part of a larger change say "in the caller's
//! transaction". Times are seconds, except a transcript's `duration`, which is milliseconds as in the API.

mod text_enum;

pub mod again;
pub mod api_key;
pub mod audit;
pub mod backup;
pub mod delivery;
pub mod edit;
pub mod engine;
pub mod estimate;
pub mod idempotency;
pub mod listening;
pub mod login;
pub mod object;
pub mod output;
pub mod participant;
pub mod provider_login;
pub mod quote;
pub mod recording;
pub mod retention;
pub mod room;
pub mod search;
pub mod segment;
pub mod sending;
pub mod session;
pub mod stage;
pub mod sweep;
pub mod transcript;
pub mod turn;
pub mod understanding;
pub mod untold;
pub mod upload_token;
pub mod usage;
pub mod user;
pub mod view;

pub use api_key::ApiKey;
pub use delivery::Delivery;
pub use output::Output;
pub use participant::Participant;
pub use quote::Quote;
pub use recording::{Recording, UploadPart};
pub use room::Room;
pub use segment::{Segment, Word};
pub use sending::Sending;
pub use session::Session;
pub use stage::{Attempt, Stage, StageState, StageStatus};
pub use transcript::{ShareMode, SourceKind, Status, Transcript};
pub use turn::{Turn, Voice};
pub use understanding::{ActionItem, ActionKind, SummaryKind, SummarySentence, Topic};
pub use user::{Scopes, User, Viewer};
pub use view::TranscriptView;
