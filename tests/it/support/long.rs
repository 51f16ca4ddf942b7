//! A meeting of three hours, to see what a page does with one.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use reflector::db::schema::segment as table;
use reflector::db::schema::topic;
use reflector::ids::TranscriptId;
use reflector::model::Segment;
use reflector::model::stage::Stage;
use reflector::model::{output, segment, transcript, understanding};

use super::meeting::topics;
pub use super::meeting::{LENGTH, meeting};
use super::site::Site;

/// How many words the paragraphs of a page have: what is packed for each.
pub fn words(page: &str) -> usize {
    let packed = page.split("<p data-w=\"").skip(1).filter_map(|rest| rest.split('"').next());
    packed.map(|times| times.split(' ').count()).sum()
}

impl Site {
    /// A transcript of that meeting, with twelve topics.
    pub async fn long(&self, name: &str) -> TranscriptId {
        self.replaced(name, &meeting(), LENGTH).await
    }

    /// A finished transcript in which other things are said; as long as that, in seconds.
    pub async fn replaced(&self, name: &str, said: &[Segment], seconds: f64) -> TranscriptId {
        let id = self.finished(name).await;
        let mut conn = self.workshop.conn().await;
        transcript::set_duration(&mut conn, id, seconds * 1000.0).await.expect("its length");
        let text = output::current(&mut conn, id, Stage::Assemble).await.expect("a query").expect("a text");
        diesel::delete(table::table.filter(table::output_id.eq(text.id)))
            .execute(&mut *conn)
            .await
            .expect("gone");
        segment::append(&mut conn, text.id, said).await.expect("segments");
        let made = output::current(&mut conn, id, Stage::Topics).await.expect("a query").expect("topics");
        diesel::delete(topic::table.filter(topic::output_id.eq(made.id)))
            .execute(&mut *conn)
            .await
            .expect("gone");
        understanding::store_topics(&mut conn, made.id, &topics(seconds)).await.expect("topics");
        id
    }
}
