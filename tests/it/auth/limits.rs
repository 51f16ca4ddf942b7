//! How often one may try: by account and by address, also behind a proxy.

use reqwest::Response;
use serde_json::json;

use super::{ADA, PASSWORD, form, guarded, person};
use crate::support::site::Site;
use reflector::auth::secret;
use reflector::clock;
use reflector::model::login;

/// A login through the proxy on this machine, from `address`.
async fn from(site: &Site, address: &str, email: &str, password: &str) -> Response {
    let request = site.client.post(site.url("/v1/auth/login")).header("x-forwarded-for", address);
    request.json(&json!({ "email": email, "password": password })).send().await.unwrap()
}

/// Ten at once, since each takes its time.
async fn ten(site: &Site, address: impl Fn(usize) -> String, email: impl Fn(usize) -> String) {
    let tries = (0..10).map(|n| {
        let (address, email) = (address(n), email(n));
        async move { from(site, &address, &email, "wrong").await.status().as_u16() }
    });
    assert_eq!(futures::future::join_all(tries).await, vec![401; 10]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_failures_from_one_address_shut_that_address_out_and_no_other() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    for _ in 0..12 {
        assert_eq!(from(&site, "198.51.100.7", ADA, PASSWORD).await.status(), 200, "success does not count");
    }
    ten(&site, |_| "198.51.100.7".into(), |n| format!("user{n}@example.org")).await;
    let refused = from(&site, "198.51.100.7", ADA, PASSWORD).await;
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=300).contains(&wait), "{wait}");
    let said: serde_json::Value = refused.json().await.unwrap();
    assert!(said["detail"].as_str().unwrap().contains("too many attempts"), "{said}");
    assert_eq!(
        from(&site, "198.51.100.8", ADA, PASSWORD).await.status(),
        200,
        "another visitor of the proxy"
    );
    // What the visitor writes into the header before the proxy does is worth nothing.
    assert_eq!(from(&site, "198.51.100.9, 198.51.100.7", ADA, PASSWORD).await.status(), 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_failures_with_one_account_shut_that_account_out_wherever_they_come_from() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    person(&site, "bob@example.org", false).await;
    ten(&site, |n| format!("2001:db8:{n}::1"), |_| " Ada@Example.org ".into()).await;
    assert_eq!(from(&site, "203.0.113.1", ADA, PASSWORD).await.status(), 429);
    assert_eq!(from(&site, "203.0.113.1", "bob@example.org", PASSWORD).await.status(), 200);
    let page = form(&site, ADA, PASSWORD, "/").await;
    assert_eq!(page.status(), 429);
    assert!(page.headers().contains_key("retry-after"));
    assert!(page.text().await.unwrap().contains("Too many attempts. Try again in"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_with_many_addresses_counts_once() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    ten(&site, |n| format!("2001:db8:1:2::{n}"), |n| format!("user{n}@example.org")).await;
    assert_eq!(from(&site, "2001:db8:1:2:ffff::9", ADA, PASSWORD).await.status(), 429);
    assert_eq!(from(&site, "2001:db8:1:3::9", ADA, PASSWORD).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn set_up_codes_are_tried_ten_times_from_one_address_and_nobody_keeps_others_from_theirs() {
    let site = guarded().await;
    person(&site, "bob@example.org", false).await;
    let code = secret::setup_code();
    let later = clock::now() + chrono::Duration::hours(1);
    let mut conn = site.workshop.conn().await;
    login::set_setup_code(&mut conn, &secret::hash(&code), later).await.unwrap();
    let from = async |address: &str, code: &str, email: &str| {
        let body = format!("code={code}&email={email}&password={}", PASSWORD.replace(' ', "+"));
        let request = site.client.post(site.url("/setup")).body(body).header("x-forwarded-for", address);
        let response =
            request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    for _ in 0..10 {
        assert_eq!(from("198.51.100.7", "ABCD-EFGH-JKMN-PQRS", ADA).await.0, 401);
    }
    let (status, page) = from("198.51.100.7", &code, ADA).await;
    assert!(status == 429 && page.contains("Too many attempts. Try again in"), "{status} {page}");
    let (status, page) = from("198.51.100.8", &code, "bob@example.org").await;
    assert!(status == 409 && page.contains("The code is still good."), "{status} {page}");
    assert_eq!(from("198.51.100.8", &code, ADA).await.0, 303);
}
