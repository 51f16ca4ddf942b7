//! A provider on the same host behind a real Caddy, as the site itself, both under an authority of the house.

use reflector::tls::Trust;
use reqwest::redirect::Policy;
use serde_json::{Value, json};

use crate::support::certs::{Caddy, Workbench};
use crate::support::identity::{CALLBACK, Identity, Visitor, led_to};
use crate::support::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn people_log_in_at_a_provider_behind_caddy_under_an_authority_of_the_house() {
    let bench = Workbench::with_authority();
    bench.certs(&["issue", "reflector.test"]);
    let identity = Identity::start();
    let plain = identity.issuer.rsplit(':').next().unwrap().parse().unwrap();
    let provider = Caddy::before(&bench, "certs", plain);
    let issuer = format!("https://localhost:{}", provider.port);
    identity.control("move", &json!({ "to": issuer })).await;
    let of = |trusted: bool| {
        let settings = identity.settings();
        let (issuer, authority) = (issuer.clone(), bench.path("certs").into());
        Site::set(move |config| {
            settings(config);
            config.auth.issuer = Some(issuer);
            config.tls.ca = if trusted { vec![authority] } else { Vec::new() };
        })
    };
    let mut site = of(true).await;
    let front = Caddy::before(&bench, "certs", site.address.port());
    let base = format!("https://localhost:{}", front.port);
    let at = |path: &str| json!([format!("{base}{path}")]);
    let known = json!({ "redirect_uris": at(CALLBACK), "post_logout_redirect_uris": at("/login") });
    identity.control("client", &known).await;
    let trust = Trust::load(&[bench.path("certs").into()]).unwrap();
    site.client = trust.http().redirect(Policy::none()).build().unwrap();

    let mut visitor = Visitor::new(&site);
    let door = visitor.walk_from(&base, "ada", "/transcripts").await;
    assert!(door.starts_with(&format!("{base}{CALLBACK}?")), "{door}");
    let inside = visitor.get(&door).await;
    assert_eq!((inside.status().as_u16(), led_to(&inside).as_str()), (303, "/transcripts"));
    let set: Vec<_> =
        inside.headers().get_all("set-cookie").iter().map(|one| one.to_str().unwrap()).collect();
    assert!(set.iter().all(|one| one.contains("; Secure")), "{set:?}");
    let me: Value = visitor.get(&format!("{base}/v1/me")).await.json().await.unwrap();
    assert_eq!(me["email"], "ada@example.org");
    let token = identity.token("bob").await;
    let his = site.client.get(format!("{base}/v1/me")).bearer_auth(&token).send().await.unwrap();
    assert_eq!(his.json::<Value>().await.unwrap()["email"], "bob@example.org");

    // Another key, and out of both.
    identity.control("rotate", &json!({})).await;
    let later = identity.token("bob").await;
    let list = format!("{base}/v1/transcripts");
    let fresh =
        async |token: &str| site.client.get(&list).bearer_auth(token).send().await.unwrap().status().as_u16();
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    while fresh(&later).await != 200 {
        // Unknown keys are asked for every ten seconds at most.
        assert!(tokio::time::Instant::now() < deadline, "the new key is never known");
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    let out = visitor.send("POST", &format!("{base}/logout"), "x=1").await;
    let said = out.text().await.unwrap();
    assert!(
        said.contains(&format!("{issuer}/session/end?")),
        "it leads on to the provider's own logout: {said}"
    );
    let me: Value = visitor.get(&format!("{base}/v1/me")).await.json().await.unwrap();
    assert_eq!(me, Value::Null);

    // Who does not know the authority reaches no provider, and says so to nobody's harm.
    let stranger = of(false).await;
    let lost = stranger.get("/login/provider").await;
    assert!(lost.status().is_server_error(), "{}", lost.status());
}
