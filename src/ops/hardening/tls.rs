//! TLS and the proxy, tried from the outside: certificate, old versions and suites, port 80, routes.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};

use axum::http::{StatusCode, Version};

use super::facts::{Facts, PATIENCE};
use super::site::Site;
use super::{Fail, Found, Outcome, Pass, hidden, pass_if};
use crate::clock;

mod certificate;
mod hello;

const IDS: [&str; 10] = ["H-07", "H-20", "H-21", "H-22", "H-24", "H-25", "H-30", "H-31", "H-32", "H-33"];

pub(super) async fn check(facts: &Facts) -> Found {
    let site = match &facts.site {
        Ok(site) => site,
        Err(why) => return IDS.map(|id| (id, Fail(why.clone()))).into(),
    };
    let set = facts.config.server.site_url.is_some();
    let (trusted, plain, sockets, routes) =
        tokio::join!(trusted(site), plain(site), sockets(site), routes(site));
    let (old, weak) = match (site.url.host_str(), site.url.scheme()) {
        (Some(host), "https") => {
            let (host, port) = (host.to_owned(), site.url.port_or_known_default().unwrap_or(443));
            let asked = tokio::task::spawn_blocking(move || {
                (offer(&host, port, hello::OLD), offer(&host, port, hello::WEAK))
            });
            asked.await.unwrap_or((Err("failed".into()), Err("failed".into())))
        }
        _ => (Err("server.site_url is not https".into()), Err("server.site_url is not https".into())),
    };
    Found::from([
        ("H-07", trusted),
        ("H-20", refused(old, "TLS 1.1")),
        ("H-21", refused(weak, "a CBC suite")),
        ("H-22", tickets(facts)),
        ("H-24", plain),
        ("H-25", http2(site)),
        ("H-30", sockets),
        ("H-31", renewal(site)),
        ("H-32", pass_if(set, if set { site.url.as_str() } else { "server.site_url is not set" })),
        ("H-33", routes),
    ])
}

async fn trusted(site: &Site) -> Outcome {
    if site.url.scheme() != "https" {
        return Fail("server.site_url is not https".into());
    }
    match site.trusted().await {
        Ok(_) => Pass(format!("trusted for {}", site.url.host_str().unwrap_or_default())),
        Err(why) => Fail(why),
    }
}

fn refused(took: Result<bool, String>, what: &str) -> Outcome {
    match took {
        Ok(taken) => pass_if(!taken, format!("{what} is {}", if taken { "taken" } else { "refused" })),
        Err(why) => Fail(why),
    }
}

/// Sends a ClientHello; whether it was answered with a ServerHello.
fn offer(host: &str, port: u16, kind: hello::Kind) -> Result<bool, String> {
    let words = |error: std::io::Error| error.to_string();
    let bare = host.trim_matches(['[', ']']);
    let address = (bare, port).to_socket_addrs().map_err(words)?.next().ok_or("no address")?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(words)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(words)?;
    stream.write_all(&hello::client(bare, kind)).map_err(words)?;
    let mut head = [0; 6];
    Ok(match stream.read_exact(&mut head) {
        Ok(()) => hello::accepted(&head),
        // Hung up on: refused, too.
        Err(_) => false,
    })
}

/// Go's TLS, which is Caddy's, makes new ticket keys every day and keeps them in memory alone.
fn tickets(facts: &Facts) -> Outcome {
    match &facts.units {
        Err(why) => hidden(why),
        Ok(units) => {
            let active = units.property("caddy.service", "ActiveState") == "active";
            pass_if(
                active,
                if active { "Caddy makes new ones by itself" } else { "caddy.service does not run" },
            )
        }
    }
}

async fn plain(site: &Site) -> Outcome {
    let mut url = site.url.clone();
    if url.scheme() != "https" || url.set_scheme("http").is_err() {
        return Fail("server.site_url is not https".into());
    }
    // Only a site on its usual port has a port 80 beside it.
    let _usual = url.set_port(None);
    match site.get(&url, "/").await {
        Ok(answer) => {
            let to = answer.headers.get("location").and_then(|to| to.to_str().ok()).unwrap_or("nowhere");
            let moved =
                [StatusCode::MOVED_PERMANENTLY, StatusCode::PERMANENT_REDIRECT].contains(&answer.status);
            pass_if(moved && to.starts_with("https://"), format!("{} to {to}", answer.status.as_u16()))
        }
        Err(why) => Fail(why),
    }
}

fn http2(site: &Site) -> Outcome {
    match &site.page {
        Ok(page) => pass_if(page.version == Version::HTTP_2, format!("{:?}", page.version)),
        Err(why) => Fail(why.clone()),
    }
}

/// A handshake for a transcript that does not exist is answered by the program itself, through the proxy: 404, in JSON.
async fn sockets(site: &Site) -> Outcome {
    let Ok(url) = site.url.join("/v1/transcripts/00000000-0000-0000-0000-000000000000/events") else {
        return Fail("no address".into());
    };
    let asked = site.send(|client| {
        client
            .get(url)
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==")
    });
    match asked.await {
        Ok(answer) => {
            let ours = answer.status == StatusCode::NOT_FOUND && answer.body.contains("Transcript not found");
            pass_if(ours, format!("the program answers {}", answer.status.as_u16()))
        }
        Err(why) => Fail(why),
    }
}

/// At least a sixth of its life is left: authorities and Caddy renew after two thirds of it.
fn renewal(site: &Site) -> Outcome {
    let der = match &site.page {
        Ok(page) => page.certificate.as_deref(),
        Err(why) => return Fail(why.clone()),
    };
    let Some((from, until)) = der.and_then(certificate::validity) else {
        return Fail("the site shows no certificate that can be read".into());
    };
    let (life, left) = (until - from, until - clock::now());
    let seen = format!("valid until {}", until.format("%Y-%m-%d %H:%M UTC"));
    pass_if(left.num_seconds() > 0 && left.num_seconds() * 6 >= life.num_seconds(), seen)
}

async fn routes(site: &Site) -> Outcome {
    let mut served = Vec::new();
    for path in ["/metrics", "/flower/", "/minio/", "/_cluster/health"] {
        match site.get(&site.url, path).await {
            Ok(answer) if answer.status.is_success() => served.push(path),
            Ok(_) => {}
            Err(why) => return Fail(why),
        }
    }
    pass_if(served.is_empty(), if served.is_empty() { "none of them".into() } else { served.join(", ") })
}
