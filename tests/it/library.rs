//! The list of transcripts: filters, order, the trash, and what is done with several at once. As a browser without script has it.

use std::io::{Cursor, Read};

use reflector::clock;
use reflector::ids::TranscriptId;
use reflector::model::ShareMode;
use reflector::model::stage::{self, Stage};
use reflector::model::transcript;

use crate::support::accounts::{ADA, BOB, Visitor, give, guarded, person};
use crate::support::site::Site;

/// Where each of these stands in a page, in order of place.
fn order<'t>(page: &str, titles: &[&'t str]) -> Vec<&'t str> {
    let mut found: Vec<(usize, &str)> =
        titles.iter().filter_map(|title| Some((page.find(&format!(">{title}<"))?, *title))).collect();
    found.sort_unstable();
    found.into_iter().map(|(_, title)| title).collect()
}

async fn length(site: &Site, id: TranscriptId, seconds: f64) {
    transcript::set_duration(&mut *site.workshop.conn().await, id, seconds * 1000.0).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_narrowed_by_status_and_sorted_and_says_what_was_not_understood() {
    let site = Site::new().await;
    let (beta, alpha, gamma) =
        (site.create("beta").await, site.create("Alpha").await, site.create("gamma").await);
    for (id, seconds) in [(beta, 20.0), (alpha, 30.0), (gamma, 10.0)] {
        length(&site, id, seconds).await;
    }
    let failing = site.create("delta").await;
    let attempt = site.up_to(failing, Some(Stage::Ingest)).await.unwrap();
    stage::fail(&mut *site.workshop.conn().await, &attempt, "no sound", clock::now()).await.unwrap();
    length(&site, failing, 40.0).await;

    let all = ["beta", "Alpha", "gamma", "delta"];
    for (sort, wanted) in [
        ("", ["delta", "gamma", "Alpha", "beta"]),
        ("oldest", ["beta", "Alpha", "gamma", "delta"]),
        ("longest", ["delta", "Alpha", "beta", "gamma"]),
        ("shortest", ["gamma", "beta", "Alpha", "delta"]),
        ("title", ["Alpha", "beta", "delta", "gamma"]),
    ] {
        let (status, page) = site.page(&format!("/transcripts?sort={sort}")).await;
        assert_eq!((status, order(&page, &all)), (200, wanted.to_vec()), "{sort}");
    }
    let (_, failed) = site.page("/transcripts?status=error").await;
    assert_eq!(order(&failed, &all), ["delta"]);
    assert!(failed.contains("1 transcript found"));
    let (_, idle) = site.page("/transcripts?status=idle&sort=title").await;
    assert_eq!(order(&idle, &all), ["Alpha", "beta", "gamma"]);
    let (_, none) = site.page("/transcripts?status=working").await;
    assert!(none.contains("Nothing found") && none.contains("href=\"/transcripts\">Show all"));

    // What was typed stays, and the reason names the field.
    for (query, said) in [
        ("from=yesterday&q=budget", "From: is no day such as 2026-11-21."),
        ("status=lost&q=budget", "Status: is none of ended, working, error, idle."),
        ("sort=size&q=budget", "Sort: is none of newest, oldest"),
    ] {
        let (status, page) = site.page(&format!("/transcripts?{query}")).await;
        assert_eq!(status, 422, "{query}");
        assert!(page.contains(said) && page.contains("value=\"budget\""), "{query}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_are_moved_to_the_trash_and_taken_back_at_once() {
    let site = Site::new().await;
    let visitor = Visitor::nobody(&site);
    let (one, two) = (site.finished("talk.wav").await, site.create("second").await);
    let third = site.create("third").await;
    let (one, two) = (one.to_string(), two.to_string());
    let (_, list) = visitor.page("/transcripts").await;
    assert!(list.contains(&format!("name=\"id\" value=\"{one}\" form=\"bulk\"")), "each can be ticked");

    let nothing = visitor.form("/transcripts/bulk", &[("do", "delete"), ("back", "/transcripts?q=a")]).await;
    assert_eq!(nothing, (303, "/transcripts?q=a&done=nothing&n=0".into()));
    assert!(visitor.page(&nothing.1).await.1.contains("Tick the transcripts first"));

    let gone = TranscriptId::new().to_string();
    let fields =
        [("do", "delete"), ("id", &one), ("id", &two), ("id", &gone), ("back", "/transcripts?sort=oldest")];
    let (status, to) = visitor.form("/transcripts/bulk", &fields).await;
    assert!(status == 303 && to.starts_with("/transcripts?sort=oldest&done=moved&n=2&left=1&undo="), "{to}");
    let (_, page) = visitor.page(&to).await;
    assert!(page.contains("Moved 2 transcripts to the trash. One was left as it was"), "{page}");
    assert_eq!(order(&page, &["Budget talks", "second", "third"]), ["third"]);

    let at = to.split("undo=").nth(1).unwrap().to_owned();
    assert!(page.contains(&format!("name=\"at\" value=\"{at}\"")));
    // A moment at which nothing was deleted takes nothing back.
    let other = (at.parse::<i64>().unwrap() + 1).to_string();
    let (_, to) = visitor.form("/transcripts/undo", &[("at", &other), ("back", "/transcripts")]).await;
    assert_eq!(to, "/transcripts?done=restored&n=0");
    let (status, to) = visitor.form("/transcripts/undo", &[("at", &at), ("back", "/logout")]).await;
    assert_eq!((status, to.as_str()), (303, "/transcripts?done=restored&n=2"));
    let (_, page) = visitor.page(&to).await;
    assert!(page.contains("Took 2 transcripts out of the trash."));
    assert_eq!(order(&page, &["Budget talks", "second", "third"]).len(), 3);

    let audit = site.json("/v1/audit").await.1;
    let noted: Vec<&str> =
        audit["items"].as_array().unwrap().iter().map(|one| one["action"].as_str().unwrap()).collect();
    assert_eq!(noted, ["restore", "restore", "delete", "delete"]);
    assert!(audit["items"].as_array().unwrap().iter().all(|one| one["transcript_id"] != third.to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trash_gives_back_and_deletes_for_good_only_when_asked_twice() {
    let site = Site::new().await;
    let visitor = Visitor::nobody(&site);
    let mut ids = Vec::new();
    for name in ["first", "second", "third"] {
        let id = site.create(name).await;
        transcript::delete(&mut *site.workshop.conn().await, id, clock::now()).await.unwrap();
        ids.push(id.to_string());
    }
    let (_, trash) = visitor.page("/transcripts?trash=1").await;
    assert!(trash.contains("<h1>Trash</h1>") && trash.contains("What is here stays until you delete it"));
    assert_eq!(order(&trash, &["first", "second", "third"]), ["third", "second", "first"]);
    assert!(!trash.contains(&format!("href=\"/transcripts/{}\"", ids[0])), "it can't be opened there");
    assert!(visitor.page("/transcripts?trash=1&q=second").await.1.contains("1 transcript found"));
    assert!(visitor.page("/transcripts").await.1.contains("No transcripts yet"));

    let back = ("back", "/transcripts?trash=1");
    let (_, to) = visitor.form("/transcripts/bulk", &[("do", "restore"), ("id", &ids[0]), back]).await;
    assert_eq!(to, "/transcripts?trash=1&done=restored&n=1&left=0");
    assert_eq!(order(&visitor.page("/transcripts").await.1, &["first", "second", "third"]), ["first"]);

    // Asked once, there is a page that says what will go; nothing is gone.
    let (status, page) = visitor.form("/transcripts/bulk", &[("do", "destroy"), ("id", &ids[1]), back]).await;
    assert_eq!(status, 200);
    assert!(page.contains("Delete 1 transcript for good?") && page.contains("<li>second</li>"), "{page}");
    assert!(page.contains(&format!("name=\"id\" value=\"{}\"", ids[1])) && page.contains("name=\"sure\""));
    assert_eq!(order(&visitor.page("/transcripts?trash=1").await.1, &["second", "third"]).len(), 2);
    let fields = [("do", "destroy"), ("id", &ids[1]), ("sure", "yes"), back];
    let (_, to) = visitor.form("/transcripts/bulk", &fields).await;
    assert_eq!(to, "/transcripts?trash=1&done=destroyed&n=1&left=0");
    assert!(visitor.page(&to).await.1.contains("Deleted 1 transcript for good."));

    // What is not in the trash can't be deleted for good.
    let fields = [("do", "destroy"), ("id", &ids[0]), ("sure", "yes"), back];
    assert!(visitor.form("/transcripts/bulk", &fields).await.1.contains("n=0&left=1"));
    let (_, page) = visitor.form("/transcripts/bulk", &[("do", "empty"), back]).await;
    assert!(page.contains("Delete 1 transcript for good?") && page.contains("<li>third</li>"));
    let (_, to) = visitor.form("/transcripts/bulk", &[("do", "empty"), ("sure", "yes"), back]).await;
    assert_eq!(to, "/transcripts?trash=1&done=destroyed&n=1");
    let (_, trash) = visitor.page("/transcripts?trash=1").await;
    assert!(trash.contains("The trash is empty"));
    assert_eq!(order(&visitor.page("/transcripts").await.1, &["first"]), ["first"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ones_own_is_left_as_it_is() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    let bob = person(&site, BOB, false).await;
    let (hers, his) = (site.create("hers").await, site.create("his").await);
    give(&site, hers, Some(ada.id), ShareMode::SemiPrivate).await;
    give(&site, his, Some(bob.id), ShareMode::Private).await;
    let (hers, his) = (hers.to_string(), his.to_string());
    let bob_id = bob.id;
    let bob = Visitor::log_in(&site, BOB).await;
    for (act, more) in [("delete", ("x", "")), ("share", ("share_mode", "public")), ("room", ("room_id", ""))]
    {
        let (status, to) =
            bob.form("/transcripts/bulk", &[("do", act), ("id", &hers), ("id", &his), more]).await;
        assert!(status == 303 && to.contains("n=1&left=1"), "{act}: {to}");
        let mut conn = site.workshop.conn().await;
        let row = transcript::get(&conn, hers.parse().unwrap()).await.unwrap().unwrap();
        assert!(row.deleted_at.is_none() && row.share_mode == ShareMode::SemiPrivate, "{act}");
        transcript::restore(&mut conn, his.parse().unwrap()).await.unwrap();
    }
    // Nor can he take back what she deleted, whatever moment he names.
    let ada = Visitor::log_in(&site, ADA).await;
    let (_, to) = ada.form("/transcripts/bulk", &[("do", "delete"), ("id", &hers)]).await;
    let at = to.split("undo=").nth(1).unwrap().to_owned();
    let (_, to) = bob.form("/transcripts/undo", &[("at", &at)]).await;
    assert_eq!(to, "/transcripts?done=restored&n=0");
    assert!(!bob.page("/transcripts?trash=1").await.1.contains(">hers<"));
    assert!(ada.page("/transcripts?trash=1").await.1.contains(">hers<"));
    // What may not be read can't be downloaded either.
    give(&site, his.parse().unwrap(), Some(bob_id), ShareMode::Private).await;
    let (status, _) = ada.file("/transcripts/bulk", &[("do", "export"), ("id", &his)]).await;
    assert_eq!(status, 404);
    let (status, _) = ada.form("/transcripts/bulk", &[("do", "sell"), ("id", &his)]).await;
    assert_eq!(status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_are_downloaded_as_one_zip_with_every_format_and_their_sound_if_wanted() {
    let site = Site::new().await;
    let visitor = Visitor::nobody(&site);
    let (one, two) =
        (site.finished("talk.wav").await.to_string(), site.finished("../other").await.to_string());
    let names = |bytes: Vec<u8>| {
        let archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut names: Vec<String> = archive.file_names().map(str::to_owned).collect();
        names.sort();
        names
    };
    let fields = [("do", "export"), ("id", one.as_str()), ("id", &two)];
    let (status, bytes) = visitor.file("/transcripts/bulk", &fields).await;
    assert_eq!(status, 200);
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes.clone())).unwrap();
    let mut text = String::new();
    archive.by_name("01 Budget talks/transcript.txt").unwrap().read_to_string(&mut text).unwrap();
    assert!(text.contains("Speaker 1: Good morning"), "{text}");
    let without = names(bytes);
    assert_eq!(without.len(), 16, "{without:?}");
    assert!(without.iter().all(|name| !name.contains("..") && !name.ends_with("mp3")), "{without:?}");

    let fields = [("do", "export"), ("id", one.as_str()), ("audio", "yes")];
    let (_, bytes) = visitor.file("/transcripts/bulk", &fields).await;
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut sound = Vec::new();
    archive.by_name("01 Budget talks/audio.mp3").unwrap().read_to_end(&mut sound).unwrap();
    assert_eq!(sound, crate::support::site::mp3());
    let audit = site.json("/v1/audit?action=export").await.1;
    assert_eq!(audit["total"], 3, "each of them is noted");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_zip_has_the_formats_that_are_ticked_and_says_what_can_not_be_set() {
    let site = Site::new().await;
    let id = site.finished("talk.wav").await.to_string();
    let page = site.page("/transcripts").await.1;
    let ticked = |word: &str, ticked: &str| format!("name=\"format\" value=\"{word}\"{ticked}>");
    assert!(page.contains(&ticked("docx", " checked")) && page.contains(&ticked("pdf", "")), "{page}");
    let ask = async |site: &Site, id: &str, more: &[(&str, &str)]| {
        let fields = [&[("do", "export"), ("id", id), ("formats", "chosen")][..], more].concat();
        Visitor::nobody(site).file("/transcripts/bulk", &fields).await
    };
    let (status, bytes) = ask(&site, &id, &[("format", "pdf"), ("format", "txt"), ("format", "pdf")]).await;
    assert_eq!(status, 200);
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    assert_eq!(archive.len(), 2, "{:?}", archive.file_names().collect::<Vec<_>>());
    let mut pdf = Vec::new();
    archive.by_name("01 Budget talks/transcript.pdf").unwrap().read_to_end(&mut pdf).unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
    assert!(archive.by_name("01 Budget talks/transcript.txt").is_ok());

    let (_, bytes) = ask(&site, &id, &[("audio", "yes")]).await;
    let archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    assert_eq!(
        archive.file_names().collect::<Vec<_>>(),
        ["01 Budget talks/audio.mp3"],
        "nothing else is ticked"
    );
    let (status, said) = ask(&site, &id, &[]).await;
    assert!(status == 422 && String::from_utf8_lossy(&said).contains("nothing of them would be in the zip"));
    assert_eq!(ask(&site, &id, &[("format", "doc")]).await.0, 422);

    // One file that can't be made keeps nothing else back.
    let bare = Site::set(|config| config.export.fonts = vec!["/does/not/exist".into()]).await;
    let id = bare.finished("talk.wav").await.to_string();
    let (_, bytes) = ask(&bare, &id, &[("format", "pdf"), ("format", "md")]).await;
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut why = String::new();
    archive.by_name("01 Budget talks/transcript.pdf.txt").unwrap().read_to_string(&mut why).unwrap();
    assert!(why.starts_with("No font here has the letters of Latin"), "{why}");
    assert!(archive.by_name("01 Budget talks/transcript.md").is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_are_put_into_a_room_and_shown_to_others() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    let mut ids = Vec::new();
    for name in ["one", "two"] {
        let id = site.create(name).await;
        give(&site, id, Some(ada.id), ShareMode::Private).await;
        ids.push(id.to_string());
    }
    let visitor = Visitor::log_in(&site, ADA).await;
    let (_, made) = visitor.form("/rooms", &[("name", "weekly"), ("is_shared", "yes")]).await;
    let room = made.trim_start_matches("/rooms/").split('?').next().unwrap().to_owned();
    let ticked = [("id", ids[0].as_str()), ("id", &ids[1])];
    let with = |act: &'static str, name: &'static str, value: &'static str| {
        let mut fields = vec![("do", act), (name, value)];
        fields.extend(ticked);
        fields
    };
    let mut fields = vec![("do", "room"), ("room_id", room.as_str())];
    fields.extend(ticked);
    let (_, to) = visitor.form("/transcripts/bulk", &fields).await;
    assert!(to.contains("done=room&n=2&left=0"), "{to}");
    let (_, in_room) = visitor.page(&format!("/transcripts?room={room}")).await;
    assert!(in_room.contains("2 transcripts found"));
    let (_, to) = visitor.form("/transcripts/bulk", &with("share", "share_mode", "semi-private")).await;
    assert!(to.contains("done=shared&n=2"), "{to}");
    person(&site, BOB, false).await;
    let bob = Visitor::log_in(&site, BOB).await;
    assert!(bob.page(&format!("/transcripts?room={room}")).await.1.contains("2 transcripts found"));
    let (_, to) = visitor.form("/transcripts/bulk", &with("room", "room_id", "")).await;
    assert!(to.contains("done=out&n=2"), "{to}");
    let (status, _) = visitor.form("/transcripts/bulk", &with("share", "share_mode", "secret")).await;
    assert_eq!(status, 422);
    let (status, _) = visitor.form("/transcripts/bulk", &with("room", "room_id", "weekly")).await;
    assert_eq!(status, 422);
}
