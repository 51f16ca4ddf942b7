use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel::sql_types::Integer;
use diesel::{ConnectionError, IntoSql};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolError, RecyclingMethod, deadpool,
};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use futures::FutureExt;

use super::{Address, DbError};

/// A connection out of the pool; goes back when dropped. `&mut *connection` is what queries take.
pub type Connection = deadpool::Object<AsyncPgConnection>;

/// How long a request or a job waits for a connection before it is told that the database can't be reached.
const WAIT: Duration = Duration::from_secs(15);

/// A connection that was in use a moment ago is not tried again before the next: each trial costs as much as a small query.
const TRIED: Duration = Duration::from_secs(1);

/// Connections to PostgreSQL, made when needed and shared by cloning.
///
/// One that the driver knows to be closed is never handed out, and one that was not used for a second is tried first, so a PostgreSQL that was
/// restarted costs an error at most to those who ask in that very moment: broken connections are thrown away and new ones made.
#[derive(Clone)]
pub struct Pool {
    inner: deadpool::Pool<AsyncPgConnection>,
    queries: Queries,
    made: Arc<AtomicU64>,
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

/// Counts nothing.
struct Silent;

impl Instrumentation for Silent {
    fn on_connection_event(&mut self, _: InstrumentationEvent<'_>) {}
}

/// Asks for nothing but an answer.
async fn answers(conn: &mut AsyncPgConnection) -> diesel::QueryResult<()> {
    // In here alone: it gives whatever has a `load` another one.
    use diesel_async::RunQueryDsl as _;
    diesel::select(1_i32.into_sql::<Integer>()).get_result::<i32>(conn).await.map(|_| ())
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
        let (counting, goes_on) = (queries.clone(), queries.clone());
        let made: Arc<AtomicU64> = Arc::default();
        let one_more = made.clone();
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(move |_| {
            let (address, counting, one_more) = (address.clone(), counting.clone(), one_more.clone());
            async move {
                let mut conn = address.connect().await.map_err(|error| match error {
                    DbError::Connect(reason) => ConnectionError::BadConnection(reason),
                    other => ConnectionError::BadConnection(other.to_string()),
                })?;
                conn.set_instrumentation(counting);
                one_more.fetch_add(1, Ordering::Relaxed);
                Ok(conn)
            }
            .boxed()
        });
        let manager = AsyncDieselConnectionManager::new_with_config("", config);
        let tried = deadpool::Hook::<AsyncPgConnection>::async_fn(move |conn, metrics| {
            let (fresh, goes_on) = (metrics.last_used() < TRIED, goes_on.clone());
            Box::pin(async move {
                if fresh {
                    return Ok(());
                }
                conn.set_instrumentation(Silent);
                let tried = answers(conn).await;
                conn.set_instrumentation(goes_on);
                tried.map_err(|error| deadpool::HookError::Backend(PoolError::QueryError(error)))
            })
        });
        let inner = deadpool::Pool::builder(manager)
            .max_size(size)
            .post_recycle(tried)
            .build()
            .map_err(|error| DbError::Connect(error.to_string()))?;
        Ok(Self { inner, queries, made })
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

    /// How many queries were sent over its connections, trials aside.
    pub fn queries(&self) -> u64 {
        AtomicU64::load(&self.queries.0, Ordering::Relaxed)
    }

    /// How many connections were made: where there is no new one, PostgreSQL has not been away.
    pub fn made(&self) -> u64 {
        AtomicU64::load(&self.made, Ordering::Relaxed)
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
