//! Pictures of every page at three widths, in light and dark, for docs/screenshots: `make screenshots`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::Browser;
use super::every::{Shown, Who, World};
use crate::support::accounts::ADA;

const SIZES: [(u32, u32); 3] = [(390, 844), (768, 1024), (1440, 900)];
/// Bytes that all pictures may take together.
const MOST: u64 = 3_000_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/screenshots")
}

/// Takes a picture of what the window shows; its file's name.
async fn shoot(browser: &Browser, name: &str) -> String {
    let ask = json!({ "cmd": "Page.captureScreenshot", "params": { "format": "webp", "quality": 35 } });
    let answer = browser.ask("goog/cdp/execute", &ask).await;
    let picture = STANDARD.decode(answer["value"]["data"].as_str().expect("a picture")).unwrap();
    let file = format!("{name}.webp");
    std::fs::write(folder().join(&file), picture).unwrap();
    file
}

async fn photograph(
    browser: &Browser,
    world: &World,
    theme: &str,
    pages: impl Iterator<Item = &Shown>,
) -> Vec<String> {
    let mut files = Vec::new();
    for page in pages {
        for (width, height) in SIZES {
            browser.size(width, height).await;
            world.open(browser, page).await;
            browser.no_sideways_scroll().await;
            files.push(shoot(browser, &format!("{}-{width}-{theme}", page.name)).await);
        }
    }
    files
}

#[ignore = "it writes into the tree: `make screenshots`"]
#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_photographed() {
    std::fs::create_dir_all(folder()).unwrap();
    let world = World::new().await;
    let mut taken = BTreeSet::new();
    for (dark, theme) in [(false, "light"), (true, "dark")] {
        let browser = Browser::open(dark).await;
        taken.extend(photograph(&browser, &world, theme, world.of(&[Who::Visitor, Who::First])).await);
        browser.log_in(&world.site, ADA, "/settings").await;
        taken.extend(photograph(&browser, &world, theme, world.of(&[Who::Ada])).await);
        browser.quit().await;
    }
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name.ends_with(".webp") && !taken.contains(&name) {
            // Of a page that is no more.
            std::fs::remove_file(entry.path()).unwrap();
            continue;
        }
        bytes += entry.metadata().unwrap().len();
    }
    assert!(bytes < MOST, "{bytes} bytes of pictures; at most {MOST}");
}
