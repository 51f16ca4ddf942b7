//! Identifiers: newtypes over UUID v7, so that a transcript's id can't be passed where a recording's is meant.

use diesel::deserialize::{FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{Output, ToSql};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, AsExpression, FromSqlRow,
            utoipa::ToSchema,
        )]
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id; ids sort by the time they were made.
            #[expect(clippy::new_without_default, reason = "two calls differ, which Default does not suggest")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }

        impl ToSql<diesel::sql_types::Uuid, Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> diesel::serialize::Result {
                ToSql::<diesel::sql_types::Uuid, Pg>::to_sql(&self.0, out)
            }
        }

        impl FromSql<diesel::sql_types::Uuid, Pg> for $name {
            fn from_sql(bytes: PgValue<'_>) -> diesel::deserialize::Result<Self> {
                <Uuid as FromSql<diesel::sql_types::Uuid, Pg>>::from_sql(bytes).map(Self)
            }
        }
    )*};
}

ids! {
    /// A transcript: what a person sees and owns.
    TranscriptId,
    /// The uploaded media behind a transcript.
    RecordingId,
    /// One version of one stage's machine output.
    OutputId,
    /// A named person in a transcript.
    ParticipantId,
    /// A topic of a transcript.
    TopicId,
    /// A decision or a next step.
    ActionItemId,
    /// A person with an account.
    UserId,
    /// One attempt at a stage.
    StageRunId,
    /// One finished backup.
    BackupId,
    /// One browser that is logged in.
    SessionId,
    /// One key for scripts.
    ApiKeyId,
    /// One try to log in.
    AttemptId,
    /// A room: what transcripts are in.
    RoomId,
    /// An event that a webhook is told; the receiver knows it by this.
    DeliveryId,
    /// A few seconds behind a link of their own.
    QuoteId,
    /// Something that is sent of a transcript: a letter, a message.
    SendingId,
    /// One entry of the audit log.
    AuditId,
}
