//! Logging in, by keyboard alone, on a phone and at a desk.

use reflector::auth::password;
use reflector::clock;
use reflector::config::AuthMode;
use reflector::model::user;
use thirtyfour::prelude::*;

use super::Browser;
use super::keyboard::Keys;
use crate::support::accounts::PASSWORD;
use crate::support::site::Site;

async fn site() -> Site {
    let site = Site::set(|config| {
        config.auth.mode = AuthMode::Password;
        config.auth.secret_key = Some("0123456789abcdef0123456789abcdef".into());
    })
    .await;
    let hash = password::hash(PASSWORD).unwrap();
    let mut conn = site.workshop.conn().await;
    user::create_with_password(&mut conn, "ada@example.org", &hash, true, clock::now()).await.unwrap();
    site
}

/// Types into whatever has the focus.
pub(super) async fn keys(browser: &Browser, text: impl AsRef<str> + Send) {
    let focused = browser.driver.active_element().await.unwrap();
    focused.send_keys(text.as_ref()).await.unwrap();
}

pub(super) async fn press(browser: &Browser, key: Key) {
    keys(browser, key.value().to_string()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_logs_in_sees_their_browsers_and_ends_one_by_keyboard() {
    let site = site().await;
    let address = |path: &str| format!("http://localhost:{}{path}", site.address.port());
    let (desk, phone) = (Browser::open(false).await, Browser::open(true).await);
    phone.size(390, 844).await;
    desk.size(1280, 900).await;

    // To a page that is closed: the login, with the way back in the form and the focus where one types.
    desk.driver.goto(address("/transcripts?q=budget")).await.unwrap();
    desk.until("the login is shown", "location.pathname === '/login'").await;
    assert_eq!(desk.script("return document.activeElement.name").await, "email");
    keys(&desk, "ada@example.org").await;
    press(&desk, Key::Tab).await;
    assert_eq!(desk.script("return document.activeElement.type").await, "password");
    keys(&desk, "wrong").await;
    Keys(&desk).enter().await;
    desk.until("it is refused", "document.querySelector('[role=alert]')").await;
    let said = desk.script("return document.querySelector('[role=alert]').innerText").await;
    assert_eq!(said, "Incorrect email or password.");
    assert_eq!(desk.script("return document.querySelector('[name=email]').value").await, "ada@example.org");
    assert_eq!(
        desk.script("return document.activeElement.type").await,
        "password",
        "only that is typed again"
    );
    desk.shot("login-wrong-1280-light").await;
    keys(&desk, PASSWORD).await;
    Keys(&desk).enter().await;
    desk.until("the page is shown", "location.pathname + location.search === '/transcripts?q=budget'").await;
    assert_eq!(desk.script("return document.cookie").await, "", "no script can read the session");

    phone.driver.goto(address("/login?next=/settings")).await.unwrap();
    phone.no_sideways_scroll().await;
    phone.shot("login-390-dark").await;
    keys(&phone, "ada@example.org").await;
    press(&phone, Key::Tab).await;
    keys(&phone, PASSWORD).await;
    Keys(&phone).enter().await;
    phone.until("settings are shown", "location.pathname === '/settings'").await;
    phone.no_sideways_scroll().await;
    phone.shot("settings-390-dark").await;

    // From the desk the phone is logged out: with Tab to its button, and Enter.
    desk.driver.goto(address("/settings")).await.unwrap();
    desk.until("both are listed", "document.querySelectorAll('#sessions ~ *, .rows .row').length >= 2").await;
    for _ in 0..30 {
        let label = "return document.activeElement.getAttribute('aria-label') ?? ''";
        if desk.script(label).await.as_str().is_some_and(|label| label.starts_with("Log out Chrome")) {
            break;
        }
        press(&desk, Key::Tab).await;
    }
    Keys(&desk).enter().await;
    desk.until("it is done", "document.querySelector('[role=status]')?.innerText.includes('is logged out')")
        .await;
    desk.shot("settings-1280-light").await;
    // The page that is open there says so, once it asks for anything.
    phone.script("document.dispatchEvent(new Event('visibilitychange'))").await;
    let told = "document.querySelector('.connection.notice:not([hidden])')?.innerText.includes('not logged in any more')";
    phone.until("the phone is told", told).await;
    phone.no_sideways_scroll().await;
    phone.checked("a login that has ended").await;
    phone.driver.goto(address("/transcripts?page=2")).await.unwrap();
    phone.until("the login is shown", "location.pathname === '/login'").await;
    let next = phone.script("return document.querySelector('[name=next]').value").await;
    assert_eq!(next, "/transcripts?page=2");

    // A key is made, shown once, and revoked.
    desk.script("document.querySelector('form[action=\"/settings/keys\"] [name=name]').focus()").await;
    keys(&desk, "nightly").await;
    Keys(&desk).enter().await;
    desk.until("the key is shown", "document.querySelector('.key')?.innerText.startsWith('rfl_')").await;
    desk.no_sideways_scroll().await;
    desk.shot("settings-key-1280-light").await;
    desk.driver.goto(address("/settings")).await.unwrap();
    assert_eq!(desk.script("return document.querySelector('.key')").await, serde_json::Value::Null);
    desk.driver.find(By::Css("button.danger")).await.unwrap().click().await.unwrap();
    desk.until(
        "it is revoked",
        "document.querySelector('[role=status]')?.innerText === 'The key is revoked.'",
    )
    .await;
    let noise = |line: &String| line.contains("the server responded with a status of 401");
    let said: Vec<String> = desk.console().await.into_iter().filter(|line| !noise(line)).collect();
    assert_eq!(said, Vec::<String>::new());
    desk.driver.find(By::Css("form[action='/logout'] button")).await.unwrap().click().await.unwrap();
    desk.until("it says so", "document.querySelector('[role=status]')?.innerText === 'You are logged out.'")
        .await;
    for browser in [desk, phone] {
        browser.quit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_with_a_long_name_is_shown_once_and_fits_a_phone_and_a_desk() {
    let site = site().await;
    let browser = Browser::open(false).await;
    browser.size(390, 844).await;
    browser.log_in(&site, "ada@example.org", "/settings").await;
    browser.script("document.querySelector('form[action=\"/settings/keys\"] [name=name]').focus()").await;
    keys(&browser, "A script with a rather long name, for the nightly copy of everything").await;
    Keys(&browser).enter().await;
    browser.until("the key is shown", "document.querySelector('.key')?.innerText.startsWith('rfl_')").await;
    for (width, height) in [(390, 1800), (1440, 1400)] {
        browser.size(width, height).await;
        browser.no_sideways_scroll().await;
        browser.shot(&format!("settings-key-{width}")).await;
    }
    browser.driver.goto(format!("http://localhost:{}/settings", site.address.port())).await.unwrap();
    assert_eq!(browser.script("return document.querySelector('.key')").await, serde_json::Value::Null);
    browser.quit().await;
}
