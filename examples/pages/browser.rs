//! A Chromium that counts its long tasks.

use std::fmt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities};

const PATIENCE: Duration = Duration::from_secs(60);

/// Runs before anything of the page does. Usable: words are there and every control answers, which the player shows by being there; and
/// from then on the page was free for two frames.
const WATCH: &str = "
    window.__tasks = [];
    new PerformanceObserver((list) => { for (const one of list.getEntries()) __tasks.push(one.duration); }).observe({ type: 'longtask', buffered: true });
    const look = () => {
        if (!document.querySelector('.deck:not([hidden])') || !document.querySelector('#text p[data-w]')) { requestAnimationFrame(look); return; }
        requestAnimationFrame(() => requestAnimationFrame(() => { window.__usable = performance.now(); }));
    };
    requestAnimationFrame(look);";

/// How often, and for how many milliseconds, a page did not answer: tasks of more than 50.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tasks {
    count: usize,
    longest: f64,
}

impl Tasks {
    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self { count: self.count + other.count, longest: self.longest.max(other.longest) }
    }
}

impl fmt::Display for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.count {
            0 => f.write_str("none"),
            count => write!(f, "{count}, {:.0}", self.longest),
        }
    }
}

pub struct Browser {
    driver: WebDriver,
    port: u16,
    process: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    pub async fn open(width: u32, height: u32) -> anyhow::Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let process = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("chromedriver (Debian: chromium-driver)")?;
        let profile = tempfile::tempdir()?;
        let mut options = ChromeCapabilities::new();
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--autoplay-policy=no-user-gesture-required",
            &format!("--user-data-dir={}", profile.path().display()),
        ] {
            options.add_arg(argument)?;
        }
        let begun = Instant::now();
        let driver = loop {
            match WebDriver::new(format!("http://127.0.0.1:{port}"), options.clone()).await {
                Ok(driver) => break driver,
                Err(error) if begun.elapsed() > PATIENCE => bail!("Chromium does not start: {error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        };
        let browser = Self { driver, port, process, _profile: profile };
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        browser.tell("Emulation.setDeviceMetricsOverride", metrics).await?;
        browser.tell("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).await?;
        Ok(browser)
    }

    async fn tell(&self, command: &str, params: Value) -> anyhow::Result<()> {
        let session = self.driver.handle().session_id().to_string();
        let url = format!("http://127.0.0.1:{}/session/{session}/goog/cdp/execute", self.port);
        let body = json!({ "cmd": command, "params": params });
        let answer = reqwest::Client::new().post(url).json(&body).send().await?;
        anyhow::ensure!(answer.status().is_success(), "{command}: {}", answer.status());
        Ok(())
    }

    async fn script(&self, code: &str) -> anyhow::Result<Value> {
        Ok(self.driver.execute(code, Vec::new()).await?.json().clone())
    }

    /// Opens a page; how many milliseconds after its begin it was usable.
    pub async fn visit(&self, page: &str) -> anyhow::Result<f64> {
        self.driver.goto(page).await?;
        let begun = Instant::now();
        loop {
            if let Some(usable) = self.script("return window.__usable ?? null").await?.as_f64() {
                return Ok(usable);
            }
            if begun.elapsed() > PATIENCE {
                bail!("{page} can't be used: {}", self.script("return document.body.innerText").await?);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Long tasks since they were forgotten.
    pub async fn tasks(&self) -> anyhow::Result<Tasks> {
        let all = self.script("return window.__tasks").await?;
        let all: Vec<f64> = all.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        Ok(Tasks { count: all.len(), longest: all.iter().copied().fold(0.0, f64::max) })
    }

    pub async fn forget(&self) -> anyhow::Result<()> {
        self.script("window.__tasks.length = 0").await?;
        Ok(())
    }

    /// From the beginning, with words that follow.
    pub async fn play(&self) -> anyhow::Result<()> {
        self.script("const audio = document.querySelector('audio'); audio.muted = true; document.querySelector('[data-play]').click()")
            .await?;
        Ok(())
    }

    /// Seconds that were played.
    pub async fn heard(&self) -> anyhow::Result<f64> {
        Ok(self
            .script("return document.querySelector('audio').currentTime")
            .await?
            .as_f64()
            .unwrap_or_default())
    }

    /// Half a window down, as by a wheel; at the end from the top again.
    pub async fn scroll(&self) -> anyhow::Result<()> {
        self.script(
            "window.dispatchEvent(new WheelEvent('wheel')); const before = scrollY; scrollBy(0, innerHeight / 2); if (scrollY === before) scrollTo(0, 0)",
        )
        .await?;
        Ok(())
    }

    pub async fn quit(self) {
        let _gone = self.driver.clone().quit().await;
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _gone = self.process.wait();
    }
}
