//! What those who watch are told of what people do with transcripts and rooms as a whole. What jobs do they tell themselves.

use crate::app::App;
use crate::bus::Event;
use crate::ids::TranscriptId;

/// There is a new transcript.
pub(super) async fn created(app: &App, id: TranscriptId) {
    app.bus().announce(&Event::TranscriptCreated { id }).await;
}

/// It is in the trash: whoever watches it can't any more.
pub(super) async fn deleted(app: &App, id: TranscriptId) {
    app.bus().announce(&Event::TranscriptDeleted { id }).await;
    app.bus().publish(id, &Event::Rights {}).await;
}

/// It is out of the trash.
pub(super) async fn restored(app: &App, id: TranscriptId) {
    app.bus().announce(&Event::TranscriptRestored { id }).await;
}

/// Its notes are others. What they say is not told: not everybody who watches may read them.
pub(super) async fn notes(app: &App, id: TranscriptId) {
    app.bus().publish(id, &Event::Notes {}).await;
}

/// Others may read it, or list it, than before.
pub(super) async fn rights(app: &App, id: TranscriptId) {
    app.bus().publish(id, &Event::Rights {}).await;
    lists(app).await;
}

/// Others may list what is in a room than before.
pub(super) async fn lists(app: &App) {
    app.bus().announce(&Event::Rights {}).await;
}
