use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use diesel::ConnectionError;
use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, deadpool};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use futures::FutureExt;

use super::{Address, DbError};

/// A connection out of the pool; goes back when dropped. `&mut *connection` is what queries take.
pub type Connection = deadpool::Object<AsyncPgConnection>;

/// How long a request or a job waits for a connection before it is told that the database can't be reached.
const WAIT: Duration = Duration::from_secs(15);

/// Connections to PostgreSQL, made when needed and shared by cloning.
///
/// A connection is tried before it is handed out, so a PostgreSQL that was restarted costs nobody an error: broken
/// connections are thrown away and new ones made.
#[derive(Clone)]
pub struct Pool {
    inner: deadpool::Pool<AsyncPgConnection>,
    queries: Queries,
}

/// How many queries were sent.
#[derive(Clone, Default)]
struct Queries(Arc<AtomicU64>);

impl Instrumentation for Queries {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if matches!(event, InstrumentationEvent::StartQuery { .. }) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Pool {
    /// A pool of at most `size` connections; none is made yet.
    ///
    /// # Errors
    /// The address can't be understood, or names an authority that can't be used.
    pub fn new(at: impl Into<Address>, size: usize) -> Result<Self, DbError> {
        let address = at.into();
        address.parts()?;
        let mut config = ManagerConfig::<AsyncPgConnection>::default();
        let queries = Queries::default();
        let counting = queries.clone();
        config.custom_setup = Box::new(move |_| {
            let (address, counting) = (address.clone(), counting.clone());
            async move {
                let mut conn = address.connect().await.map_err(|error| match error {
                    DbError::Connect(reason) => ConnectionError::BadConnection(reason),
                    other => ConnectionError::BadConnection(other.to_string()),
                })?;
                conn.set_instrumentation(counting);
                Ok(conn)
            }
            .boxed()
        });
        let manager = AsyncDieselConnectionManager::new_with_config("", config);
        let inner = deadpool::Pool::builder(manager)
            .max_size(size)
            .build()
            .map_err(|error| DbError::Connect(error.to_string()))?;
        Ok(Self { inner, queries })
    }

    /// A working connection.
    ///
    /// # Errors
    /// [`DbError::Connect`] when PostgreSQL does not answer, refuses, or all connections stay busy for 15 seconds.
    pub async fn get(&self) -> Result<Connection, DbError> {
        match tokio::time::timeout(WAIT, self.inner.get()).await {
            Ok(got) => got.map_err(|error| DbError::Connect(error.to_string())),
            Err(_) => Err(DbError::Connect(format!("no connection was free within {} s", WAIT.as_secs()))),
        }
    }

    /// How many connections exist, and how many of them are idle.
    pub fn usage(&self) -> (usize, usize) {
        let status = self.inner.status();
        (status.size, status.available)
    }

    /// How many queries were sent over its connections; a connection that is handed out is tried with one.
    pub fn queries(&self) -> u64 {
        self.queries.0.load(Ordering::Relaxed)
    }

    /// Closes what is idle and refuses new requests.
    pub fn close(&self) {
        self.inner.close();
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("usage", &self.usage()).finish()
    }
}
