//! The first account, logging in and out, one's own settings, and what those who look after the installation do.

use std::time::Duration;

use reflector::auth::secret;
use reflector::clock;
use reflector::model::login;
use reflector::model::stage::{self, Stage};
use thirtyfour::prelude::*;

use super::Keys;
use crate::browser::Browser;
use crate::support::accounts::{ADA, BOB, PASSWORD, Visitor, by_password};
use crate::support::certs::Workbench;
use crate::support::site::Site;

const OTHER_PASSWORD: &str = "another horse, another battery";

#[tokio::test(flavor = "multi_thread")]
async fn from_the_set_up_code_to_the_audit_log_by_keyboard() {
    let bench = Workbench::with_authority();
    let site = Site::set(|config| {
        by_password(config);
        config.tls.site_ca = Some(bench.path("certs/ca.crt").into());
    })
    .await;
    let mut conn = site.workshop.conn().await;
    for name in ["Broken.mp4", "Cut.mp4"] {
        let broken = site.finished(name).await;
        let attempt = site.up_to(broken, Some(Stage::Summarize)).await.unwrap();
        stage::fail(&mut conn, &attempt, "The file ends in the middle.", clock::now()).await.unwrap();
    }
    let code = secret::setup_code();
    let later = clock::now() + Duration::from_secs(3600);
    login::set_setup_code(&mut conn, &secret::hash(&code), later).await.unwrap();
    drop(conn);
    let browser = Browser::open(false).await;
    browser.size(1280, 900).await;
    let keys = Keys(&browser);
    first_account(&keys, &site, &code).await;
    own_settings(&keys, &site).await;
    installation(&keys, &site).await;
    browser.quit().await;
}

/// Made by the code, and used.
async fn first_account(keys: &Keys<'_>, site: &Site, code: &str) {
    let browser = keys.0;
    keys.go(site, "/setup").await;
    keys.has("[name=code]").await;
    keys.press(code).await;
    keys.fill("[name=email]", ADA).await;
    keys.fill("[name=password]", PASSWORD).await;
    keys.enter().await;
    browser.until("she is at home", "location.pathname === '/'").await;
    // Past what every page begins with.
    keys.press(Key::Tab).await;
    keys.has(".skip").await;
    keys.enter().await;
    keys.has("main").await;
    keys.press(Key::Tab).await;
    keys.has("main *").await;

    keys.go(site, "/").await;
    keys.follow("nav a[href='/settings']").await;
    browser.until("settings are shown", "location.pathname === '/settings'").await;
    keys.follow("form[action='/logout'] button").await;
    browser.until("she is logged out", "location.pathname === '/login'").await;
    keys.has("[name=email]").await;
    keys.press(ADA).await;
    keys.fill("[name=password]", PASSWORD).await;
    keys.enter().await;
    browser.until("she is at home again", "location.pathname === '/'").await;
}

async fn own_settings(keys: &Keys<'_>, site: &Site) {
    let browser = keys.0;
    keys.go(site, "/settings").await;
    keys.fill("form[action='/settings/keys'] [name=name]", "nightly").await;
    keys.choose("[name=scopes]", "Reading").await;
    keys.follow("form[action='/settings/keys'] button").await;
    browser.until("the key is shown", "document.querySelector('.key')?.innerText.startsWith('rfl_')").await;
    keys.tab_to(".key").await;
    browser
        .until("it is selected", "String(getSelection()) === document.querySelector('.key').innerText")
        .await;
    keys.follow("[data-copy]").await;
    browser.until("it is copied", "document.querySelector('[data-copy]').innerText === 'Copied'").await;
    browser.checked("a key that is shown once").await;
    keys.follow("[aria-label='Revoke nightly']").await;
    keys.told("The key is revoked.").await;

    let _elsewhere = [Visitor::log_in(site, ADA).await, Visitor::log_in(site, ADA).await];
    keys.go(site, "/settings").await;
    keys.follow("form[action$='/end'] button").await;
    keys.told("That browser is logged out.").await;
    keys.follow("form[action='/settings/sessions/end-others'] button").await;
    keys.told("Every other browser is logged out.").await;
    keys.fill("[name=current]", PASSWORD).await;
    keys.fill("[name=password]", OTHER_PASSWORD).await;
    keys.enter().await;
    keys.told("The password is changed").await;

    keys.follow("[name=theme][value=dark]").await;
    browser.until("it is dark", "document.documentElement.dataset.theme === 'dark'").await;
    keys.follow("[name=language][value=fr]").await;
    browser.until("it is French", "document.documentElement.lang === 'fr'").await;
    keys.follow("[name=language][value=en]").await;
    browser.until("it is English", "document.documentElement.lang === 'en'").await;

    for page in ["/queue", "/models", "/storage"] {
        keys.follow(&format!(".tabs a[href='{page}']")).await;
        browser
            .until("it is shown", &format!("location.pathname === '{page}' && document.querySelector('h1')"))
            .await;
    }
    keys.follow(".below a[href='/about']").await;
    browser.until("it says what this is", "location.pathname === '/about'").await;
    keys.follow(".folds summary").await;
    browser.until("crates are listed", "document.querySelector('.folds details').open").await;
    keys.back_to("main a[href='/trust']").await;
    keys.enter().await;
    browser.until("the certificate is offered", "location.pathname === '/trust'").await;
    keys.tab_to("a[href='/ca.crt']").await;
    keys.tab_to("pre").await;
}

