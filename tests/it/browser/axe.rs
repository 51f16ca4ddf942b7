//! axe-core, which looks at a page for what keeps people from using it: labels, contrast, order of headings, names of buttons.

use reflector::config::cache_dir;
use serde_json::{Value, json};

use super::Browser;
use super::every::{Who, World};

/// What the checker looks for.
#[derive(Clone, Copy, Debug)]
pub(super) enum For {
    Everything,
    /// All that differs between light and dark.
    Colours,
}

/// The checker's source.
fn source() -> String {
    let file = cache_dir().join("axe/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; scripts/axe.sh fetches it", file.display()))
}

/// What an expression comes to, as a debugger evaluates it: the pages' own policy lets no checker in.
async fn evaluate(browser: &Browser, expression: &str) -> Value {
    let evaluate = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
    let mut answer =
        browser.ask("goog/cdp/execute", &json!({ "cmd": "Runtime.evaluate", "params": evaluate })).await;
    answer["value"]["result"]["value"].take()
}

/// What is wrong with the page that is open: each rule with the elements it found.
pub(super) async fn violations(browser: &Browser, wanted: For) -> Vec<String> {
    if evaluate(browser, "typeof axe").await != "object" {
        evaluate(browser, &format!("{}; null", source())).await;
    }
    let only = match wanted {
        For::Everything => "",
        For::Colours => "runOnly: ['color-contrast', 'link-in-text-block'], ",
    };
    let run = format!(
        "axe.run(document, {{ {only}resultTypes: ['violations'] }}).then( \
           (found) => found.violations.map((one) => `${{one.id}} (${{one.impact}}): ${{one.help}}: ` + \
             one.nodes.map((node) => node.target.join(' ') + ' ' + node.any.map((check) => check.message).join(' ')).join(' | ')), \
           (error) => [`axe broke: ${{error}}`])"
    );
    let found = evaluate(browser, &run).await;
    let found = found.as_array().unwrap_or_else(|| panic!("axe did not run: {found}"));
    found.iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

impl Browser {
    /// Has the checker look at the page as it is at this moment, in light and in dark. What it finds is told when this browser ends.
    pub(super) async fn checked(&self, what: &str) {
        for (theme, wanted) in [("light", For::Everything), ("dark", For::Colours)] {
            self.light(Some(theme)).await;
            let found = violations(self, wanted).await.into_iter();
            self.barriers.lock().unwrap().extend(found.map(|one| format!("{what} in {theme}: {one}")));
        }
        self.light(None).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_checker_finds_what_is_planted() {
    let world = World::new().await;
    let browser = Browser::open(false).await;
    let page = world.of(&[Who::Visitor]).next().unwrap();
    world.open(&browser, page).await;
    browser.checked("before").await;
    assert_eq!(std::mem::take(&mut *browser.barriers.lock().unwrap()), Vec::<String>::new());
    let plant = "const field = document.createElement('input'); document.querySelector('main').append(field); \
         for (const colours of ['#eee, #eee', '#222, #222']) { const text = document.createElement('p'); \
           text.textContent = 'hard to read'; text.style.color = `light-dark(${colours})`; document.querySelector('main').append(text); }";
    assert_eq!(browser.script(plant).await, Value::Null);
    browser.checked("planted").await;
    let found = std::mem::take(&mut *browser.barriers.lock().unwrap());
    let wanted = [
        "in light: color-contrast (serious)",
        "in light: label (critical)",
        "in dark: color-contrast (serious)",
    ];
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
    for (one, wanted) in found.iter().zip(wanted) {
        assert!(one.starts_with(&format!("planted {wanted}")), "{one}");
        assert!(!one.contains(" | "), "one element of it: {one}");
    }
    browser.quit().await;
}
