//! The pages of those who look after the installation: health, failed jobs, accounts, the audit log; and that others have none of it.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use reflector::clock;
use reflector::db::schema::transcript;
use reflector::ids::TranscriptId;
use reflector::model::stage::{self, Stage, StageStatus};
use reflector::model::{ShareMode, user};

use crate::support::accounts::{ADA, BOB, PASSWORD, ROOT, Visitor, give, guarded, person};
use crate::support::site::Site;

const PAGES: [&str; 4] = ["/admin", "/admin/jobs", "/admin/users", "/admin/audit"];

/// A transcript whose stage failed for good.
async fn failed(site: &Site, name: &str, why: &str) -> TranscriptId {
    let id = site.finished(name).await;
    let attempt = site.up_to(id, Some(Stage::Summarize)).await.unwrap();
    stage::fail(&mut *site.workshop.conn().await, &attempt, why, clock::now()).await.unwrap();
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn for_everybody_else_there_is_no_such_place() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    person(&site, ROOT, true).await;
    let id = failed(&site, "talk.wav", "no").await;
    let (ada_, root) = (Visitor::log_in(&site, ADA).await, Visitor::log_in(&site, ROOT).await);
    for path in PAGES {
        assert_eq!(ada_.page(path).await.0, 404, "{path}");
        assert_eq!(root.page(path).await.0, 200, "{path}");
        assert_eq!(Visitor::nobody(&site).page(path).await.0, 303, "{path}");
    }
    for path in [
        format!("/admin/jobs/{id}/retry"),
        "/admin/jobs/retry-all".into(),
        "/admin/users".into(),
        format!("/admin/users/{}/password", ada.id),
        format!("/admin/users/{}/admin", ada.id),
        format!("/admin/users/{}/disabled", ada.id),
    ] {
        let fields = [("on", "yes"), ("email", "eve@example.org"), ("password", "long enough for all")];
        assert_eq!(ada_.form(&path, &fields).await.0, 404, "{path}");
    }
    assert!(!ada_.page("/settings").await.1.contains("/admin"));
    assert!(root.page("/settings").await.1.contains("href=\"/admin\""));
    let mut conn = site.workshop.conn().await;
    assert_eq!(user::list(&mut conn).await.unwrap().len(), 2, "nobody was added");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_logs_in_there_are_no_accounts_but_all_the_rest() {
    let site = Site::new().await;
    for (path, wanted) in PAGES.into_iter().zip([200, 200, 404, 200]) {
        assert_eq!(site.page(path).await.0, wanted, "{path}");
    }
    let (_, page) = site.page("/admin").await;
    assert!(!page.contains("/admin/users"));
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_what_is_wrong_first_and_how_to_mend_it() {
    let site = Site::set(|config| {
        config.llm.url = Some("http://127.0.0.1:1/v1".into());
        config.llm.model = Some("qwen3".into());
    })
    .await;
    let (status, page) = site.page("/admin").await;
    assert_eq!(status, 200);
    let place = |what: &str| page.find(what).unwrap_or_else(|| panic!("{what}: {page}"));
    assert!(place("Language model") < place("Database"), "what is wrong comes first");
    assert!(page.contains("check llm.url, llm.api_key and that its server runs"));
    assert!(page.contains("not work.") && page.contains("Storage"));
    // What was found a moment ago is shown again; who wants to know anew says so.
    let looked = |page: &str| page.split("Looked at <time datetime=\"").nth(1).unwrap()[..20].to_owned();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(looked(&site.page("/admin").await.1), looked(&page));
    assert_ne!(looked(&site.page("/admin?again=1").await.1), looked(&page));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_listed_with_its_reason_and_runs_again_without_being_read() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    person(&site, ROOT, true).await;
    let theirs = failed(&site, "Secret plans.wav", "The language model <refused>.").await;
    give(&site, theirs, Some(ada.id), ShareMode::Private).await;
    let nobodys = failed(&site, "talk.wav", "The file ends in the middle.").await;
    let root = Visitor::log_in(&site, ROOT).await;
    let (_, page) = root.page("/admin/jobs").await;
    assert!(page.contains("A transcript of ada@example.org") && !page.contains("Secret plans"), "{page}");
    assert!(
        page.contains("The language model &#60;refused&#62;.") && page.contains("Summarising did not work.")
    );
    assert!(page.contains(">Budget talks</a>"), "nobody's is theirs to read: {page}");
    assert!(!page.contains(&format!("href=\"/transcripts/{theirs}\"")));

    let (status, to) = root.form(&format!("/admin/jobs/{theirs}/retry"), &[]).await;
    assert_eq!((status, to.as_str()), (303, "/admin/jobs?done=again"));
    let states = stage::list(&*site.workshop.conn().await, theirs).await.unwrap();
    let summary = states.iter().find(|state| state.stage == Stage::Summarize).unwrap();
    assert_eq!((summary.status, summary.run), (StageStatus::Queued, 3));
    assert!(states.iter().all(|state| state.stage >= Stage::Summarize || state.status == StageStatus::Done));
    assert_eq!(root.page(&format!("/transcripts/{theirs}")).await.0, 404, "it is still hers alone");
    let (status, page) = root.form(&format!("/admin/jobs/{theirs}/retry"), &[]).await;
    assert!(
        status == 409 && page.contains("nothing of this transcript has failed")
            || page.contains("Nothing of this transcript has failed")
    );

    let (_, to) = root.form("/admin/jobs/retry-all", &[]).await;
    assert_eq!(to, "/admin/jobs?done=all&n=1");
    let (_, page) = root.page(&to).await;
    assert!(page.contains("1 transcript runs again.") && page.contains("Nothing has failed"));
    let (_, log) = root.page(&format!("/admin/audit?transcript={nobodys}")).await;
    assert!(log.contains("1 entry") && log.contains("ran again"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_made_changed_shut_out_and_let_in() {
    let site = guarded().await;
    person(&site, ROOT, true).await;
    let root = Visitor::log_in(&site, ROOT).await;

    // With a password of one's own choice, and with one that is made and shown once.
    let fields = [("email", ADA), ("password", PASSWORD)];
    assert_eq!(root.form("/admin/users", &fields).await, (303, "/admin/users?done=made".into()));
    Visitor::log_in(&site, ADA).await;
    let (status, page) =
        root.form("/admin/users", &[("email", BOB), ("password", ""), ("admin", "yes")]).await;
    assert_eq!(status, 200);
    let made = page
        .split("<code class=\"key\" tabindex=\"0\" data-link>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    assert!(made.len() == 19 && page.contains("The password of bob@example.org"), "{page}");
    let (status, to) = Visitor::nobody(&site).form("/login", &[("email", BOB), ("password", made)]).await;
    assert_eq!((status, to.as_str()), (303, "/"));
    assert!(!root.page("/admin/users").await.1.contains(made), "it is never shown again");

    // What is wrong is said, and what was typed stays.
    for (email, password, said, wanted) in [
        ("nobody", "", "no e-mail address", 422),
        ("eve@example.org", "short", "assword", 422),
        ("ADA@example.org", "", "Somebody has an account with this address.", 409),
    ] {
        let (status, page) = root.form("/admin/users", &[("email", email), ("password", password)]).await;
        assert_eq!(status, wanted, "{email}");
        assert!(page.contains(said) && page.contains(&format!("value=\"{email}\"")), "{email}: {page}");
    }

    let mut conn = site.workshop.conn().await;
    let (ada, bob) = (
        user::by_email(&mut conn, ADA).await.unwrap().unwrap(),
        user::by_email(&mut conn, BOB).await.unwrap().unwrap(),
    );
    assert!(bob.is_admin && !ada.is_admin);
    let switch = async |who: &user::User, what: &str, on: &str| {
        root.form(&format!("/admin/users/{}/{what}", who.id), &[("on", on)]).await
    };
    let told = |done: &str, who: &user::User| format!("/admin/users?done={done}&who={}", who.id);
    // With the mark of this session behind it.
    let is = |to: &str, told: String| to.split_once("&by=").is_some_and(|(bare, _)| bare == told);
    let (_, to) = switch(&bob, "admin", "no").await;
    assert!(is(&to, told("plain", &bob)), "{to}");
    let (_, to) = switch(&ada, "admin", "yes").await;
    assert!(is(&to, told("admin", &ada)), "{to}");
    let hers = Visitor::log_in(&site, ADA).await;
    assert_eq!(hers.page("/admin").await.0, 200);
    let (_, out) = switch(&ada, "disabled", "yes").await;
    assert!(is(&out, told("out", &ada)), "{out}");
    assert_eq!(hers.page("/admin").await.0, 303, "her browser is out at once");
    assert!(root.page("/admin/users").await.1.contains("Shut out"));
    // What was done is said, and what is said can be taken back; one's own account is no matter of undoing.
    let undo = |who: &user::User| {
        format!(
            "action=\"/admin/users/{}/disabled\"><input type=\"hidden\" name=\"on\" value=\"no\"><button>Undo",
            who.id
        )
    };
    let (_, page) = root.page(&out).await;
    assert!(page.contains("They are shut out") && page.contains(&undo(&ada)), "{page}");
    let me = user::by_email(&mut conn, ROOT).await.unwrap().unwrap();
    assert!(!root.page(&told("out", &me)).await.1.contains(&undo(&me)));
    let (_, to) = switch(&ada, "disabled", "no").await;
    assert!(is(&to, told("in", &ada)), "{to}");
    // An address that somebody made up, or got for another account or another session, offers nothing to be pressed.
    let mark = out.rsplit_once('=').unwrap().1;
    let elsewhere = Visitor::log_in(&site, ROOT).await;
    for (who, address) in [
        (&root, told("out", &ada)),
        (&root, format!("{}&by={mark}", told("plain", &ada))),
        (&root, format!("{}&by={mark}", told("out", &bob))),
        (&elsewhere, out.clone()),
    ] {
        let (status, page) = who.page(&address).await;
        assert!(status == 200 && !page.contains("<button>Undo"), "{address}: {page}");
    }
    assert_eq!(hers.page("/settings").await.0, 303, "she logs in anew");

    let (status, page) = root.form(&format!("/admin/users/{}/password", ada.id), &[("password", "")]).await;
    assert!(status == 200 && page.contains("The password of ada@example.org"));
    let (status, _) = Visitor::nobody(&site).form("/login", &[("email", ADA), ("password", PASSWORD)]).await;
    assert_eq!(status, 401, "the old one is worth nothing");

    // Nobody shuts themselves out: somebody is always left.
    for what in ["admin", "disabled"] {
        let (status, page) = switch(&me, what, if what == "admin" { "no" } else { "yes" }).await;
        assert!(status == 409 && page.contains("ask another administrator"), "{what}: {page}");
    }
    assert_eq!(root.page("/admin/users").await.0, 200);
    let nobody = TranscriptId::new();
    assert_eq!(root.form(&format!("/admin/users/{nobody}/disabled"), &[("on", "yes")]).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_is_narrowed_by_who_what_and_when() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    person(&site, ROOT, true).await;
    let id = site.finished("Secret plans.wav").await;
    give(&site, id, Some(ada.id), ShareMode::Private).await;
    let nobodys = site.finished("talk.wav").await;
    let (ada, root) = (Visitor::log_in(&site, ADA).await, Visitor::log_in(&site, ROOT).await);
    assert_eq!(ada.page(&format!("/transcripts/{id}")).await.0, 200);
    assert_eq!(ada.form(&format!("/transcripts/{id}/title"), &[("title", "Other secrets")]).await.0, 303);
    assert_eq!(root.page(&format!("/transcripts/{nobodys}")).await.0, 200);

    let (_, all) = root.page("/admin/audit").await;
    assert!(all.contains("3 entries") && all.contains("ada@example.org") && all.contains("a transcript"));
    assert!(all.contains("“Budget talks”") && !all.contains("ecret"), "{all}");
    for (query, wanted) in [
        ("who=ADA%40", "2 entries"),
        ("who=root", "1 entry"),
        ("who=%25", "0 entries"),
        ("action=edit", "1 entry"),
        ("action=view", "2 entries"),
        ("to=2020-01-01", "0 entries"),
        ("from=2020-01-01", "3 entries"),
    ] {
        let (status, page) = root.page(&format!("/admin/audit?{query}")).await;
        assert!(status == 200 && page.contains(wanted), "{query}: {page}");
    }
    for (query, said) in [
        ("action=steal", "Action: "),
        ("from=x", "From: is no day"),
        ("transcript=x", "Transcript: names no"),
    ] {
        let (status, page) = root.page(&format!("/admin/audit?{query}")).await;
        assert!(status == 422 && page.contains(said), "{query}: {page}");
    }

    // Page by page, with what was asked for in the links.
    let mut conn = site.workshop.conn().await;
    for n in 0..60 {
        let entry = reflector::model::audit::Actor {
            user_id: None,
            who: format!("person{n}@example.org"),
            key_id: None,
            address: String::new(),
        };
        let thing = reflector::model::audit::Thing::Transcript(nobodys);
        let action = reflector::model::audit::Action::Edit;
        reflector::model::audit::note(&mut conn, entry, action, thing, clock::now()).await.unwrap();
    }
    let (_, first) = root.page("/admin/audit?action=edit").await;
    assert!(first.contains("Page 1 of 2") && first.contains("person59@") && !first.contains("person3@"));
    assert!(first.contains("href=\"/admin/audit?action=edit&#38;page=2\""), "{first}");
    let (_, second) = root.page("/admin/audit?action=edit&page=2").await;
    assert!(second.contains("person3@") && second.contains("rel=\"prev\""));
    diesel::delete(transcript::table.find(nobodys)).execute(&mut conn).await.unwrap();
    assert_eq!(root.page("/admin/audit").await.0, 200, "entries outlive what they are about");
}
