//! Time as a parameter: code asks for the time here, so that tests can say what time it is.

use chrono::{DateTime, Utc};

/// The time now. The one place that asks the system.
pub fn now() -> DateTime<Utc> {
    Utc::now()
}
