//! What this is and how it looks: About, the parts of the pages, light and dark.

use regex::Regex;

use crate::support::accounts::{ADA, Visitor, by_password, guarded, person};
use crate::support::certs::Workbench;
use crate::support::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn about_names_the_version_licences_of_crates_and_models_and_leads_to_the_certificate() {
    let bench = Workbench::with_authority();
    let site = Site::set(|config| config.tls.site_ca = Some(bench.path("certs/ca.crt").into())).await;
    let (status, page) = site.page("/about").await;
    assert_eq!(status, 200);
    for part in [
        &format!("Reflector {}", env!("CARGO_PKG_VERSION")),
        "href=\"/trust\"",
        "MIT OR Apache-2.0",
        "<li>axum <span",
        "whisper-tiny.en",
        "libtorch",
        "BSD-3-Clause",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("windows-sys <span"), "what no build for Linux has is not listed");
    for part in ["libtorch", "ffmpeg, as a program of its own", "PostgreSQL, as a server of its own"] {
        let version = Regex::new(&format!(r#"<dt>{part} <span class="num">\d+\.\d"#)).unwrap();
        assert!(version.is_match(&page), "{part} has its version: {page}");
    }
    assert!(page.contains(">In use</span> MIT"), "the model that the settings name is marked: {page}");
    // Asked once: a second look is as good as free, and says the same.
    let parts = site.app.parts().await;
    assert!(std::sync::Arc::ptr_eq(&parts, &site.app.parts().await));
    let plain = Site::new().await;
    assert!(!plain.page("/about").await.1.contains("/trust"));
    // A version is nobody's business who is not logged in: not where there is nothing for visitors, nor where there is.
    let site = guarded().await;
    assert_eq!(site.page("/about").await.0, 303);
    assert!(!site.page("/login").await.1.contains("/about"));
    let public = Site::set(|config| {
        by_password(config);
        config.auth.public_mode = true;
    })
    .await;
    let (status, page) = public.page("/about").await;
    assert_eq!(status, 200);
    assert!(page.contains("PostgreSQL licence") && page.contains("<li>axum</li>"), "licences are: {page}");
    let version = Regex::new(r#"<dt>[^<]* <span class="num">|Reflector \d"#).unwrap();
    assert!(!version.is_match(&page), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_theme_is_chosen_before_anybody_logs_in_and_holds_on_every_page() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    let nobody = Visitor::nobody(&site);
    let (_, login) = nobody.page("/login?next=/rooms").await;
    assert!(login.contains("<html lang=\"en\">") && login.contains("(prefers-color-scheme: dark)"));
    assert!(
        login.contains("name=\"next\" value=\"/login?next=/rooms\""),
        "it leads back to this page: {login}"
    );
    let answer = site
        .client
        .post(site.url("/appearance"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("theme=dark&next=%2Flogin")
        .send()
        .await
        .unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (303, "/login"));
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(set.starts_with("reflector-theme=dark; HttpOnly; SameSite=Lax"), "{set}");
    let cookie = set.split(';').next().unwrap().to_owned();
    for path in ["/login", "/setup"] {
        let request = site.client.get(site.url(path)).header("cookie", &cookie);
        let page = request.send().await.unwrap().text().await.unwrap();
        assert!(page.contains("data-theme=\"dark\""), "{path}: {page}");
        assert!(
            page.contains("value=\"dark\" aria-pressed=\"true\"") && page.contains("content=\"#151513\">")
        );
        assert!(!page.contains("(prefers-color-scheme"));
    }
    let open = Site::new().await;
    let request = open.client.get(open.url("/nothing")).header("cookie", "reflector-theme=light");
    let page = request.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("data-theme=\"light\"") && page.contains("There is nothing here"), "{page}");
    // Another word in the cookie is none.
    let request = open.client.get(open.url("/")).header("cookie", "reflector-theme=\"><script>");
    assert!(request.send().await.unwrap().text().await.unwrap().contains("<html lang=\"en\">"));

    for (fields, wanted) in [
        ([("theme", "pink"), ("next", "/")], (422, "")),
        ([("theme", "light"), ("next", "https://evil.example/")], (303, "/")),
        ([("theme", "auto"), ("next", "/login?a=b")], (303, "/login?a=b")),
    ] {
        let (status, to) = nobody.form("/appearance", &fields).await;
        assert_eq!(status, wanted.0, "{fields:?}");
        assert!(wanted.0 == 422 || to == wanted.1, "{fields:?}: {to}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_the_pages_are_on_one_page() {
    let site = Site::new().await;
    let (status, page) = site.page("/design").await;
    assert_eq!(status, 200);
    for part in [
        "t-accent-soft",
        "class=\"tabs\"",
        "Page 2 of 3",
        "role=\"alert\"",
        "class=\"option\"",
        "sp7",
        "details class=\"menu\"",
        "<dialog class=\"card person-dialog\" open",
        "<meter",
        "class=\"drop card\"",
        "class=\"sending\"",
        "class=\"deck card\"",
        "class=\"notes\"",
    ] {
        assert!(page.contains(part), "{part}");
    }
}
