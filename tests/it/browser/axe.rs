//! axe-core looks at every page, in light and in dark, on a phone and at a desk: labels, contrast, order of headings, names of buttons.

use reflector::config::cache_dir;
use serde_json::{Value, json};

use super::Browser;
use super::every::{Shown, Who, World};
use crate::support::accounts::ADA;

/// The checker's source.
fn source() -> String {
    let file = cache_dir().join("axe/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; scripts/axe.sh fetches it", file.display()))
}

/// What is wrong with the page that is open: each rule with the elements it found.
async fn violations(browser: &Browser, source: &str) -> Vec<String> {
    browser.script(source).await;
    let run = "const done = arguments[arguments.length - 1]; \
         axe.run(document, { resultTypes: ['violations'] }).then( \
           (found) => done(found.violations.map((one) => `${one.id} (${one.impact}): ${one.help}: ` + \
             one.nodes.map((node) => node.target.join(' ') + ' ' + node.any.map((check) => check.message).join(' ')).join(' | '))), \
           (error) => done([`axe broke: ${error}`]));";
    let found = browser.driver.execute_async(run, Vec::new()).await.unwrap().json().clone();
    found.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

async fn look(
    browser: &Browser,
    world: &World,
    source: &str,
    sizes: &[(u32, u32)],
    pages: impl Iterator<Item = &Shown>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for page in pages {
        for &(width, height) in sizes {
            browser.size(width, height).await;
            world.open(browser, page).await;
            let found = violations(browser, source).await;
            wrong.extend(found.into_iter().map(|what| format!("{} at {width}: {what}", page.name)));
        }
    }
    wrong
}

async fn in_one_light(dark: bool, sizes: &[(u32, u32)]) {
    let (world, source) = (World::new().await, source());
    let browser = Browser::open(dark).await;
    // The pages' policy lets no checker in.
    let bypass = json!({ "cmd": "Page.setBypassCSP", "params": { "enabled": true } });
    browser.ask("goog/cdp/execute", &bypass).await;
    let mut wrong = look(&browser, &world, &source, sizes, world.of(&[Who::Visitor, Who::First])).await;
    browser.log_in(&world.site, ADA, "/settings").await;
    wrong.extend(look(&browser, &world, &source, sizes, world.of(&[Who::Ada])).await);
    assert!(wrong.is_empty(), "{} findings:\n{}", wrong.len(), wrong.join("\n"));
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_accessible_in_light() {
    in_one_light(false, &[(390, 844), (1280, 900)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_accessible_in_dark() {
    // What is there and how it is named is the same as in light; its colours are not.
    in_one_light(true, &[(1280, 900)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_checker_finds_what_is_planted() {
    let (world, source) = (World::new().await, source());
    let browser = Browser::open(false).await;
    let bypass = json!({ "cmd": "Page.setBypassCSP", "params": { "enabled": true } });
    browser.ask("goog/cdp/execute", &bypass).await;
    let page = world.of(&[Who::Visitor]).next().unwrap();
    world.open(&browser, page).await;
    let plant = "const field = document.createElement('input'); document.querySelector('main').append(field); \
         const text = document.createElement('p'); text.textContent = 'hard to read'; text.style.color = '#eee'; \
         document.querySelector('main').append(text);";
    assert_eq!(browser.script(plant).await, Value::Null);
    let found = violations(&browser, &source).await.join("\n");
    assert!(found.contains("label (critical)") && found.contains("color-contrast"), "{found}");
    browser.quit().await;
}
