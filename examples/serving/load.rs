//! Asking, and how long the answers took.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tokio::task::JoinSet;

/// How long requests took, and how many were answered a second.
pub struct Took {
    /// Of what was answered, in ascending order.
    times: Vec<Duration>,
    /// How many were not.
    failed: usize,
    rate: f64,
}

impl Took {
    fn new(mut times: Vec<Duration>, failed: usize, within: Duration) -> Self {
        times.sort_unstable();
        let rate = times.len() as f64 / within.as_secs_f64();
        Self { times, failed, rate }
    }

    /// Whether everything was answered, and 99 of 100 within this time.
    pub fn holds(&self, most: Duration) -> bool {
        self.failed == 0 && self.at(0.99) <= most.as_secs_f64() * 1e3
    }

    fn at(&self, part: f64) -> f64 {
        let last = self.times.len().saturating_sub(1);
        self.times.get((part * last as f64).ceil() as usize).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    }
}

/// The cells of a table: rate, median, p95, p99 and the most, in milliseconds, and how many were not answered.
impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells = [0.5, 0.95, 0.99, 1.0].map(|part| format!("{:.1}", self.at(part)));
        write!(f, "{:.0} | {} | {}", self.rate, cells.join(" | "), self.failed)
    }
}

/// Who asks.
pub struct Load {
    client: reqwest::Client,
    base: String,
}

impl Load {
    pub fn new(base: &str) -> Self {
        Self { client: reqwest::Client::new(), base: base.to_owned() }
    }

    async fn ask(client: reqwest::Client, url: String) -> anyhow::Result<()> {
        let answer = client.get(&url).send().await?;
        let status = answer.status();
        let length = answer.bytes().await?.len();
        ensure!(status.is_success() && length > 2, "{url}: {status}, {length} bytes");
        Ok(())
    }

    /// So many requests a second, whether or not those before were answered. A time counts from when the request was due: one that
    /// waits in our own queue waits for the server, too.
    pub async fn steadily(
        &self,
        rate: u32,
        span: Duration,
        path: &impl Fn(usize) -> String,
    ) -> anyhow::Result<Took> {
        let every = Duration::from_secs(1) / rate;
        let count = (span.as_secs_f64() * f64::from(rate)) as usize;
        let begun = Instant::now();
        let mut asked = JoinSet::new();
        for n in 0..count {
            let due = begun + every * n as u32;
            tokio::time::sleep_until(due.into()).await;
            let (client, url) = (self.client.clone(), format!("{}{}", self.base, path(n)));
            asked.spawn(async move { Self::ask(client, url).await.map(|()| due.elapsed()) });
        }
        let mut times = Vec::with_capacity(count);
        let mut failed = 0;
        for answer in asked.join_all().await {
            match answer {
                Ok(took) => times.push(took),
                Err(_) => failed += 1,
            }
        }
        Ok(Took::new(times, failed, begun.elapsed()))
    }

    /// One after another, as somebody who searches does.
    pub async fn one_by_one(&self, count: usize, path: &impl Fn(usize) -> String) -> anyhow::Result<Took> {
        let begun = Instant::now();
        let mut times = Vec::with_capacity(count);
        for n in 0..count {
            let asked = Instant::now();
            Self::ask(self.client.clone(), format!("{}{}", self.base, path(n))).await.context("search")?;
            times.push(asked.elapsed());
        }
        Ok(Took::new(times, 0, begun.elapsed()))
    }
}
