//! What somebody tries who means harm: behind a real proxy, with another person's ids, from another site, at the wrong moment.

use std::process::{Command, Stdio};
use std::time::Duration;

use reflector::clock;
use reflector::ids::TranscriptId;
use reflector::model::{session, user};
use reqwest::Client;
use serde_json::json;

use super::routes::{addresses, filled, share};
use super::{ADA, KEY, PASSWORD, ask, cookie, guarded, login, person, send, token};
use crate::support::certs::{Caddy, Workbench, free_port};
use crate::support::site::multipart;

const BOB: &str = "bob@example.org";

/// A visitor of `caddy` from an address of their own.
fn visitor(bench: &Workbench, address: &str) -> Client {
    let trust = reflector::tls::Trust::load(&[bench.path("certs").into()]).unwrap();
    let client = trust.http().local_address(Some(address.parse().unwrap()));
    client.redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_caddy_each_visitor_is_counted_by_their_own_address_whatever_they_write_into_headers() {
    let (bench, site) = (Workbench::with_authority(), guarded().await);
    bench.certs(&["issue", "reflector.test"]);
    let caddy = Caddy::before(&bench, "certs", site.address.port());
    let (eve, ada) = (visitor(&bench, "127.0.0.2"), visitor(&bench, "127.0.0.3"));
    person(&site, ADA, true).await;
    let at = |path: &str| format!("https://localhost:{}{path}", caddy.port);
    let tries = |who: &Client, n: usize, email: String, password: &'static str| {
        let request = who.post(at("/v1/auth/login")).header("x-forwarded-for", format!("198.51.100.{n}"));
        let request = request.header("x-real-ip", format!("198.51.100.{n}"));
        request
            .header("forwarded", format!("for=198.51.100.{n}"))
            .json(&json!({ "email": email, "password": password }))
    };
    let ten = (0..10).map(|n| tries(&eve, n, format!("user{n}@example.org"), "wrong").send());
    for answer in futures::future::join_all(ten).await {
        assert_eq!(answer.unwrap().status(), 401);
    }
    assert_eq!(
        tries(&eve, 99, ADA.into(), PASSWORD).send().await.unwrap().status(),
        429,
        "Eve, as whoever she says"
    );
    assert_eq!(
        tries(&ada, 0, ADA.into(), PASSWORD).send().await.unwrap().status(),
        200,
        "Ada, as Eve said she was"
    );

    // The session that is listed has Ada's address, and her cookie is bound to TLS and this host.
    let form = [("email", ADA), ("password", PASSWORD), ("next", "/settings")];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request =
        ada.post(at("/login")).body(body).header("content-type", "application/x-www-form-urlencoded");
    let answer = request.send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()),
        (303, "/settings")
    );
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(set.starts_with("__Host-reflector=") && set.contains("; Secure"), "{set}");
    let kept = set.split(';').next().unwrap();
    let page = ada.get(at("/settings")).header("cookie", kept).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("127.0.0.3") && !page.contains("198.51.100"), "{page}");

    // The proxy is on this machine, whoever asks it is not.
    for (name, value) in [("x-nothing", "x"), ("x-forwarded-for", "127.0.0.1"), ("x-forwarded-for", "\u{e4}")]
    {
        let answer = eve.get(at("/metrics")).header(name, value).send().await.unwrap();
        assert_eq!(answer.headers().get("location").unwrap(), "/login?next=%2Fmetrics", "{name}: {value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_anothers_answers_on_every_route_as_if_it_did_not_exist() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    person(&site, BOB, false).await;
    person(&site, "root@example.org", true).await;
    let theirs = site.finished("theirs.wav").await;
    share(&site, theirs, "private", Some(ada.id)).await;
    let (bob, root) = (token(&site, BOB).await, token(&site, "root@example.org").await);
    let mut asked = 0;
    for path in addresses().iter().filter(|path| path.contains("/transcripts/{id}")) {
        for method in ["GET", "POST", "PATCH", "DELETE", "PUT"] {
            for token in [&bob, &root] {
                let answer = async |id: TranscriptId| {
                    let request = site.client.request(method.parse().unwrap(), site.url(&filled(path, id)));
                    let mut request = request.bearer_auth(token);
                    if path.ends_with("/events") {
                        let upgrade = [("connection", "upgrade"), ("upgrade", "websocket")];
                        let key = [
                            ("sec-websocket-version", "13"),
                            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
                        ];
                        for (name, value) in upgrade.into_iter().chain(key) {
                            request = request.header(name, value);
                        }
                    }
                    // What each would take from its owner, so that rights decide and not the form.
                    if path.ends_with("/zulip") {
                        request = request.query(&[("stream", "team"), ("topic", "x")]);
                    }
                    let request = if path.ends_with("/upload") {
                        let (kind, body) = multipart(&[("chunk", Some("x.wav"), b"x")]);
                        let request = request.query(&[("chunk_number", "0"), ("total_chunks", "1")]);
                        request.header("content-type", kind).body(body)
                    } else if path.starts_with("/v1/") {
                        request.json(&json!({
                            "name": "x", "title": "x", "speaker": 0, "timestamp_from": 0.0, "timestamp_to": 1.0,
                            "speaker_from": 0, "speaker_to": 1,
                            "revision": "1.0", "text": "x", "word": 1, "find": "x", "replace": "y",
                            "start": 0.0, "end": 1.0,
                            "email": "eve@example.org",
                            "places": [{ "segment": 0, "word": 0 }],
                        }))
                    } else {
                        let kind = "application/x-www-form-urlencoded";
                        request
                            .header("content-type", kind)
                            .body("title=x&from=transcribe&speaker-0=x&room_id=&share_mode=public&speaker_from=0&speaker_to=1&notes=x")
                    };
                    let response = request.send().await.unwrap();
                    let status = response.status().as_u16();
                    // A page knows its own address: what was asked for, whether it is there or not.
                    (status, response.text().await.unwrap().replace(&id.to_string(), "…"))
                };
                let (there, nowhere) = (answer(theirs).await, answer(TranscriptId::new()).await);
                assert_eq!(there, nowhere, "{method} {path}");
                assert!([404, 405].contains(&there.0), "{method} {path}: {there:?}");
                asked += 1;
            }
        }
    }
    assert!(asked >= 150, "{asked}");
    let own = send(
        &site,
        "GET",
        &format!("/v1/transcripts/{theirs}"),
        ("authorization", &format!("Bearer {}", token(&site, ADA).await)),
        &json!(null),
    )
    .await;
    assert_eq!(own.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_page_can_do_nothing_with_a_visitors_cookie() {
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    let id = site.finished("talk.wav").await;
    share(&site, id, "private", Some(ada.id)).await;
    let mine = cookie(&site, ADA).await;
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        for path in addresses() {
            for method in ["POST", "PATCH", "DELETE", "PUT"] {
                let request = site.client.request(method.parse().unwrap(), site.url(&filled(&path, id)));
                let request =
                    request.header("cookie", &mine).header(name, value).json(&json!({ "title": "owned" }));
                assert_eq!(request.send().await.unwrap().status(), 403, "{method} {path} {name}: {value}");
            }
        }
    }
    let open = async |origin: String| {
        let mut request =
            format!("ws://{}/v1/transcripts/{id}/events", site.address).into_client_request().unwrap();
        request.headers_mut().insert("cookie", mine.parse().unwrap());
        request.headers_mut().insert("origin", origin.parse().unwrap());
        tokio_tungstenite::connect_async(request).await.map_err(|error| error.to_string())
    };
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        assert!(open(origin.into()).await.unwrap_err().contains("403"), "{origin}");
    }
    assert!(open(format!("http://{}", site.address)).await.is_ok(), "our own page listens");
    let (_, _, text) = ask(&site, &format!("/v1/transcripts/{id}"), ("cookie", &mine)).await;
    assert!(!text.contains("owned"), "{text}");
    // Nor is anything of ours readable there: no answer says that another origin may.
    let request =
        site.client.get(site.url("/v1/me")).header("cookie", &mine).header("origin", "https://evil.example");
    let answer = request.send().await.unwrap();
    assert!(!answer.headers().contains_key("access-control-allow-origin"));
    assert_eq!(answer.headers()["cross-origin-resource-policy"], "same-origin");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_changes_while_somebody_logs_in_with_the_old_one_wins() {
    let site = guarded().await;
    let before = person(&site, ADA, false).await;
    let mut conn = site.workshop.conn().await;
    let hash = reflector::auth::password::hash("another long password").unwrap();
    user::set_password(&mut conn, before.id, &hash, clock::now()).await.unwrap();
    let after = user::get(&mut conn, before.id).await.unwrap().unwrap();
    let mut begun = async |user: &user::User, token: &str| {
        session::create(&mut conn, user, token, "", "", clock::now()).await.unwrap().is_some()
    };
    assert!(!begun(&before, "1").await, "its password was compared before the change");
    assert!(begun(&after, "2").await);
    let mut conn = site.workshop.conn().await;
    user::set_disabled(&mut conn, after.id, true, clock::now()).await.unwrap();
    let begun = session::create(&mut conn, &after, "3", "", "", clock::now()).await.unwrap();
    assert!(begun.is_none(), "shut out meanwhile");
    assert!(session::list(&mut conn, after.id, clock::now()).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_whose_token_has_run_out_can_log_in_again() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    let body = json!({ "email": ADA, "password": PASSWORD });
    for header in [("authorization", "Bearer run.out.token"), ("x-api-key", "rfl_revoked")] {
        assert_eq!(send(&site, "POST", "/v1/auth/login", header, &body).await.0, 200, "{header:?}");
        assert_eq!(send(&site, "GET", "/v1/me", header, &body).await.0, 401, "{header:?}");
    }
}

/// Everything that opens something, from one visit, and the log of the server that was visited.
#[tokio::test(flavor = "multi_thread")]
async fn no_log_has_a_password_a_token_a_key_or_a_cookie_at_any_level() {
    let site = guarded().await;
    person(&site, ADA, true).await;
    let port = free_port();
    let log = site.workshop.storage.join("serve.log");
    std::fs::create_dir_all(&site.workshop.storage).unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_reflector"))
        .arg("serve")
        .env("REFLECTOR_SERVER__LISTEN", format!("127.0.0.1:{port}"))
        .env("REFLECTOR_DATABASE__URL", &site.workshop.url)
        .env("REFLECTOR_STORAGE__DIR", &site.workshop.storage)
        .env("REFLECTOR_AUTH__MODE", "password")
        .env("REFLECTOR_AUTH__SECRET_KEY", KEY)
        .env("REFLECTOR_TELEMETRY__LOG", "trace")
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&log).unwrap())
        .stderr(std::fs::File::options().append(true).open(&log).unwrap())
        .spawn()
        .unwrap();
    let at = |path: &str| format!("http://127.0.0.1:{port}{path}");
    let begun = std::time::Instant::now();
    while site.client.get(at("/health")).send().await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{}", std::fs::read_to_string(&log).unwrap());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut secrets =
        vec![PASSWORD.to_owned(), "hunter2 typed wrong".into(), KEY.into(), "$argon2id$".into()];
    let login = |password: &str| {
        site.client.post(at("/v1/auth/login")).json(&json!({ "email": ADA, "password": password }))
    };
    assert_eq!(login("hunter2 typed wrong").send().await.unwrap().status(), 401);
    // Whoever types the password where the address belongs.
    let swapped = json!({ "email": PASSWORD, "password": ADA });
    assert_eq!(site.client.post(at("/v1/auth/login")).json(&swapped).send().await.unwrap().status(), 401);
    let answer: serde_json::Value = login(PASSWORD).send().await.unwrap().json().await.unwrap();
    let token = answer["access_token"].as_str().unwrap().to_owned();
    let made = site.client.post(at("/v1/user/api-keys")).bearer_auth(&token).json(&json!({ "name": "n" }));
    let made: serde_json::Value = made.send().await.unwrap().json().await.unwrap();
    let key = made["key"].as_str().unwrap().to_owned();
    assert_eq!(site.client.get(at("/v1/me")).header("x-api-key", &key).send().await.unwrap().status(), 200);
    let body = format!("email={ADA}&password={}", PASSWORD.replace(' ', "+"));
    let form = site
        .client
        .post(at("/login"))
        .body(body.clone())
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = form.send().await.unwrap();
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    let value = set.split(';').next().unwrap().split_once('=').unwrap().1.to_owned();
    let page = site.client.get(at("/settings")).header("cookie", format!("reflector={value}"));
    assert_eq!(page.send().await.unwrap().status(), 200);
    // What stands in addresses and opens something.
    let (link, listens) = ("a-link-that-opens-a-quote", "a.token-that-opens-a-recording");
    let sound = format!("/v1/transcripts/{}/audio/mp3?token={listens}", TranscriptId::new());
    for (path, status) in
        [(format!("/quote/{link}"), 404), (format!("/quote/{link}/audio"), 404), (sound, 401)]
    {
        assert_eq!(site.client.get(at(&path)).send().await.unwrap().status(), status, "{path}");
    }
    // SAFETY: it is our own child, which has not been waited for.
    unsafe { libc::kill(server.id().cast_signed(), libc::SIGTERM) };
    server.wait().unwrap();
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(
        said.contains("a login failed") && said.contains("a browser is logged in") && said.len() > 10_000,
        "{said}"
    );
    secrets.extend([token, key, value, body, link.into(), listens.into()]);
    for secret in secrets {
        let line = said.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_ends_with_what_opened_it() {
    use futures::StreamExt;
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    let site = super::public().await;
    let ada = person(&site, ADA, false).await;
    let bob = person(&site, BOB, false).await;
    let id = site.finished("talk.wav").await;
    share(&site, id, "public", Some(ada.id)).await;
    let open = async |name: &'static str, value: &str| {
        let mut request =
            format!("ws://{}/v1/transcripts/{id}/events", site.address).into_client_request().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
        tokio_tungstenite::connect_async(request).await.unwrap().0
    };
    let stays = open("cookie", &cookie(&site, ADA).await).await;
    let bearer = format!("bearer, {}", token(&site, BOB).await);
    let sockets = [
        ("a session that ended", open("cookie", &cookie(&site, BOB).await).await),
        ("a token whose password changed", open("sec-websocket-protocol", &bearer).await),
        ("a visitor of what is private now", open("x-nothing", "x").await),
    ];
    let hash = reflector::auth::password::hash("another long password").unwrap();
    user::set_password(&mut *site.workshop.conn().await, bob.id, &hash, clock::now()).await.unwrap();
    share(&site, id, "private", Some(ada.id)).await;
    // Until it ends, or for longer than the time between two looks.
    let lasts = async |mut socket: tokio_tungstenite::WebSocketStream<_>| {
        let ends = async {
            while let Some(message) = socket.next().await {
                if matches!(message, Ok(Message::Close(_)) | Err(_)) {
                    break;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(32), ends).await.is_err()
    };
    let [one, two, three] = sockets;
    let (first, second, third, own) = tokio::join!(lasts(one.1), lasts(two.1), lasts(three.1), lasts(stays));
    for (what, lasted) in [(one.0, first), (two.0, second), (three.0, third)] {
        assert!(!lasted, "{what}");
    }
    assert!(own, "the owner goes on listening");
    assert_eq!(login(&site, BOB, PASSWORD).await.0, 401);
}
