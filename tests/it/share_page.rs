//! The page that says who may read a transcript, and changes it.

use reflector::config::AuthMode;
use reflector::model::{ShareMode, transcript};

use crate::support::accounts::{ADA, BOB, ROOT, Visitor, by_password, give, guarded, person};
use crate::support::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn its_owner_shares_it_and_takes_that_back_and_sees_who_looked() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    person(&site, BOB, false).await;
    let id = site.finished("talk.wav").await;
    give(&site, id, Some(ada.id), ShareMode::Private).await;
    let (ada, bob) = (Visitor::log_in(&site, ADA).await, Visitor::log_in(&site, BOB).await);
    let (one, page) = (format!("/transcripts/{id}"), format!("/transcripts/{id}/share"));
    assert!(ada.page(&one).await.1.contains(&format!("href=\"{page}\"")), "the transcript leads there");

    let (status, shown) = ada.page(&page).await;
    assert_eq!(status, 200);
    assert!(
        shown.contains("ada@example.org, who owns it")
            && !shown.contains("Everybody who is logged in here and has the link.</li>")
    );
    assert!(shown.contains(&format!("value=\"http://{}{one}\"", site.address)), "the link: {shown}");
    assert!(shown.contains("value=\"private\" checked") && !shown.contains("Make it private"));
    assert_eq!(bob.page(&one).await.0, 404);

    let (status, to) = ada.form(&page, &[("share_mode", "semi-private")]).await;
    // What follows is the mark of her session: without it, anybody may have made up the address.
    let bare = to.split_once("&by=").map(|(bare, _)| bare.to_owned());
    let wanted = format!("{page}?done=saved&share_mode=private");
    assert_eq!((status, bare.as_deref()), (303, Some(wanted.as_str())), "{to}");
    assert!(!ada.page(&wanted).await.1.contains("<button>Undo"));
    let (_, shown) = ada.page(&to).await;
    let back = "name=\"share_mode\" value=\"private\"><button>Undo";
    assert!(shown.contains("Saved. It holds from now on") && shown.contains(back), "{shown}");
    assert_eq!(bob.page(&one).await.0, 200);
    assert_eq!(bob.page(&page).await.0, 403, "whoever reads it does not say who else may");
    assert_eq!(bob.form(&page, &[("share_mode", "public")]).await.0, 403);
    let (_, shown) = ada.page(&page).await;
    assert!(
        shown.contains("Everybody who is logged in here and has the link.</li>")
            && shown.contains("Make it private")
    );
    assert!(
        shown.contains("bob@example.org</strong> looked at")
            && shown.contains("ada@example.org</strong> shared"),
        "{shown}"
    );
    assert!(shown.contains("This site asks everybody to log in"), "what public means here");

    let (_, to) = ada.form(&page, &[("share_mode", "private")]).await;
    assert!(to.starts_with(&format!("{page}?done=private&share_mode=semi-private&by=")), "{to}");
    // A link that somebody else made up offers nothing that the page would not.
    let odd = "?done=saved&share_mode=secret&room_id=00000000-0000-0000-0000-000000000000";
    assert!(!ada.page(&format!("{page}{odd}")).await.1.contains("<button>Undo"));
    assert_eq!(bob.page(&one).await.0, 404);
    assert_eq!(ada.form(&page, &[("share_mode", "secret")]).await.0, 422);
    assert_eq!(ada.form(&page, &[("room_id", "weekly")]).await.0, 422);
    // A form that says nothing changes nothing, and is no sharing in the log.
    assert_eq!(ada.form(&page, &[]).await.0, 303);
    let row = transcript::get(&*site.workshop.conn().await, id).await.unwrap().unwrap();
    assert_eq!((row.share_mode, row.room_id), (ShareMode::Private, None));
    assert_eq!(ada.page(&page).await.1.matches("</strong> shared").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_is_chosen_there_and_its_meaning_follows_the_visibility() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    person(&site, BOB, false).await;
    let id = site.finished("talk.wav").await;
    give(&site, id, Some(ada.id), ShareMode::Private).await;
    let (ada, bob) = (Visitor::log_in(&site, ADA).await, Visitor::log_in(&site, BOB).await);
    let room = async |who: &Visitor<'_>, name: &str, shared: &str| {
        let (_, made) = who.form("/rooms", &[("name", name), (shared, "yes")]).await;
        made.trim_start_matches("/rooms/").split('?').next().unwrap().to_owned()
    };
    let weekly = room(&ada, "weekly", "is_shared").await;
    let closed = room(&bob, "closed", "x").await;
    let page = format!("/transcripts/{id}/share");
    assert_eq!(ada.form(&page, &[("room_id", &closed)]).await.0, 422, "a room that is not open to her");
    let (_, to) = ada.form(&page, &[("room_id", &weekly)]).await;
    assert!(to.starts_with(&format!("{page}?done=saved&room_id=&by=")), "{to}");
    assert!(ada.page(&to).await.1.contains("name=\"room_id\" value=\"\"><button>Undo"));
    let (_, shown) = ada.page(&page).await;
    assert!(shown.contains("In the room “weekly” only its owner finds it."), "{shown}");
    assert!(shown.contains(&format!("value=\"{weekly}\" selected")));
    ada.form(&page, &[("share_mode", "semi-private")]).await;
    assert!(ada.page(&page).await.1.contains("Those who see the room “weekly” find it there"));
    assert!(bob.page(&format!("/transcripts?room={weekly}")).await.1.contains("Budget talks"));
    assert_eq!(ada.form(&page, &[("room_id", "")]).await.0, 303);
    assert!(!ada.page(&page).await.1.contains("“weekly”"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_nobodys_and_where_nobody_logs_in_there_is_nothing_to_choose() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await;
    let (status, page) = site.page(&format!("/transcripts/{id}/share")).await;
    assert_eq!(status, 200);
    assert!(page.contains("nobody logs in here") && !page.contains("name=\"share_mode\""), "{page}");

    let site = Site::set(|config| {
        by_password(config);
        config.auth.public_mode = true;
        assert_eq!(config.auth.mode, AuthMode::Password);
    })
    .await;
    person(&site, ROOT, true).await;
    let root = person(&site, ADA, false).await;
    let (nobodys, hers) = (site.finished("talk.wav").await, site.finished("other.wav").await);
    give(&site, hers, Some(root.id), ShareMode::Public).await;
    let root = Visitor::log_in(&site, ROOT).await;
    let (_, page) = root.page(&format!("/transcripts/{nobodys}/share")).await;
    assert!(page.contains("Whoever reaches this site: it belongs to nobody."), "{page}");
    let ada = Visitor::log_in(&site, ADA).await;
    let (_, page) = ada.page(&format!("/transcripts/{hers}/share")).await;
    assert!(
        page.contains("Whoever reaches this site, without a login.")
            && page.contains("It is listed for visitors")
    );
    assert_eq!(Visitor::nobody(&site).page(&format!("/transcripts/{hers}")).await.0, 200);
    assert_eq!(Visitor::nobody(&site).page(&format!("/transcripts/{hers}/share")).await.0, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_to_parts_are_made_by_their_times_listed_and_taken_back_without_script() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    person(&site, BOB, false).await;
    let id = site.finished("talk.wav").await;
    give(&site, id, Some(ada.id), ShareMode::SemiPrivate).await;
    let (ada, bob) = (Visitor::log_in(&site, ADA).await, Visitor::log_in(&site, BOB).await);
    let (page, make) = (format!("/transcripts/{id}/share"), format!("/transcripts/{id}/quotes"));
    let fields = |from: &'static str, to: &'static str, life: &'static str| {
        [("from", from), ("to", to), ("life", life)]
    };
    assert_eq!(bob.form(&make, &fields("0:20", "0:26", "86400")).await.0, 403, "he may only read");
    let (status, shown) = ada.form(&make, &fields("0:20", "26", "86400")).await;
    assert_eq!(status, 200, "{shown}");
    let at = shown.find("/quote/").expect("its link");
    let link: String = shown[at..].chars().take_while(|c| *c != '"').collect();
    assert!(
        shown.contains("We should &#60;cut&#62; the budget.”") && shown.contains("0:20 to 0:26"),
        "{shown}"
    );
    assert_eq!(Visitor::nobody(&site).page(&link).await.0, 200);
    let (_, shown) = ada.page(&page).await;
    assert!(!shown.contains(&link), "its link is told once");
    assert!(shown.contains("0:20 to 0:26"), "{shown}");

    for (from, to, life, said) in [
        ("x", "0:26", "86400", "“From” is to be a time like 1:05"),
        ("0:30", "0:26", "86400", "“To” must be after “From”"),
        ("0:30", "2:00", "86400", "recording&#39;s end, 60.00 s"),
        ("0:20", "0:26", "59", "“It works for” must be from 60 to 31536000 seconds"),
    ] {
        let (status, shown) = ada.form(&make, &fields(from, to, life)).await;
        assert!(status == 422 && shown.contains(said), "{said}: {shown}");
        assert!(shown.contains(&format!("value=\"{from}\"")), "what was typed stays");
    }

    let one = shown.split("/quotes/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let revoke = format!("{make}/{one}/revoke");
    assert_eq!(bob.form(&revoke, &[]).await.0, 403);
    assert_eq!(ada.form(&revoke, &[]).await, (303, format!("{page}?done=quote")));
    assert_eq!(Visitor::nobody(&site).page(&link).await.0, 404);
    assert_eq!(ada.form(&revoke, &[]).await.0, 303, "it is gone already");
    assert!(ada.page(&page).await.1.contains("There are none. Make one here"));
}
