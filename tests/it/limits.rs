//! The one upload limit, wherever it is told or kept; and what a worker tells whoever watches it.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use reflector::config::MAX_UPLOAD_BYTES;

use crate::support::site::Site;
use crate::support::workshop::Workshop;

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The first number after `name` in `text`.
fn number(text: &str, name: &str) -> u64 {
    let rest = &text[text.find(name).unwrap_or_else(|| panic!("{name} is missing")) + name.len()..];
    let digits = rest.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn server_page_error_proxy_and_documents_name_one_limit() {
    assert_eq!(MAX_UPLOAD_BYTES, 10_000_000_000);
    assert_eq!(number(&read("modules/lib.nix"), "maxUploadBytes ="), MAX_UPLOAD_BYTES);
    let caddy = read("modules/caddy.nix");
    assert!(
        caddy.contains("max_size ${toString (ours.maxUploadBytes + 1000000)}"),
        "Caddy's limit follows from it"
    );
    for configuration in ["default", "company", "open"] {
        let rendered = read(&format!("tests/nix/rendered/{configuration}/Caddyfile"));
        assert_eq!(number(&rendered, "max_size"), MAX_UPLOAD_BYTES + 1_000_000, "{configuration}");
    }
    for document in ["docs/API.md", "docs/SECURITY.md"] {
        assert!(read(document).contains("10 GB"), "{document}");
    }
    let site = Site::new().await;
    assert!(site.page("/").await.1.contains("10 GB"), "the page where one uploads");
    let id = site.create("x").await;
    let path = format!(
        "/v1/transcripts/{id}/record/upload?chunk_number=0&total_chunks=1&size={}",
        MAX_UPLOAD_BYTES + 1
    );
    let request =
        site.client.post(site.url(&path)).header("content-type", "multipart/form-data; boundary=XX");
    let answer = request.body("--XX--\r\n").send().await.unwrap();
    assert_eq!(answer.status(), 413);
    assert!(answer.text().await.unwrap().contains("10 GB"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_tells_how_it_is_where_it_is_told_to() {
    let workshop = Workshop::new().await;
    let id = workshop.transcript_that_failed().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = workshop.config();
    let mut worker = Command::new(env!("CARGO_BIN_EXE_reflector"))
        .args(["work", "--queues", "llm"])
        .env("REFLECTOR_WORK__LISTEN", format!("127.0.0.1:{port}"))
        .env("REFLECTOR_DATABASE__URL", &workshop.url)
        .env("REFLECTOR_STORAGE__DIR", &config.storage.dir)
        .env("REFLECTOR_STORAGE__SCRATCH", config.storage.scratch.unwrap())
        .current_dir(workshop.storage.parent().unwrap())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let get = async |path: &str| {
        let answer = reqwest::get(format!("http://127.0.0.1:{port}{path}")).await?;
        Ok::<_, reqwest::Error>((answer.status().as_u16(), answer.text().await?))
    };
    let _already = rustls::crypto::ring::default_provider().install_default();
    let start = Instant::now();
    while get("/livez").await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(60), "the worker does not answer");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (live, numbers, nothing) = (get("/livez").await, get("/metrics").await, get("/").await);
    worker.kill().unwrap();
    worker.wait().unwrap();
    assert_eq!(live.unwrap(), (200, "ok\n".to_owned()));
    let (status, numbers) = numbers.unwrap();
    assert_eq!(status, 200);
    let value = |name: &str| {
        let line = numbers
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_else(|| panic!("{name}: {numbers}"));
        line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };
    assert_eq!(value("reflector_database_up"), 1.0);
    assert_eq!(value("reflector_stages_failed"), 1.0, "{id}");
    assert!(value("reflector_queue_waiting") >= 1.0 && value("reflector_queue_oldest_seconds") > 0.0);
    assert!(value("reflector_disk_free_bytes{setting=\"storage.dir\"}") > 1e6);
    assert_eq!(nothing.unwrap().0, 404, "there are no pages");
}
