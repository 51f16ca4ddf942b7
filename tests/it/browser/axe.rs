//! axe-core, which looks at a page for what keeps people from using it: labels, contrast, order of headings, names of buttons.

use reflector::config::cache_dir;
use serde_json::{Value, json};

use super::Browser;
use super::every::{Who, World};

/// The checker's source.
pub(super) fn source() -> String {
    let file = cache_dir().join("axe/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; scripts/axe.sh fetches it", file.display()))
}

/// What is wrong with the page that is open: each rule with the elements it found.
pub(super) async fn violations(browser: &Browser, source: &str) -> Vec<String> {
    // As a debugger does it: the pages' own policy lets no checker in.
    let run = format!(
        "{source}; axe.run(document, {{ resultTypes: ['violations'] }}).then( \
           (found) => found.violations.map((one) => `${{one.id}} (${{one.impact}}): ${{one.help}}: ` + \
             one.nodes.map((node) => node.target.join(' ') + ' ' + node.any.map((check) => check.message).join(' ')).join(' | ')), \
           (error) => [`axe broke: ${{error}}`])"
    );
    let evaluate = json!({ "expression": run, "awaitPromise": true, "returnByValue": true });
    let answer =
        browser.ask("goog/cdp/execute", &json!({ "cmd": "Runtime.evaluate", "params": evaluate })).await;
    let found = &answer["value"]["result"]["value"];
    let found = found.as_array().unwrap_or_else(|| panic!("axe did not run: {}", answer["value"]));
    found.iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_checker_finds_what_is_planted() {
    let (world, source) = (World::new().await, source());
    let browser = Browser::open(false).await;
    let page = world.of(&[Who::Visitor]).next().unwrap();
    world.open(&browser, page).await;
    assert_eq!(violations(&browser, &source).await, Vec::<String>::new(), "before");
    let plant = "const field = document.createElement('input'); document.querySelector('main').append(field); \
         const text = document.createElement('p'); text.textContent = 'hard to read'; text.style.color = '#eee'; \
         document.querySelector('main').append(text);";
    assert_eq!(browser.script(plant).await, Value::Null);
    let found = violations(&browser, &source).await.join("\n");
    assert!(found.contains("label (critical)") && found.contains("color-contrast"), "{found}");
    browser.quit().await;
}
