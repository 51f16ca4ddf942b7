//! Logging in at an identity provider, without a browser: there and back, what comes back wrongly, renewal and logout.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use reflector::clock;
use reflector::db::schema::{provider_login, session};
use reflector::model::user;
use serde_json::json;

use super::ADA;
use crate::support::identity::{CALLBACK, Identity, Visitor, led_to};
use crate::support::site::Site;

fn parameter(url: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(url).unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

async fn text(answer: reqwest::Response) -> (u16, String) {
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_goes_to_the_provider_and_comes_back_logged_in() {
    let identity = Identity::start();
    let site = identity.site(|_| ()).await;
    assert_eq!(site.get("/transcripts").await.headers()["location"], "/login?next=%2Ftranscripts");
    let (status, page) = site.page("/login?next=/transcripts%3Fq%3Da%26page%3D2").await;
    assert!(
        status == 200 && page.contains("Sign in with Example ID") && !page.contains("type=\"password\""),
        "{page}"
    );
    assert!(page.contains("href=\"/login/provider?next=%2Ftranscripts%3Fq%3Da%26page%3D2\""), "{page}");

    let mut ada = Visitor::new(&site);
    let answer = ada.get("/login/provider?next=/transcripts%3Fpage%3D2").await;
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        set.starts_with("reflector-sign-in=") && set.contains("HttpOnly") && set.contains("SameSite=Lax"),
        "{set}"
    );
    let to = led_to(&answer);
    assert!(to.starts_with(&format!("{}/auth?", identity.issuer)), "{to}");
    let of = |name: &str| parameter(&to, name).unwrap_or_default();
    assert_eq!((of("response_type").as_str(), of("client_id").as_str()), ("code", "reflector"));
    assert_eq!(of("code_challenge_method"), "S256");
    assert_eq!(of("redirect_uri"), site.url(CALLBACK));
    assert_eq!(of("scope"), "openid email profile offline_access");
    assert!(of("state").len() >= 16 && of("nonce").len() >= 16 && of("code_challenge").len() == 43);

    let door = ada.walk_to_the_door("ada", "/transcripts%3Fpage%3D2").await;
    let answer = ada.get(&door).await;
    assert_eq!((answer.status().as_u16(), led_to(&answer).as_str()), (303, "/transcripts?page=2"));
    assert!(ada.cookies.contains_key("reflector") && !ada.cookies.contains_key("reflector-sign-in"));
    let (status, page) = text(ada.get("/settings").await).await;
    assert!(status == 200 && page.contains(ADA) && page.contains("Administrator"), "{page}");
    assert!(!page.contains("/settings/password"), "there is no password to change");
    let (_, me) = text(ada.get("/v1/me").await).await;
    let user = user::by_email(&mut *site.workshop.conn().await, ADA).await.unwrap().unwrap();
    assert!(me.contains(&user.id.to_string()) && user.authentik_uid.as_deref() == Some("ada"));
    // What the provider gave is of no use to whoever reads the database.
    let kept: Vec<Option<String>> =
        session::table.select(session::provider_tokens).load(&mut site.workshop.conn().await).await.unwrap();
    assert!(kept.len() == 1 && !kept[0].as_ref().unwrap().contains("eyJ"), "{kept:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ancestors_addresses_answer_and_no_login_leads_to_another_site() {
    let identity = Identity::start();
    let site = identity.site(|_| ()).await;
    let to = async |path: &str| led_to(&site.get(path).await);
    assert_eq!(to("/api/auth/signin").await, "/login");
    let own = site.url("/transcripts").replace("://", "%3A%2F%2F");
    assert_eq!(to(&format!("/api/auth/signin?callbackUrl={own}")).await, "/login?next=%2Ftranscripts");
    assert!(to("/api/auth/signin/authentik").await.starts_with(&identity.issuer));
    assert_eq!(to("/api/auth/signout").await, "/settings");
    for foreign in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
        assert_eq!(to(&format!("/api/auth/signin?callbackUrl={foreign}")).await, "/login", "{foreign}");
        let mut visitor = Visitor::new(&site);
        let door = visitor.walk_to_the_door("bob", foreign).await;
        assert_eq!(led_to(&visitor.get(&door).await), "/", "{foreign}");
    }
    // Behind a proxy it is the settings' address that the provider is told, whatever address was asked.
    let behind =
        identity.site(|config| config.server.site_url = Some("https://reflector.example/".into())).await;
    let request = behind.client.get(behind.url("/login/provider")).header("x-forwarded-proto", "https");
    let answer = request.header("x-forwarded-host", "evil.example").send().await.unwrap();
    let wanted = format!("https://reflector.example{CALLBACK}");
    assert_eq!(parameter(&led_to(&answer), "redirect_uri").as_deref(), Some(wanted.as_str()));
    let set = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(set.starts_with("__Host-reflector-sign-in=") && set.contains("; Secure"), "{set}");
}

/// Changes what a login that is under way is expected to bring back.
async fn expect(site: &Site, nonce: Option<&str>, verifier: Option<&str>) {
    let mut conn = site.workshop.conn().await;
    if let Some(nonce) = nonce {
        let set = diesel::update(provider_login::table).set(provider_login::nonce.eq(nonce));
        assert_eq!(set.execute(&mut conn).await.unwrap(), 1);
    }
    if let Some(verifier) = verifier {
        let set = diesel::update(provider_login::table).set(provider_login::verifier.eq(verifier));
        assert_eq!(set.execute(&mut conn).await.unwrap(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_must_be_what_was_sent_off_by_this_browser_and_only_once() {
    let identity = Identity::start();
    let site = identity.site(|_| ()).await;
    let refused = async |visitor: &mut Visitor<'_>, url: &str, status: u16, why: &str| {
        let (found, page) = text(visitor.get(url).await).await;
        assert!(found == status && page.contains(why), "{why}: {found} {page}");
        assert!(!visitor.cookies.contains_key("reflector"), "{why}");
    };
    const BEGUN: &str = "was not begun in this browser";

    let mut ada = Visitor::new(&site);
    let door = ada.walk_to_the_door("ada", "/").await;
    // In another browser: somebody wants Eve to be logged in as Ada, or the other way round.
    refused(&mut Visitor::new(&site), &door, 400, BEGUN).await;
    let mut eve = Visitor::new(&site);
    eve.get("/login/provider").await;
    refused(&mut eve, &door, 400, BEGUN).await;
    // Another state, none, an answer of another provider.
    let state = parameter(&door, "state").unwrap();
    refused(&mut ada, &door.replace(&state, "another"), 400, BEGUN).await;
    refused(&mut ada, &site.url(&format!("{CALLBACK}?code=x")), 400, BEGUN).await;
    // None of that has ended Ada's own way back; once used it is over.
    let answer = ada.get(&door).await;
    assert_eq!(answer.status(), 303);
    let kept = ada.cookies.remove("reflector").unwrap();
    refused(&mut ada, &door, 400, BEGUN).await;
    // Nor does the code hold a second time, for whoever has a login under way: the provider ends what came of it.
    let mut replay = Visitor::new(&site);
    let fresh = led_to(&replay.get("/login/provider").await);
    let code = parameter(&door, "code").unwrap();
    let state = parameter(&fresh, "state").unwrap();
    let again = site.url(&format!("{CALLBACK}?code={code}&state={state}"));
    refused(&mut replay, &again, 401, "used or over").await;
    drop(kept);

    let issuer = |door: &str, other: &str| {
        let iss = url::form_urlencoded::byte_serialize(identity.issuer.as_bytes()).collect::<String>();
        assert!(door.contains(&iss), "{door}");
        door.replace(&iss, other)
    };
    let mut bob = Visitor::new(&site);
    let door = bob.walk_to_the_door("bob", "/").await;
    refused(&mut bob, &issuer(&door, "https%3A%2F%2Fevil.example"), 401, "another issuer").await;

    let clear = async || {
        diesel::delete(provider_login::table).execute(&mut site.workshop.conn().await).await.unwrap();
    };
    clear().await;
    let door = bob.walk_to_the_door("bob", "/").await;
    clear_but(&site, &door).await;
    expect(&site, Some("another nonce"), None).await;
    refused(&mut bob, &door, 401, "does not belong to the one that was begun").await;

    clear().await;
    let door = bob.walk_to_the_door("bob", "/").await;
    clear_but(&site, &door).await;
    expect(&site, None, Some(&"x".repeat(43))).await;
    refused(&mut bob, &door, 401, "used or over").await;

    clear().await;
    let door = bob.walk_to_the_door("bob", "/").await;
    let long_ago = clock::now() - chrono::Duration::seconds(1);
    diesel::update(provider_login::table)
        .set(provider_login::expires_at.eq(long_ago))
        .execute(&mut site.workshop.conn().await)
        .await
        .unwrap();
    refused(&mut bob, &door, 400, BEGUN).await;

    clear().await;
    let state = parameter(&led_to(&bob.get("/login/provider?next=/transcripts").await), "state").unwrap();
    let denied = format!("{CALLBACK}?error=access_denied&error_description=%3Cscript%3E&state={state}");
    let (status, page) = text(bob.get(&denied).await).await;
    assert!(
        status == 401 && page.contains("Example ID did not let you in") && !page.contains("&#60;script"),
        "{page}"
    );
    assert!(page.contains("/login/provider?next=%2Ftranscripts"), "and once more, to the same page: {page}");
}

/// Leaves only the login that `door` ends.
async fn clear_but(site: &Site, door: &str) {
    let hash = reflector::auth::secret::hash(&parameter(door, "state").unwrap());
    diesel::delete(provider_login::table.filter(provider_login::state_hash.ne(hash)))
        .execute(&mut site.workshop.conn().await)
        .await
        .unwrap();
}

async fn due(site: &Site) {
    let past = clock::now() - chrono::Duration::seconds(1);
    diesel::update(session::table)
        .set(session::renew_at.eq(past))
        .execute(&mut site.workshop.conn().await)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_confirmed_by_the_provider_and_ends_when_it_says_no() {
    let identity = Identity::start();
    let site = identity.site(|_| ()).await;
    let mut ada = Visitor::new(&site);
    assert_eq!(ada.log_in("ada").await.status(), 303);
    let kept = async || {
        let all: Vec<(Option<String>, Option<chrono::DateTime<chrono::Utc>>)> = session::table
            .select((session::provider_tokens, session::renew_at))
            .load(&mut site.workshop.conn().await)
            .await
            .unwrap();
        all.into_iter().next().unwrap()
    };
    let first = kept().await;
    assert!(first.1.unwrap() > clock::now() + chrono::Duration::seconds(50), "{first:?}");
    // Many requests at once, one question: the provider takes a token that comes twice for stolen, and would end it all.
    due(&site).await;
    let cookie = format!("reflector={}", ada.cookies["reflector"]);
    let many = (0..8).map(|_| site.client.get(site.url("/v1/me")).header("cookie", &cookie).send());
    for answer in futures::future::join_all(many).await {
        assert_eq!(answer.unwrap().status(), 200);
    }
    let second = kept().await;
    assert!(second.0 != first.0 && second.1.unwrap() > clock::now(), "new tokens, sealed anew");
    due(&site).await;
    assert_eq!(ada.get("/settings").await.status(), 200, "and with those again");

    identity.control("revoke", &json!({})).await;
    assert_eq!(ada.get("/settings").await.status(), 200, "until it is asked the next time");
    due(&site).await;
    let answer = ada.get("/settings").await;
    assert_eq!((answer.status().as_u16(), led_to(&answer).as_str()), (303, "/login?next=%2Fsettings"));
    let left: i64 = session::table.count().get_result(&mut site.workshop.conn().await).await.unwrap();
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_outlives_a_provider_that_is_away_for_a_day_and_no_longer() {
    let mut identity = Identity::start();
    let site = identity.site(|_| ()).await;
    let mut ada = Visitor::new(&site);
    ada.log_in("ada").await;
    identity.stop();
    due(&site).await;
    assert_eq!(ada.get("/settings").await.status(), 200);
    diesel::update(session::table)
        .set(session::vouched_at.eq(clock::now() - chrono::Duration::hours(25)))
        .execute(&mut site.workshop.conn().await)
        .await
        .unwrap();
    due(&site).await;
    assert_eq!(ada.get("/settings").await.status(), 303);
    // Nor can anybody log in anew: they are told why, and get no page of ours that looks broken. What it publishes is known here, so
    // a stranger's first visit shows it.
    let fresh = identity.site_that_nobody_visited().await;
    let (status, page) = fresh.page("/login/provider?next=/transcripts").await;
    assert!(status == 503 && page.contains("Example ID can&#39;t be reached right now"), "{status} {page}");
    assert!(page.contains("/login/provider?next=%2Ftranscripts"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_ends_the_session_here_and_leads_on_to_the_provider() {
    let identity = Identity::start();
    let site = identity.site(|config| config.auth.post_logout_return = true).await;
    let mut ada = Visitor::new(&site);
    ada.log_in("ada").await;
    let old = ada.cookies["reflector"].clone();
    let answer = ada.send("POST", &site.url("/logout"), "").await;
    assert!(answer.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    let (status, page) = text(answer).await;
    assert!(status == 200 && page.contains("http-equiv=\"refresh\""), "{page}");
    let url = page.split("0; url=").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let url = url.replace("&#38;", "&").replace("&amp;", "&");
    assert!(url.starts_with(&format!("{}/session/end?", identity.issuer)), "{url}");
    assert!(parameter(&url, "id_token_hint").unwrap().starts_with("eyJ"));
    assert_eq!(parameter(&url, "post_logout_redirect_uri"), Some(site.url("/login")));
    let back = ada.get(&url).await;
    assert_eq!(back.status(), 200, "the provider knows whom it is about: {:?}", back.text().await);
    ada.cookies.insert("reflector".into(), old);
    assert_eq!(ada.get("/v1/me").await.text().await.unwrap(), "null", "the cookie is worth nothing");
    assert!(site.page("/login?state=out").await.1.contains("You are logged out."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_a_password_is_none_where_a_provider_says_who_is_who() {
    let identity = Identity::start();
    let site = identity.site(|_| ()).await;
    let hash = reflector::auth::password::hash(super::PASSWORD).unwrap();
    let mut conn = site.workshop.conn().await;
    let ada = user::create_with_password(&mut conn, ADA, &hash, true, clock::now()).await.unwrap();
    let token = reflector::auth::secret::hash("cookie");
    reflector::model::session::create(&mut conn, &ada, &token, "", "", clock::now()).await.unwrap().unwrap();
    let mut visitor = Visitor::new(&site);
    visitor.cookies.insert("reflector".into(), "cookie".into());
    assert_eq!(visitor.get("/settings").await.status(), 303);
    assert_eq!(super::form(&site, ADA, super::PASSWORD, "/").await.status(), 404);
}
