//! The end of the way. Whoever watches learns from the STATUS event that follows; those who do not are told by jobs of their own,
//! which are put into the queue with this stage's end (`webhook`), so that a receiver that is away keeps no transcript unfinished.

use super::context::Context;
use super::error::JobError;
use super::run::Done;

pub(super) async fn run(cx: &Context) -> Result<Done, JobError> {
    cx.wanted()?;
    Ok(Done::default())
}
