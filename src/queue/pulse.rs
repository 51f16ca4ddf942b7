//! Which workers of the engine run in this process, and whether their signs of life reach the database.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::{Group, Queue, QueueError};

/// The engine's name for the worker of each group that works now, and since when it does.
#[derive(Clone, Debug)]
pub(super) struct Workers(watch::Sender<BTreeMap<Group, (String, Instant)>>);

impl Default for Workers {
    fn default() -> Self {
        Self(watch::Sender::new(BTreeMap::new()))
    }
}

impl Workers {
    /// Notes a worker until the guard goes.
    pub(super) fn enter(&self, group: Group, worker: &str) -> Working<'_> {
        self.0.send_modify(|now| drop(now.insert(group, (worker.to_owned(), Instant::now()))));
        Working(self, group)
    }
}

pub(super) struct Working<'w>(&'w Workers, Group);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        let Self(Workers(workers), group) = self;
        workers.send_modify(|now| drop(now.remove(group)));
    }
}

impl Queue {
    /// Waits until each of `groups` is being worked by this process.
    pub async fn working(&self, groups: &[Group]) {
        let mut now = self.workers.0.subscribe();
        // The sender lives in `self`.
        let _never = now.wait_for(|now| groups.iter().all(|group| now.contains_key(group))).await;
    }

    /// Groups whose worker in this process has given no sign of life for `silence`, by PostgreSQL's own clock: others take it
    /// for dead then, and start its jobs a second time.
    ///
    /// # Errors
    /// PostgreSQL can't be asked.
    pub async fn silent(&self, silence: Duration) -> Result<Vec<Group>, QueueError> {
        let mut workers = self.workers.0.borrow().clone();
        // A worker's first sign comes some time after its start.
        workers.retain(|_, (_, since)| since.elapsed() > silence);
        if workers.is_empty() {
            return Ok(Vec::new());
        }
        let connect = |error: &dyn std::fmt::Display| QueueError::Connect(error.to_string());
        let conn = self.pool.get().await.map_err(|error| connect(&error))?;
        let ids: Vec<&str> = workers.values().map(|(id, _)| id.as_str()).collect();
        let heard = conn
            .query(
                "select id from graphile_worker._private_workers \
                 where id = any($1) and last_heartbeat_at > now() - make_interval(secs => $2)",
                &[&ids, &silence.as_secs_f64()],
            )
            .await
            .map_err(|error| connect(&error))?;
        let heard: Vec<String> = heard.iter().map(|row| row.get(0)).collect();
        Ok(workers.into_iter().filter(|(_, (id, _))| !heard.contains(id)).map(|(group, _)| group).collect())
    }
}
