//! Every page at three widths, in light and dark: it fits its window, its menus open inside it, its scripts run without a complaint, axe-core
//! finds nothing, and its picture is taken; `make screenshots` keeps the pictures.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::Browser;
use super::axe;
use super::every::{Shown, Who, World};
use crate::support::accounts::ADA;

const SIZES: [(u32, u32); 3] = [(390, 844), (768, 1024), (1440, 900)];
/// Bytes that the pictures of one theme may take together.
const MOST: u64 = 2_000_000;

/// Where the pictures of one theme go: to $PAGE_PICTURES, else nowhere that lasts.
struct Album {
    folder: PathBuf,
    theme: &'static str,
    taken: BTreeSet<String>,
    _gone_at_the_end: Option<tempfile::TempDir>,
}

impl Album {
    fn new(theme: &'static str) -> Self {
        let kept = std::env::var_os("PAGE_PICTURES").map(PathBuf::from);
        let fresh = kept.is_none().then(|| tempfile::tempdir().unwrap());
        let folder = kept.unwrap_or_else(|| fresh.as_ref().unwrap().path().to_owned());
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder, theme, taken: BTreeSet::new(), _gone_at_the_end: fresh }
    }

    /// Takes a picture of what the window shows.
    async fn shoot(&mut self, browser: &Browser, page: &Shown, width: u32) {
        let ask = json!({ "cmd": "Page.captureScreenshot", "params": { "format": "webp", "quality": 35 } });
        let answer = browser.ask("goog/cdp/execute", &ask).await;
        let picture = STANDARD.decode(answer["value"]["data"].as_str().expect("a picture")).unwrap();
        let file = format!("{}-{width}-{}.webp", page.name, self.theme);
        std::fs::write(self.folder.join(&file), picture).unwrap();
        self.taken.insert(file);
    }

    /// Looks at every page; what is wrong with them.
    async fn look(
        &mut self,
        browser: &Browser,
        world: &World,
        checker: &str,
        pages: impl Iterator<Item = &Shown>,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        // In light a page comes to a phone and its window grows, in dark it comes to a desktop and shrinks.
        let mut sizes = SIZES;
        if self.theme == "dark" {
            sizes.reverse();
        }
        for page in pages {
            for (number, (width, height)) in sizes.into_iter().enumerate() {
                browser.size(width, height).await;
                if number == 0 {
                    world.open(browser, page).await;
                }
                let at = format!("{} at {width}", page.name);
                // The picture waits for what the page does in another size.
                self.shoot(browser, page, width).await;
                let outside = browser.beside_the_window().await.into_iter();
                let outside = outside.chain(browser.menus_beside_the_window().await);
                wrong.extend(outside.map(|what| format!("{at}: {what}")));
                // The console also tells of what is not there: a page, and sound that no stage has made here.
                let said = browser.console().await.into_iter();
                let said = said.filter(|line| !line.contains("the server responded with a status of 404"));
                wrong.extend(said.map(|line| format!("{at}: the console: {line}")));
                // In dark only the colours differ.
                if width == 1440 || (width == 390 && self.theme == "light") {
                    let found = axe::violations(browser, checker).await;
                    wrong.extend(found.into_iter().map(|what| format!("{at}: {what}")));
                }
            }
        }
        wrong
    }

    /// Removes the pictures of pages that are no more; bytes of the others.
    fn close(self) -> u64 {
        let of_theme = |path: &Path| {
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| {
                name.ends_with(&format!("-{}.webp", self.theme)) && !self.taken.contains(name)
            })
        };
        for entry in std::fs::read_dir(&self.folder).unwrap() {
            let path = entry.unwrap().path();
            if of_theme(&path) {
                std::fs::remove_file(path).unwrap();
            }
        }
        self.taken.iter().map(|name| self.folder.join(name).metadata().unwrap().len()).sum()
    }
}

async fn in_one_light(dark: bool, theme: &'static str) {
    let mut album = Album::new(theme);
    let world = World::new().await;
    let (browser, checker) = (Browser::open(dark).await, axe::source());
    let mut wrong = album.look(&browser, &world, &checker, world.of(&[Who::Visitor, Who::First])).await;
    browser.log_in(&world.site, ADA, "/settings").await;
    wrong.extend(album.look(&browser, &world, &checker, world.of(&[Who::Ada])).await);
    browser.quit().await;
    assert!(wrong.is_empty(), "{} findings:\n{}", wrong.len(), wrong.join("\n"));
    let (pictures, bytes) = (album.taken.len(), album.close());
    assert_eq!(pictures, world.pages.len() * SIZES.len(), "a picture of every page at every width");
    assert!(bytes < MOST, "{bytes} bytes of pictures; at most {MOST}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_its_window_and_is_accessible_in_light() {
    in_one_light(false, "light").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_its_window_and_is_accessible_in_dark() {
    in_one_light(true, "dark").await;
}
