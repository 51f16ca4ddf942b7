//! Style sheet, scripts and icon, inside the program. One hash over all of them is part of every address, so browsers may
//! keep them for ever and the modules' relative imports stay consistent with each other. Browsers that can unpack them get them packed, a
//! quarter of their size.

use std::collections::HashMap;
use std::io::Write;
use std::sync::LazyLock;

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::extract::UrlPath;
use super::respond::PageError;
use crate::catalogue;
use crate::config::Language;
use crate::error::Error;

const JS: &str = "text/javascript; charset=utf-8";

/// Name, content type, content.
const ASSETS: &[(&str, &str, &str)] = &[
    ("site.css", "text/css; charset=utf-8", include_str!("assets/site.css")),
    ("capture.css", "text/css; charset=utf-8", include_str!("assets/capture.css")),
    ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
    ("transcript.css", "text/css; charset=utf-8", include_str!("assets/transcript.css")),
    ("api.js", JS, include_str!("assets/api.js")),
    ("cursor.js", JS, include_str!("assets/cursor.js")),
    ("edit.js", JS, include_str!("assets/edit.js")),
    ("focus.js", JS, include_str!("assets/focus.js")),
    ("follow.js", JS, include_str!("assets/follow.js")),
    ("keys.js", JS, include_str!("assets/keys.js")),
    ("leaves.js", JS, include_str!("assets/leaves.js")),
    ("library.js", JS, include_str!("assets/library.js")),
    ("live.js", JS, include_str!("assets/live.js")),
    ("menus.js", JS, include_str!("assets/menus.js")),
    ("notes.js", JS, include_str!("assets/notes.js")),
    ("offers.js", JS, include_str!("assets/offers.js")),
    ("player.js", JS, include_str!("assets/player.js")),
    ("quote.js", JS, include_str!("assets/quote.js")),
    ("recorder.js", JS, include_str!("assets/recorder.js")),
    ("recorder-send.js", JS, include_str!("assets/recorder-send.js")),
    ("recorder-sound.js", JS, include_str!("assets/recorder-sound.js")),
    ("recorder-store.js", JS, include_str!("assets/recorder-store.js")),
    ("rows.js", JS, include_str!("assets/rows.js")),
    ("say.js", JS, include_str!("assets/say.js")),
    ("send.js", JS, include_str!("assets/send.js")),
    ("socket.js", JS, include_str!("assets/socket.js")),
    ("share.js", JS, include_str!("assets/share.js")),
    ("speakers.js", JS, include_str!("assets/speakers.js")),
    ("select.js", JS, include_str!("assets/select.js")),
    ("start.js", JS, include_str!("assets/start.js")),
    ("status.js", JS, include_str!("assets/status.js")),
    ("transcript.js", JS, include_str!("assets/transcript.js")),
    ("upload.js", JS, include_str!("assets/upload.js")),
    ("upload-list.js", JS, include_str!("assets/upload-list.js")),
    ("util.js", JS, include_str!("assets/util.js")),
    ("find.js", JS, include_str!("assets/find.js")),
    ("people.js", JS, include_str!("assets/people.js")),
    ("review.js", JS, include_str!("assets/review.js")),
    ("versions.js", JS, include_str!("assets/versions.js")),
    ("words.js", JS, include_str!("assets/words.js")),
];

/// What scripts say, a file a language, by name: `strings.en.js`. A page loads its own before the script that needs it.
static STRINGS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let script = |language: Language| {
        let texts = catalogue::scripts(language);
        (format!("strings.{}.js", language.code()), format!("globalThis.reflectorStrings = {texts};\n"))
    };
    Language::ALL.into_iter().map(script).collect()
});

/// The hash in every asset's address.
pub(super) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for (name, content) in STRINGS.iter() {
        hash.update(name);
        hash.update(content);
    }
    for (name, _, content) in ASSETS {
        hash.update(name);
        hash.update(content);
    }
    hex::encode(&hash.finalize()[..8])
});

/// Packed, by name: once, when the first is asked for.
static PACKED: LazyLock<HashMap<&'static str, Bytes>> = LazyLock::new(|| {
    let fixed = ASSETS.iter().map(|(name, _, content)| (*name, *content));
    let made = STRINGS.iter().map(|(name, content)| (name.as_str(), content.as_str()));
    fixed.chain(made).filter_map(|(name, content)| Some((name, packed(content)?))).collect()
});

fn packed(content: &str) -> Option<Bytes> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(content.as_bytes()).ok()?;
    packer.finish().ok().map(Bytes::from)
}

/// Whether whoever asks says that they can unpack gzip.
fn unpacks(headers: &HeaderMap) -> bool {
    let said = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    said.flat_map(|value| value.split(',')).any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
        gzip && weight.is_none_or(|weight| weight > 0.0)
    })
}

/// `GET /assets/{version}/{name}`. An old version's address gives today's file, but is not kept by browsers.
pub(super) async fn get(
    UrlPath((version, name)): UrlPath<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let fixed =
        ASSETS.iter().find(|(known, _, _)| *known == name).map(|(_, kind, content)| (*kind, *content));
    let made = || STRINGS.iter().find(|(known, _)| *known == name).map(|(_, content)| (JS, content.as_str()));
    let (kind, content) = fixed.or_else(made).ok_or(Error::NotFound("File"))?;
    let keep = if version == *VERSION { "public, max-age=31536000, immutable" } else { "no-cache" };
    let about = [(CONTENT_TYPE, kind), (CACHE_CONTROL, keep), (VARY, "accept-encoding")];
    Ok(match PACKED.get(name.as_str()).filter(|_| unpacks(&headers)) {
        Some(packed) => (about, [(CONTENT_ENCODING, "gzip")], packed.clone()).into_response(),
        None => (about, content).into_response(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_import_and_every_file_is_known() {
        let files = std::fs::read_dir("src/web/assets").unwrap();
        for file in files {
            let name = file.unwrap().file_name().into_string().unwrap();
            assert!(ASSETS.iter().any(|(known, _, _)| *known == name), "{name} is not embedded");
        }
        for (name, _, content) in ASSETS {
            for import in content.split("from \"./").skip(1) {
                let wanted = import.split('"').next().unwrap();
                assert!(ASSETS.iter().any(|(known, _, _)| *known == wanted), "{name} imports {wanted}");
            }
        }
    }

    #[test]
    fn who_says_so_gets_them_packed() {
        for (said, wanted) in [
            ("gzip", true),
            ("deflate, GZIP;q=0.5, br", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0, br", false),
            ("br", false),
            ("xgzip", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, said.parse().unwrap())]);
            assert_eq!(unpacks(&headers), wanted, "{said}");
        }
        assert!(!unpacks(&HeaderMap::new()));
    }

    #[test]
    fn what_is_packed_is_the_same_and_much_smaller() {
        use std::io::Read;
        let (mut whole, mut small) = (0, 0);
        for (name, _, content) in ASSETS {
            let mut text = String::new();
            flate2::read::GzDecoder::new(&PACKED[name][..]).read_to_string(&mut text).unwrap();
            assert_eq!(text, *content, "{name}");
            whole += content.len();
            small += PACKED[name].len();
        }
        assert!(small * 3 < whole, "{small} of {whole} bytes");
        assert!(PACKED.contains_key("strings.fr.js"));
    }

    #[test]
    fn nothing_comes_from_elsewhere() {
        for (name, _, content) in ASSETS {
            let foreign = content.replace("http://www.w3.org/2000/svg", "");
            assert!(!foreign.contains("http://") && !foreign.contains("https://"), "{name}");
        }
    }
}
