//! Browsers: the login page, its cookie, where it leads, and its end.

use reflector::clock;
use reflector::model::user;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::{ADA, PASSWORD, ask, cookie, form, guarded, person, post, token};

#[tokio::test(flavor = "multi_thread")]
async fn a_page_leads_to_the_login_and_the_login_back_to_it() {
    let site = guarded().await;
    let ada = person(&site, ADA, true).await;
    let response = site.get("/transcripts?q=budget&page=2").await;
    assert_eq!(response.status(), 303);
    assert_eq!(response.headers()["location"], "/login?next=%2Ftranscripts%3Fq%3Dbudget%26page%3D2");
    let (status, page) = site.page("/login?next=%2Ftranscripts%3Fq%3Dbudget%26page%3D2").await;
    assert_eq!(status, 200);
    assert!(page.contains("name=\"next\" value=\"/transcripts?q=budget&#38;page=2\""), "{page}");
    assert!(page.contains("autocomplete=\"current-password\"") && !page.contains("<script"));

    let wrong = form(&site, ADA, "wrong", "/transcripts?q=budget").await;
    assert_eq!(wrong.status(), 401);
    assert!(!wrong.headers().contains_key("set-cookie"));
    let page = wrong.text().await.unwrap();
    assert!(page.contains("Incorrect email or password") && page.contains(&format!("value=\"{ADA}\"")));
    assert!(page.contains("value=\"/transcripts?q=budget\"") && !page.contains("\"wrong\" value"));

    let right = form(&site, ADA, PASSWORD, "/transcripts?q=budget").await;
    assert_eq!(
        (right.status().as_u16(), right.headers()["location"].to_str().unwrap()),
        (303, "/transcripts?q=budget")
    );
    let set = right.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        set.starts_with("reflector=") && set.contains("HttpOnly") && set.contains("SameSite=Lax"),
        "{set}"
    );
    assert!(set.contains("Path=/") && !set.contains("Secure"), "{set}: it came in the clear");
    let kept = set.split(';').next().unwrap();
    let (status, _, page) = ask(&site, "/", ("cookie", kept)).await;
    assert_eq!(status, 200);
    assert!(page.contains("href=\"/settings\"") && !page.contains("href=\"/login\""));
    let (status, _, me) = ask(&site, "/v1/me", ("cookie", kept)).await;
    assert!(status == 200 && me.contains(&ada.id.to_string()));
    assert_eq!(
        ask(&site, "/login?next=/transcripts", ("cookie", kept)).await.1,
        "/transcripts",
        "is in already"
    );
    for foreign in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let response = form(&site, ADA, PASSWORD, foreign).await;
        assert_eq!(response.headers()["location"], "/", "{foreign}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_the_cookie_is_bound_to_this_host_and_a_plain_one_is_worth_nothing() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    let body = format!("email={ADA}&password={}", PASSWORD.replace(' ', "+"));
    let request = site.client.post(site.url("/login")).body(body).header("x-forwarded-proto", "https");
    let response = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    assert_eq!(response.status(), 303);
    let set = response.headers()["set-cookie"].to_str().unwrap();
    assert!(set.starts_with("__Host-reflector=") && set.contains("; Secure"), "{set}");
    let value = set.split(';').next().unwrap().split_once('=').unwrap().1;
    let status = async |name: &str| {
        let request = site.client.get(site.url("/v1/transcripts")).header("x-forwarded-proto", "https");
        request.header("cookie", format!("{name}={value}")).send().await.unwrap().status().as_u16()
    };
    assert_eq!((status("__Host-reflector").await, status("reflector").await), (200, 401));
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_one_that_is_revoked_leads_to_the_login_with_a_way_back() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    let (desk, phone) = (cookie(&site, ADA).await, cookie(&site, ADA).await);
    let (_, _, page) = ask(&site, "/settings", ("cookie", &desk)).await;
    assert_eq!(page.matches("/end\"").count(), 1, "the other one can be ended: {page}");
    assert_eq!(page.matches("This browser").count(), 1);
    let end = page.split("action=\"").find(|text| text.contains("/end\"")).unwrap();
    let end = end.split('"').next().unwrap().to_owned();

    person(&site, "bob@example.org", false).await;
    let bob = cookie(&site, "bob@example.org").await;
    assert_eq!(post(&site, &end, "", &bob).await.status(), 404, "another person's session");
    assert_eq!(ask(&site, "/v1/transcripts", ("cookie", &phone)).await.0, 200);
    let response = post(&site, &end, "", &desk).await;
    assert_eq!(
        (response.status().as_u16(), response.headers()["location"].to_str().unwrap()),
        (303, "/settings?done=session")
    );

    let response =
        site.client.get(site.url("/transcripts?page=2")).header("cookie", &phone).send().await.unwrap();
    assert_eq!(response.headers()["location"], "/login?next=%2Ftranscripts%3Fpage%3D2");
    assert!(
        response.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"),
        "the browser forgets it"
    );
    let (status, _, body) = ask(&site, "/v1/transcripts", ("cookie", &phone)).await;
    assert_eq!((status, body.as_str()), (401, "{\"detail\":\"Not authenticated\"}"));
    assert_eq!(ask(&site, "/login", ("cookie", &phone)).await.0, 200);

    let response = post(&site, "/logout", "", &desk).await;
    assert_eq!(response.headers()["location"], "/login?out=1");
    assert_eq!(
        ask(&site, "/v1/transcripts", ("cookie", &desk)).await.0,
        401,
        "logged out on the server, too"
    );

    let desk = cookie(&site, ADA).await;
    let mut conn = site.workshop.conn().await;
    user::set_disabled(&mut conn, ada.id, true, clock::now()).await.unwrap();
    assert_eq!(ask(&site, "/v1/transcripts", ("cookie", &desk)).await.0, 401, "shut out at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_after_a_week_without_use_and_after_a_month_at_the_latest() {
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;
    use reflector::db::schema::session;
    let site = guarded().await;
    person(&site, ADA, false).await;
    for (age, idle, status) in [(6, 6, 200), (8, 8, 401), (29, 1, 200), (31, 0, 401)] {
        let cookie = cookie(&site, ADA).await;
        let ago = |days| clock::now() - chrono::Duration::days(days);
        diesel::update(session::table)
            .set((session::used_at.eq(ago(idle)), session::expires_at.eq(ago(age - 30))))
            .execute(&mut site.workshop.conn().await)
            .await
            .unwrap();
        assert_eq!(ask(&site, "/v1/transcripts", ("cookie", &cookie)).await.0, status, "{age} {idle}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_password_logs_every_other_browser_out() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    let (desk, phone) = (cookie(&site, ADA).await, cookie(&site, ADA).await);
    let change = async |current: &str, new: &str| {
        let body = format!("current={}&password={}", current.replace(' ', "+"), new.replace(' ', "+"));
        post(&site, "/settings/password", &body, &desk).await
    };
    for (current, new, said) in [
        ("wrong", "another long one", "The current password is wrong."),
        (PASSWORD, "short", "at least 10 characters"),
    ] {
        let response = change(current, new).await;
        assert_eq!(response.status(), 422);
        assert!(response.text().await.unwrap().contains(said), "{said}");
    }
    let response = change(PASSWORD, "another long one").await;
    assert_eq!(response.status(), 303);
    let renewed = response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(ask(&site, "/v1/transcripts", ("cookie", &renewed)).await.0, 200, "this browser goes on");
    for old in [&desk, &phone] {
        let status = ask(&site, "/v1/transcripts", ("cookie", old)).await.0;
        assert_eq!(status, 401, "whoever has a cookie from before");
    }
    assert_eq!(form(&site, ADA, PASSWORD, "/").await.status(), 401);
    assert_eq!(form(&site, ADA, "another long one", "/").await.status(), 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_page_can_neither_log_in_nor_act_nor_listen() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    let mine = cookie(&site, ADA).await;
    let body = format!("email={ADA}&password={}", PASSWORD.replace(' ', "+"));
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        for path in ["/login", "/logout", "/settings/sessions/end-others"] {
            let request = site.client.post(site.url(path)).body(body.clone()).header(name, value);
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let response = request.header("cookie", &mine).send().await.unwrap();
            assert_eq!(response.status(), 403, "{path} {name}");
            assert!(!response.headers().contains_key("set-cookie"), "{path} {name}");
        }
    }
    assert_eq!(ask(&site, "/v1/transcripts", ("cookie", &mine)).await.0, 200, "still logged in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_opens_for_a_session_and_for_a_token_as_the_protocol_after_bearer() {
    let site = guarded().await;
    person(&site, ADA, false).await;
    let id = site.finished("talk.wav").await;
    let open = async |name: &'static str, value: &str| {
        let mut request =
            format!("ws://{}/v1/transcripts/{id}/events", site.address).into_client_request().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
        tokio_tungstenite::connect_async(request).await
    };
    assert!(open("x-nothing", "x").await.unwrap_err().to_string().contains("401"));
    let protocol = format!("bearer, {}", token(&site, ADA).await);
    let (_, response) = open("sec-websocket-protocol", &protocol).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "bearer", "echoed without the token");
    assert!(open("sec-websocket-protocol", "bearer, x.y.z").await.unwrap_err().to_string().contains("401"));
    let mine = cookie(&site, ADA).await;
    assert!(open("cookie", &mine).await.is_ok());
}
