//! The engine's PostgreSQL driver over TLS. The one it brings would trust the public authorities of its own list; this one
//! takes whom we trust, and differs from it in nothing else.

use std::any::Any;
use std::time::Duration;

use deadpool_postgres::{BuildError, Manager, ManagerConfig, Pool, RecyclingMethod};
use futures::{StreamExt, stream};
use graphile_worker::tokio_postgres::TokioPostgresDatabase;
use graphile_worker::{
    BoxFuture, DatabaseDriver, DbError, DbExecutor, DbParams, DbRow, DbTransaction, Notification,
    NotificationStream, escape_identifier,
};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_postgres::{AsyncMessage, Config};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_stream::wrappers::UnboundedReceiverStream;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Queries go through a pool, notifications come on a connection of their own.
pub(super) struct Driver {
    queries: TokioPostgresDatabase,
    line: Line,
}

#[derive(Clone)]
struct Line {
    config: Config,
    tls: MakeRustlsConnect,
}

impl Driver {
    pub(super) fn new(
        config: Config,
        tls: MakeRustlsConnect,
        connections: usize,
    ) -> Result<Self, BuildError> {
        let settings = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config.clone(), tls.clone(), settings);
        let pool = Pool::builder(manager).max_size(connections).build()?;
        Ok(Self { queries: TokioPostgresDatabase::new(pool), line: Line { config, tls } })
    }

    pub(super) fn pool(&self) -> &Pool {
        self.queries.pool()
    }
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").field("queries", &self.queries).finish_non_exhaustive()
    }
}

impl DbExecutor for Driver {
    fn execute<'a>(&'a self, sql: &'a str, params: DbParams) -> BoxFuture<'a, Result<u64, DbError>> {
        self.queries.execute(sql, params)
    }

    fn fetch_all<'a>(&'a self, sql: &'a str, params: DbParams) -> BoxFuture<'a, Result<Vec<DbRow>, DbError>> {
        self.queries.fetch_all(sql, params)
    }
}

impl DatabaseDriver for Driver {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn begin<'a>(&'a self) -> BoxFuture<'a, Result<DbTransaction, DbError>> {
        self.queries.begin()
    }

    fn listen<'a>(&'a self, channel: &'a str) -> BoxFuture<'a, Result<Option<NotificationStream>, DbError>> {
        Box::pin(async move {
            let (sender, receiver) = unbounded_channel();
            let statement = format!("LISTEN {}", escape_identifier(channel));
            let first = self.line.open(&statement).await?;
            let line = self.line.clone();
            // Ends when nobody listens any more.
            drop(tokio::spawn(async move { line.keep(first, &statement, &sender).await }));
            Ok(Some(Box::pin(UnboundedReceiverStream::new(receiver)) as NotificationStream))
        })
    }
}

/// What comes over one connection until it breaks. Dropping it closes the connection.
type Open = stream::BoxStream<'static, Notification>;

impl Line {
    async fn open(&self, statement: &str) -> Result<Open, DbError> {
        let (client, mut connection) = self.config.connect(self.tls.clone()).await?;
        let mut messages = stream::poll_fn(move |context| connection.poll_message(context)).boxed();
        let mut early = Vec::new();
        // The connection moves only while it is polled, so the statement and what comes meanwhile are awaited together.
        {
            let listening = client.batch_execute(statement);
            tokio::pin!(listening);
            loop {
                tokio::select! {
                    done = &mut listening => { done?; break }
                    message = messages.next() => match message {
                        Some(Ok(message)) => early.extend(notification(message)),
                        Some(Err(error)) => return Err(error.into()),
                        None => return Err(DbError::new("the connection was closed")),
                    },
                }
            }
        }
        let rest =
            messages.take_while(|message| std::future::ready(message.is_ok())).filter_map(move |message| {
                // The connection ends with its client, so that lives as long as the stream.
                let _open = &client;
                std::future::ready(message.ok().and_then(notification))
            });
        Ok(stream::iter(early).chain(rest).boxed())
    }

    /// Passes notifications on, and connects again whenever the connection breaks.
    async fn keep(
        &self,
        mut open: Open,
        statement: &str,
        to: &UnboundedSender<Result<Notification, DbError>>,
    ) {
        loop {
            loop {
                tokio::select! {
                    () = to.closed() => return,
                    next = open.next() => match next {
                        Some(notification) => if to.send(Ok(notification)).is_err() { return },
                        None => break,
                    },
                }
            }
            let mut pause = FIRST_PAUSE;
            open = loop {
                tokio::select! {
                    () = to.closed() => return,
                    () = tokio::time::sleep(pause) => {}
                }
                match self.open(statement).await {
                    Ok(open) => break open,
                    Err(error) => tracing::debug!(%error, "PostgreSQL is not back yet"),
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            };
        }
    }
}

fn notification(message: AsyncMessage) -> Option<Notification> {
    match message {
        AsyncMessage::Notification(it) => {
            Some(Notification { channel: it.channel().to_owned(), payload: it.payload().to_owned() })
        }
        _ => None,
    }
}
