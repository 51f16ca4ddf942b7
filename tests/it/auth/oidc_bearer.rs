//! Tokens of an identity provider: those that hold, those that were forged, keys that change, and whose account it is.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reflector::auth::password;
use reflector::clock;
use reflector::config::AuthMode;
use reflector::model::user;
use serde_json::{Value, json};

use super::{ADA, PASSWORD, ask};
use crate::support::identity::{Identity, SECRET};
use crate::support::site::Site;

/// What the API says to a token: status and `detail`, or `sub`.
async fn shows(site: &Site, token: &str) -> (u16, String) {
    let (status, _, text) = ask(site, "/v1/me", ("authorization", &format!("Bearer {token}"))).await;
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    let said = if status == 200 { &body["sub"] } else { &body["detail"] };
    (status, said.as_str().unwrap_or(&text).to_owned())
}

fn forged(claims: &Value, header: &Header, key: &EncodingKey) -> String {
    jsonwebtoken::encode(header, claims, key).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_provider_lets_its_person_in_and_they_have_one_account_for_ever() {
    let identity = Identity::start();
    let site = identity.site(|_| ()).await;
    let token = identity.token("ada").await;
    let (status, id) = shows(&site, &token).await;
    assert_eq!(status, 200, "{id}");
    assert_eq!(shows(&site, &identity.token("ada").await).await, (200, id.clone()), "the same account");
    let (_, bob) = shows(&site, &identity.token("bob").await).await;
    assert_ne!(id, bob);
    let users = user::list(&mut *site.workshop.conn().await).await.unwrap();
    let known: Vec<_> = users
        .iter()
        .map(|user| (user.authentik_uid.as_deref().unwrap(), user.email.as_deref().unwrap(), user.is_admin))
        .collect();
    assert_eq!(known, [("ada", ADA, true), ("bob", "bob@example.org", false)], "auth.admin_email is Ada's");

    let bearer = ("authorization", format!("Bearer {token}"));
    assert_eq!(ask(&site, "/v1/transcripts", (bearer.0, &bearer.1)).await.0, 200);
    assert_eq!(site.get("/v1/transcripts").await.status(), 401);
    // Nobody has a password here.
    let (status, _) =
        site.send("POST", "/v1/auth/login", &json!({ "email": ADA, "password": PASSWORD })).await;
    assert_eq!(status, 404);
    assert_eq!(site.get("/setup").await.status(), 404);

    // Whoever is shut out is, whatever the provider says.
    user::set_disabled(&mut *site.workshop.conn().await, users[1].id, true, clock::now()).await.unwrap();
    assert_eq!(shows(&site, &identity.token("bob").await).await.0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_and_foreign_tokens_are_refused_and_told_why() {
    let identity = Identity::start();
    let site = identity.site(|_| ()).await;
    let key = identity.control("keys", &json!({})).await;
    let (kid, pem) = (key["kid"].as_str().unwrap(), key["pem"].as_str().unwrap());
    let now = clock::now().timestamp();
    let claims =
        json!({ "sub": "ada", "iss": identity.issuer, "aud": "reflector", "iat": now, "exp": now + 600 });
    let sign = async |claims: Value| identity.sign(claims, json!({})).await;
    let encode = |value: &Value| {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string())
    };
    let good = sign(json!({ "sub": "ada" })).await;
    assert_eq!(shows(&site, &good).await.0, 200);

    let parts: Vec<&str> = good.split('.').collect();
    let eve = encode(&json!({ "sub": "eve", "iss": identity.issuer, "aud": "reflector", "exp": now + 600 }));
    let header = |alg, kid: &str| Header { kid: Some(kid.into()), ..Header::new(alg) };
    // Whoever takes the algorithm from the token checks this with the public key as the secret, and finds it right.
    let confused = |secret: &str| {
        forged(&claims, &header(Algorithm::HS256, kid), &EncodingKey::from_secret(secret.as_bytes()))
    };
    // Another provider, whose key has the same name.
    let other = Identity::start();
    assert_eq!(other.control("keys", &json!({})).await["kid"], kid);
    let cases = vec![
        (other.sign(json!({ "sub": "ada", "iss": identity.issuer }), json!({})).await, "signature is wrong"),
        (format!("{}.{}.", encode(&json!({ "alg": "none", "kid": kid })), parts[1]), "not signed in the way"),
        (format!("{}.{}.", encode(&json!({ "alg": "NONE" })), parts[1]), "not signed in the way"),
        (confused(pem), "not signed in the way"),
        (confused(pem.trim()), "not signed in the way"),
        (confused(SECRET), "not signed in the way"),
        (format!("{}.{eve}.{}", parts[0], parts[2]), "signature is wrong"),
        (
            format!("{}.{}.{}", parts[0], parts[1], parts[2].chars().rev().collect::<String>()),
            "signature is wrong",
        ),
        (sign(json!({ "sub": "ada", "aud": "another" })).await, "another audience"),
        (sign(json!({ "sub": "ada", "aud": identity.issuer })).await, "must be the OAuth client ID"),
        (sign(json!({ "sub": "ada", "aud": null })).await, "lacks what it must say"),
        (sign(json!({ "sub": "ada", "iss": "https://evil.example" })).await, "another issuer"),
        (sign(json!({ "sub": "ada", "iss": null })).await, "lacks what it must say"),
        (sign(json!({ "sub": "ada", "exp": now - 120 })).await, "has run out"),
        (sign(json!({ "sub": "ada", "exp": null })).await, "lacks what it must say"),
        (sign(json!({ "sub": "ada", "nbf": now + 300 })).await, "not valid yet"),
        (sign(json!({ "sub": "ada", "iat": now + 300 })).await, "not valid yet"),
        (sign(json!({ "sub": null })).await, "lacks what it must say"),
        (sign(json!({ "sub": "" })).await, "lacks what it must say"),
        (identity.sign(json!({ "sub": "ada" }), json!({ "kid": "invented" })).await, "does not publish"),
        ("no.token".into(), "can't be read"),
        (good[..good.len() - 6].to_owned(), "signature is wrong"),
    ];
    for (token, why) in cases {
        let (status, said) = shows(&site, &token).await;
        assert!(status == 401 && said.contains(why), "{why}: {status} {said}");
        assert_eq!(
            ask(&site, "/v1/transcripts", ("authorization", &format!("Bearer {token}"))).await.0,
            401,
            "{why}"
        );
    }
    // Two minutes are too much, half a minute is within what clocks differ by.
    assert_eq!(shows(&site, &sign(json!({ "sub": "ada", "exp": now - 20 })).await).await.0, 200);
    let users = user::list(&mut *site.workshop.conn().await).await.unwrap();
    assert_eq!(users.len(), 1, "no forged token made an account");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_found_an_old_one_dies_and_invented_ones_ask_the_provider_once() {
    let identity = Identity::start();
    let site = identity.site(|_| ()).await;
    let old = identity.token("ada").await;
    assert_eq!(shows(&site, &old).await.0, 200);
    identity.control("rotate", &json!({})).await;
    let new = identity.token("ada").await;
    // The keys were asked for just now: not again within ten seconds, whoever asks.
    assert_eq!(shows(&site, &new).await.0, 401);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(shows(&site, &new).await.0, 200, "an unknown key has them asked for again");
    let (status, said) = shows(&site, &old).await;
    assert!(status == 401 && said.contains("does not publish"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_nobody_made_sure_of_leads_to_no_account() {
    let identity = Identity::start();
    let site = identity.site(|config| config.auth.admin_email = Some("root@example.org".into())).await;
    let hash = password::hash(PASSWORD).unwrap();
    let mut conn = site.workshop.conn().await;
    let ada = user::create_with_password(&mut conn, ADA, &hash, false, clock::now()).await.unwrap();
    let root =
        user::create_with_password(&mut conn, "root@example.org", &hash, true, clock::now()).await.unwrap();

    // Mallory's provider account says that it has Ada's address, and root's; nobody checked.
    for (email, verified) in [(ADA, json!(false)), (ADA, json!(null)), ("root@example.org", json!(false))] {
        let claims = json!({ "sub": "mallory", "email": email, "email_verified": verified });
        let (status, id) = shows(&site, &identity.sign(claims, json!({})).await).await;
        assert_eq!(status, 200, "{id}");
        assert!(id != ada.id.to_string() && id != root.id.to_string(), "{email}");
    }
    let mallory = user::list(&mut conn).await.unwrap();
    let mallory = mallory.iter().find(|user| user.authentik_uid.as_deref() == Some("mallory")).unwrap();
    assert_eq!((&mallory.email, mallory.is_admin), (&None, false));

    // Ada herself, whose address the provider made sure of, has her account from before, whatever its case.
    let claims = json!({ "sub": "a1", "email": "Ada@Example.org", "email_verified": true });
    let (_, id) = shows(&site, &identity.sign(claims, json!({})).await).await;
    assert_eq!(id, ada.id.to_string());
    // And nobody else has it after that, with the same address at the provider.
    let claims = json!({ "sub": "a2", "email": ADA, "email_verified": true });
    let (_, id) = shows(&site, &identity.sign(claims, json!({})).await).await;
    assert_ne!(id, ada.id.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_of_the_settings_is_enough_and_no_other_counts_then() {
    let identity = Identity::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authentik_public.pem");
    let pem = identity.control("keys", &json!({})).await["pem"].as_str().unwrap().to_owned();
    std::fs::write(&file, pem).unwrap();
    // As the ancestor's server was set up: a key and an audience, and nothing of the provider's address.
    let site = Site::set(|config| {
        config.auth.mode = AuthMode::Jwt;
        config.auth.audience = Some("reflector".into());
        config.auth.jwt_public_key_file = Some(file);
    })
    .await;
    let good = identity.token("ada").await;
    assert_eq!(shows(&site, &good).await.0, 200);
    let wrong = identity.sign(json!({ "sub": "ada", "aud": "another" }), json!({})).await;
    assert!(shows(&site, &wrong).await.1.contains("AUTH_JWT_AUDIENCE"));
    identity.control("rotate", &json!({})).await;
    let (status, said) = shows(&site, &identity.token("ada").await).await;
    assert!(status == 401 && said.contains("signature is wrong"), "{said}");
    // People can't log in with that alone, and are told so.
    let (status, page) = site.page("/login").await;
    assert!(
        status == 200 && page.contains("<code>auth.issuer</code>") && !page.contains("/login/provider"),
        "{page}"
    );
    assert_eq!(site.get("/login/provider").await.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_away_is_told_and_what_is_known_goes_on_to_hold() {
    let mut identity = Identity::start();
    let (token, stranger) = (identity.token("ada").await, identity.site(|_| ()).await);
    let known = identity.site(|_| ()).await;
    assert_eq!(shows(&known, &token).await.0, 200);
    identity.stop();
    assert_eq!(shows(&known, &token).await.0, 200, "its keys are known");
    let shown = format!("Bearer {token}");
    let (status, _, said) = ask(&stranger, "/v1/transcripts", ("authorization", &shown)).await;
    assert_eq!(status, 503, "{said}");
    assert!(said.contains("Example ID can't be asked for its keys"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_takes_the_providers_token_and_a_key_of_somebody_else_beside_it_is_refused() {
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    let identity = Identity::start();
    let site = identity.site(|_| ()).await;
    let (ada, bob) = (identity.token("ada").await, identity.token("bob").await);
    let shown = format!("Bearer {ada}");
    let named = json!({ "name": "n" });
    let made = super::send(&site, "POST", "/v1/user/api-keys", ("authorization", &shown), &named).await;
    let key = made.1["key"].as_str().unwrap().to_owned();
    let both = async |token: &str| {
        let request = site.client.get(site.url("/v1/me")).bearer_auth(token).header("x-api-key", &key);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((both(&ada).await, both(&bob).await), (200, 401));
    let id = site.finished("talk.wav").await;
    let open = async |token: &str| {
        let mut request =
            format!("ws://{}/v1/transcripts/{id}/events", site.address).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", format!("bearer, {token}").parse().unwrap());
        tokio_tungstenite::connect_async(request).await.is_ok()
    };
    assert!(open(&ada).await && !open(&format!("{ada}x")).await);
}
