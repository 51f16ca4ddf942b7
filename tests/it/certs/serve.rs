//! A real Caddy with the pair that was issued, and clients that do and do not trust its authority.

use reflector::tls::Trust;

use crate::support::certs::{Caddy, Workbench};

#[tokio::test(flavor = "multi_thread")]
async fn caddy_serves_the_issued_pair_to_whoever_trusts_the_authority() {
    let bench = Workbench::with_authority();
    bench.certs(&["issue", "reflector.test"]);
    let caddy = Caddy::saying(&bench, "certs", "hello");
    let trusting = Trust::load(&[bench.path("certs").into()]).unwrap().http().build().unwrap();
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        let answer = trusting.get(format!("https://{host}:{}/", caddy.port)).send().await.unwrap();
        assert_eq!(answer.text().await.unwrap(), "hello");
    }
    let curl = std::process::Command::new("curl")
        .args(["--silent", "--show-error", "--cacert", &bench.path("certs/ca.crt")])
        .args(["--resolve", &format!("reflector.test:{}:127.0.0.1", caddy.port)])
        .arg(format!("https://reflector.test:{}/", caddy.port))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&curl.stdout), "hello", "{}", String::from_utf8_lossy(&curl.stderr));

    let other = Workbench::with_authority();
    let stranger = Trust::load(&[other.path("certs").into()]).unwrap().http().build().unwrap();
    for client in [Trust::system().http().build().unwrap(), stranger] {
        let error = client.get(format!("https://localhost:{}/", caddy.port)).send().await.unwrap_err();
        let text = format!("{error:?}");
        // The stranger's authority may have the same name and then another key.
        assert!(text.contains("UnknownIssuer") || text.contains("BadSignature"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn caddy_serves_an_imported_chain_with_its_intermediate() {
    let (foreign, bench) = (crate::support::certs::Foreign::new(), Workbench::new());
    let (cert, key) = foreign.server("localhost", 300);
    bench.certs(&["import", &cert, &foreign.path("root.crt"), &foreign.path("inter.crt"), "--key", &key]);
    let caddy = Caddy::saying(&bench, "certs", "hello");
    // Only the root is trusted: without the intermediate in server.pem this fails.
    let client = Trust::load(&[foreign.path("root.crt").into()]).unwrap().http().build().unwrap();
    let answer = client.get(format!("https://localhost:{}/", caddy.port)).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "hello");
}