async fn installation(keys: &Keys<'_>, site: &Site) {
    let browser = keys.0;
    keys.go(site, "/settings").await;
    keys.follow(".tabs a[href='/admin']").await;
    browser.until("health is shown", "location.pathname === '/admin'").await;
    keys.follow("main form[action='/admin'] button").await;
    browser.until("it looked again", "location.search.includes('again=1')").await;
    keys.follow(".tabs a[href='/admin/jobs']").await;
    browser.until("what failed is listed", "location.pathname === '/admin/jobs'").await;
    keys.follow("form[action$='/retry'] button").await;
    keys.told("It runs again.").await;
    keys.follow("form[action$='/retry-all'] button").await;
    keys.told("1 transcript runs again.").await;

    keys.follow(".tabs a[href='/admin/users']").await;
    browser.until("accounts are listed", "location.pathname === '/admin/users'").await;
    keys.fill("form[action='/admin/users'] [name=email]", BOB).await;
    keys.enter().await;
    browser.until("there is a password", "document.querySelector('.key')").await;
    keys.tab_to(".key").await;
    keys.follow("[data-copy]").await;
    browser.until("it is copied", "document.querySelector('[data-copy]').innerText === 'Copied'").await;
    let menu = "summary[aria-label='Change bob@example.org']";
    let open = "document.querySelector('details.menu[open]')";
    keys.follow(menu).await;
    browser.until("the menu is open", open).await;
    keys.press(Key::Escape).await;
    browser.until("it is closed", &format!("!{open}")).await;
    keys.has(menu).await;
    keys.enter().await;
    browser.until("it is open again", open).await;
    browser.checked("the menu of an account").await;
    // It does not stand in the way of what comes after it.
    keys.tab_to("form[action='/admin/users'] [name=email]").await;
    browser.until("it is closed again", &format!("!{open}")).await;
    keys.back_to(menu).await;
    for (form, said) in [
        ("admin", "They look after the installation now."),
        ("password", "The password is changed, and they are logged out everywhere."),
        ("disabled", "They are shut out"),
    ] {
        keys.tab_to(menu).await;
        keys.enter().await;
        if form == "password" {
            keys.fill("details[open] [name=password]", OTHER_PASSWORD).await;
        }
        keys.follow(&format!("details[open] form[action$='/{form}'] button")).await;
        keys.told(said).await;
    }
    keys.press(Key::Tab).await;
    keys.has("form[action$='/disabled'] button").await;
    keys.enter().await;
    keys.told("They can log in again.").await;

    keys.follow(".tabs a[href='/admin/audit']").await;
    browser.until("the log is shown", "location.pathname === '/admin/audit'").await;
    keys.fill("main [name=who]", "ada").await;
    keys.tab_to("main [name=action]").await;
    keys.press(Key::Down).await;
    keys.follow("form[action='/admin/audit'] button").await;
    browser.until("it is searched", "/who=ada&action=\\w/.test(location.search)").await;
    keys.follow("main a[href='/admin/audit']").await;
    browser.until("all is shown", "location.search === ''").await;
}
