//! `/trust` and `/ca.crt`: what visitors are offered, and what never leaves the machine.

use crate::support::certs::{Workbench, openssl};
use crate::support::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_offered_unless_the_settings_name_it() {
    let site = Site::new().await;
    for path in ["/trust", "/ca.crt"] {
        assert_eq!(site.page(path).await.0, 404, "{path}");
    }
    assert!(!site.page("/").await.1.contains("/trust"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_root_is_downloaded_and_its_fingerprint_is_what_openssl_says() {
    let bench = Workbench::new();
    bench.certs(&["init", "--name", "House <b>CA</b>"]);
    let file = bench.path("certs/ca.crt");
    let site = Site::set(|config| config.tls.site_ca = Some(file.clone().into())).await;
    assert!(site.page("/").await.1.contains("href=\"/trust\""));

    let answer = site.get("/ca.crt").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/x-x509-ca-cert");
    let name = answer.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(name.contains("reflector-ca.crt"), "{name}");
    let text = answer.text().await.unwrap();
    assert_eq!(text, bench.read("certs/ca.crt"));

    let (status, page) = site.page("/trust").await;
    assert_eq!(status, 200);
    let print = openssl(&["x509", "-in", &file, "-noout", "-fingerprint", "-sha256"]);
    let print = print.trim().rsplit('=').next().unwrap();
    assert!(page.replace("<wbr>", "").contains(print), "{print}");
    assert!(!page.contains("<b>CA"), "names are text");
    for step in [
        "security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain",
        "Import-Certificate",
        "/usr/local/share/ca-certificates/",
        "update-ca-certificates",
        "/etc/pki/ca-trust/source/anchors/",
        "update-ca-trust",
        "Firefox",
        "certutil",
        "Certificate Trust Settings",
        "CA certificate",
    ] {
        assert!(page.contains(step), "{step}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_never_leaves_even_where_the_settings_point_at_one() {
    let bench = Workbench::with_authority();
    bench.certs(&["issue", "a.example"]);
    let both = [bench.read("certs/ca.crt"), bench.read("certs/ca.key")].concat();
    std::fs::write(bench.path("both.pem"), both).unwrap();
    for file in ["both.pem", "certs/ca.key", "certs/server-key.pem", "certs/server.pem", "certs/gone.crt"] {
        let site = Site::set(|config| config.tls.site_ca = Some(bench.path(file).into())).await;
        for path in ["/ca.crt", "/trust"] {
            let (status, text) = site.page(path).await;
            assert_eq!(status, 404, "{path} of {file}");
            assert!(!text.contains("PRIVATE KEY") && !text.contains("BEGIN"), "{path} of {file}: {text}");
        }
    }
}
