//! Where a login leads back to: a path of ours, never another site.

/// The longest path that is taken along.
const LONGEST: usize = 2000;

/// `wanted` if it is a path of this site, else the start page.
///
/// `//host` and `/\host` are addresses of other sites to a browser, which also drops tabs and line ends before it looks.
pub fn local(wanted: Option<&str>) -> &str {
    match wanted {
        Some(path)
            if path.starts_with('/')
                && !path.starts_with("//")
                && path.len() <= LONGEST
                && !path.contains('\\')
                && path.chars().all(|letter| letter.is_ascii_graphic()) =>
        {
            path
        }
        _ => "/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_ours_lead_back() {
        for good in ["/", "/transcripts?q=a&page=2", "/transcripts/0198/x#t=1"] {
            assert_eq!(local(Some(good)), good);
        }
        for bad in [
            "",
            "evil.example",
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "javascript:alert(1)",
            "/a b",
        ] {
            assert_eq!(local(Some(bad)), "/", "{bad:?}");
        }
        assert_eq!(local(None), "/");
    }
}
