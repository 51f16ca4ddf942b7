//! One line that says what it was about. A title that a person wrote goes first, wherever one is shown.

use super::context::{Context, write};
use super::error::JobError;
use super::meeting;
use super::run::Done;
use crate::bus::Event;
use crate::model::understanding;

pub(super) async fn run(cx: &Context) -> Result<Done, JobError> {
    let meeting = meeting::read(cx).await?;
    let topics = meeting::topics(cx).await?;
    let title = cx.env.understanding.title(&meeting, &topics).await?;
    let output = cx.open(cx.env.understanding.method(), Some(&meeting.language)).await?;
    // Nothing was said: what is shown then is the recording's name.
    if title.trim().is_empty() {
        return Ok(Done::output(output));
    }
    write!(cx.env, async |conn| understanding::store_title(conn, output, title.trim()).await)?;
    let shown = cx.transcript.title.clone().unwrap_or(title);
    Ok(Done { events: vec![Event::FinalTitle { title: shown }], ..Done::output(output) })
}
