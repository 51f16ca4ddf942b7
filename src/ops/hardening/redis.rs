//! Redis, asked by a client that has no password.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;

use super::facts::{Facts, bounded};
use super::{Fail, Found, Outcome, Pass, pass_if};

pub(super) async fn check(facts: &Facts) -> Found {
    let url = facts.config.redis.url.as_deref();
    let (password, port) = match url.map(Url::parse) {
        None => (Pass("there is no Redis".into()), Pass("there is no Redis".into())),
        Some(Err(error)) => (Fail(format!("redis.url: {error}")), Fail(format!("redis.url: {error}"))),
        Some(Ok(url)) => {
            let socket = url.scheme().contains("unix");
            let said = bounded(ping(&url)).await;
            let refused =
                said.as_ref().is_ok_and(|said| said.starts_with("-NOAUTH") || said.starts_with("-NOPERM"));
            // The answer to a stranger is Redis's own word; it holds no secret.
            let said = said.unwrap_or_else(|why| why);
            (
                pass_if(refused, format!("without one it says {:?}", said.trim())),
                pass_if(socket, if socket { "the unix socket alone" } else { "redis.url names a port" }),
            )
        }
    };
    Found::from([("H-55", password), ("H-56", jobs(facts)), ("H-57", port)])
}

/// What Redis answers to a PING before any AUTH.
async fn ping(url: &Url) -> Result<String, String> {
    async fn talk(mut stream: impl AsyncReadExt + AsyncWriteExt + Unpin) -> std::io::Result<String> {
        stream.write_all(b"PING\r\n").await?;
        let mut buffer = [0; 128];
        let length = stream.read(&mut buffer).await?;
        Ok(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }
    let words = |error: std::io::Error| error.to_string();
    if url.scheme().contains("unix") {
        return talk(tokio::net::UnixStream::connect(url.path()).await.map_err(words)?).await.map_err(words);
    }
    if url.scheme() == "rediss" {
        return Err("redis.url is rediss://, which a stranger's PING does not reach".into());
    }
    let address = (
        url.host_str().unwrap_or("localhost").trim_matches(['[', ']']).to_owned(),
        url.port().unwrap_or(6379),
    );
    talk(tokio::net::TcpStream::connect(address).await.map_err(words)?).await.map_err(words)
}

/// Jobs are rows; Redis only carries events.
fn jobs(facts: &Facts) -> Outcome {
    match &facts.database {
        Ok(database) => match database.jobs {
            Some(jobs) => pass_if(
                database.durable(),
                format!(
                    "{jobs} jobs are rows in PostgreSQL; fsync and full_page_writes are {}",
                    if database.durable() { "on" } else { "off" }
                ),
            ),
            None => Fail("the queue's tables are not there".into()),
        },
        Err(why) => Fail(why.clone()),
    }
}
