//! Logging in at a real identity provider, a key that changes, and logging out again, of both.

use std::time::Duration;

use serde_json::json;
use thirtyfour::prelude::*;

use super::Browser;
use super::keyboard::Keys;
use crate::support::identity::Identity;

/// Fills the provider's own login page in.
async fn at_the_provider(browser: &Browser, name: &str) {
    browser.until("the provider asks who it is", "document.querySelector('[name=login]')").await;
    let field = async |name: &str, text: &str| {
        let field = browser.driver.find(By::Css(format!("[name={name}]"))).await.unwrap();
        field.send_keys(text).await.unwrap();
    };
    field("login", name).await;
    field("password", "any password").await;
    browser.driver.find(By::Css("button[type=submit]")).await.unwrap().click().await.unwrap();
}

/// By keyboard.
async fn sign_in(browser: &Browser) {
    browser.until("the login is shown", "location.pathname === '/login'").await;
    Keys(browser).follow("main a.button.main").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_at_the_provider_a_key_changes_and_they_log_out_of_both() {
    let identity = Identity::start();
    let site = identity.site(|config| config.auth.post_logout_return = true).await;
    let port = site.address.port();
    let address = |path: &str| format!("http://localhost:{port}{path}");
    let browser = Browser::open(false).await;

    // To a page that is closed, by way of the login and the provider, and to that page again.
    browser.size(390, 844).await;
    browser.driver.goto(address("/transcripts?q=budget")).await.unwrap();
    browser.until("the login is shown", "location.pathname === '/login'").await;
    let shown = browser.script("return document.querySelector('main a.button.main').innerText").await;
    assert_eq!(shown, "Sign in with Example ID");
    assert_eq!(browser.script("return document.querySelector('[type=password]')").await, json!(null));
    browser.no_sideways_scroll().await;
    browser.shot("login-provider-390-light").await;
    browser.size(1280, 900).await;
    browser.shot("login-provider-1280-light").await;
    sign_in(&browser).await;
    at_the_provider(&browser, "ada").await;
    let wanted = format!(
        "location.host === 'localhost:{port}' && location.pathname + location.search === '/transcripts?q=budget'"
    );
    browser.until("the page is shown", &wanted).await;
    assert_eq!(browser.script("return document.cookie").await, "", "no script can read the session");
    browser.driver.goto(address("/settings")).await.unwrap();
    browser
        .until("they are known", "document.querySelector('.who').innerText.includes('ada@example.org')")
        .await;
    browser.no_sideways_scroll().await;
    browser.shot("settings-provider-1280-light").await;
    // The provider's own pages may say what they like.
    let ours = |line: &String| line.contains(&format!("localhost:{port}"));
    let said: Vec<String> = browser.console().await.into_iter().filter(ours).collect();
    assert_eq!(said, Vec::<String>::new());

    // The provider changes its key: tokens of the old one die, those of the new one hold.
    let shows = async |token: &str| {
        let request = site.client.get(address("/v1/me")).bearer_auth(token);
        request.send().await.unwrap().status().as_u16()
    };
    let old = identity.token("ada").await;
    assert_eq!(shows(&old).await, 200);
    identity.control("rotate", &json!({})).await;
    // Longer than the time in which it is not asked again.
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(shows(&identity.token("ada").await).await, 200);
    assert_eq!(shows(&old).await, 401);
    // Another browser comes in under the new key; the session of this one goes on, since it is ours.
    let other = Browser::open(true).await;
    other.size(390, 844).await;
    other.driver.goto(address("/settings")).await.unwrap();
    other.shot("login-provider-390-dark").await;
    sign_in(&other).await;
    at_the_provider(&other, "bob").await;
    other
        .until("they are known", "document.querySelector('.who')?.innerText.includes('bob@example.org')")
        .await;
    browser.driver.goto(address("/settings")).await.unwrap();
    browser
        .until("this one goes on", "document.querySelector('.who')?.innerText.includes('ada@example.org')")
        .await;

    // Out, of this site and of the provider, and back at the login.
    Keys(&other).follow("form[action='/logout'] button").await;
    other.until("the provider asks", "document.querySelector('button[name=logout]')").await;
    other.driver.find(By::Css("button[name=logout]")).await.unwrap().click().await.unwrap();
    other
        .until(
            "they are back",
            "location.pathname === '/login' && document.querySelector('[role=status]')?.innerText === 'You are logged out.'",
        )
        .await;
    other.shot("login-provider-out-390-dark").await;
    other.driver.goto(address("/settings")).await.unwrap();
    sign_in(&other).await;
    other.until("the provider has forgotten them, too", "document.querySelector('[name=login]')").await;
    for browser in [browser, other] {
        browser.quit().await;
    }
}
