//! The page that names voices by what they sound like, and merges two that are one.

use reflector::model::ShareMode;
use reflector::model::stage::Stage;

use crate::support::accounts::{ADA, BOB, Visitor, give, guarded, person};
use crate::support::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn each_voice_has_samples_to_listen_to_and_gets_a_name() {
    let site = Site::new().await;
    let visitor = Visitor::nobody(&site);
    let id = site.finished("talk.wav").await;
    let page = format!("/transcripts/{id}/speakers");
    assert!(visitor.page(&format!("/transcripts/{id}")).await.1.contains(&format!("href=\"{page}\"")));
    let (status, shown) = visitor.page(&page).await;
    assert_eq!(status, 200);
    for part in [
        &format!("/v1/transcripts/{id}/audio/mp3#t=0,6"),
        &format!("/v1/transcripts/{id}/audio/mp3#t=20,26"),
        "“We should &#60;cut&#62; the budget.”",
        "aria-label=\"Speaker 2 at 0:20\"",
        "12 seconds, 67 % of the talking",
        "name=\"speaker-1\" value=\"\" placeholder=\"Speaker 2\"",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let fields = [("stay", "yes"), ("speaker-0", "Ada"), ("speaker-1", "")];
    let (_, to) = visitor.form(&page, &fields).await;
    assert_eq!(to, format!("{page}?done=named&change=1"));
    let (_, shown) = visitor.page(&to).await;
    assert!(shown.contains("The names are saved.") && shown.contains("value=\"Ada\""));
    let (_, to) = visitor.form(&format!("{page}/undo"), &[("change", "1")]).await;
    assert_eq!(to, format!("{page}?done=named-back"));
    let (_, shown) = visitor.page(&to).await;
    assert!(shown.contains("The names are what they were before.") && !shown.contains("value=\"Ada\""));
    visitor.form(&page, &fields).await;
    // From the transcript's own form it leads back there.
    let (_, to) = visitor.form(&page, &[("speaker-1", "Bob")]).await;
    assert_eq!(to, format!("/transcripts/{id}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_voices_become_one_and_two_again() {
    let site = Site::new().await;
    let visitor = Visitor::nobody(&site);
    let id = site.finished("talk.wav").await;
    let (page, txt) = (format!("/transcripts/{id}/speakers"), format!("/v1/transcripts/{id}/download/txt"));
    visitor.form(&page, &[("speaker-0", "Ada")]).await;
    let merge = [("speaker_from", "1"), ("speaker_to", "0")];
    let (status, to) = visitor.form(&format!("{page}/merge"), &merge).await;
    assert_eq!((status, to.clone()), (303, format!("{page}?done=merged&change=2")));
    let (_, shown) = visitor.page(&to).await;
    assert!(shown.contains("The two voices are one now.") && shown.contains("100 % of the talking"));
    assert!(!shown.contains("Speaker 2") && shown.contains(&format!("action=\"{page}/undo\"")));
    let text = site.get(&txt).await.text().await.unwrap();
    assert!(text.contains("Ada: We should") && !text.contains("Speaker 2"), "{text}");

    let (_, to) = visitor.form(&format!("{page}/undo"), &[]).await;
    assert_eq!(to, format!("{page}?done=undone"));
    assert!(site.get(&txt).await.text().await.unwrap().contains("Speaker 2: We should"));
    // A name that went along comes back, too.
    visitor.form(&format!("{page}/merge"), &[("speaker_from", "0"), ("speaker_to", "1")]).await;
    let text = site.get(&txt).await.text().await.unwrap();
    assert!(text.contains("Ada: We should") && !text.contains("Speaker"), "{text}");
    visitor.form(&format!("{page}/undo"), &[]).await;
    let text = site.get(&txt).await.text().await.unwrap();
    assert!(text.contains("Ada: Good morning") && text.contains("Speaker 2: We should"), "{text}");
    // Only what one has done oneself, and nobody after.
    let (status, again) = visitor.form(&format!("{page}/undo"), &[("change", "2")]).await;
    assert!(status == 409 && again.contains("was changed since"), "{again}");

    // Both have names: which one is to stay is the person's to say.
    visitor.form(&page, &[("speaker-1", "Bob")]).await;
    let (status, shown) = visitor.form(&format!("{page}/merge"), &merge).await;
    assert!(
        status == 400 && shown.contains("Both have names.") && shown.contains("value=\"Bob\""),
        "{shown}"
    );
    let (status, shown) =
        visitor.form(&format!("{page}/merge"), &[("speaker_from", "x"), ("speaker_to", "0")]).await;
    assert!(status == 422 && shown.contains("is no speaker of this transcript"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_names_voices_writes_over_nobody_elses_name_unseen() {
    let site = Site::new().await;
    let visitor = Visitor::nobody(&site);
    let id = site.finished("talk.wav").await;
    let (page, txt) = (format!("/transcripts/{id}/speakers"), format!("/v1/transcripts/{id}/download/txt"));
    let (_, shown) = visitor.page(&page).await;
    assert!(shown.contains("type=\"hidden\" name=\"was-1\" value=\"\""), "{shown}");
    // Both had the page open: one names the first voice, the other both.
    let form = |first: &'static str, second: &'static str| {
        [("stay", "yes"), ("speaker-0", first), ("was-0", ""), ("speaker-1", second), ("was-1", "")]
    };
    assert_eq!(visitor.form(&page, &form("Ada", "")).await.0, 303);
    let (status, both) = visitor.form(&page, &form("Grace", "Bob")).await;
    assert_eq!(status, 409, "{both}");
    for part in [
        "Somebody else changed a name meanwhile.",
        "Now called <q dir=\"auto\">Ada</q>",
        "name=\"was-0\" value=\"Ada\"",
        "name=\"speaker-0\" value=\"Grace\"",
        "name=\"speaker-1\" value=\"Bob\"",
    ] {
        assert!(both.contains(part), "{part}: {both}");
    }
    let text = site.get(&txt).await.text().await.unwrap();
    assert!(text.contains("Ada: Good morning") && text.contains("Speaker 2: We should"), "{text}");
    // What one left as it was is nobody's change, and what both wrote is no conflict.
    assert_eq!(visitor.form(&page, &form("", "Bob")).await.0, 303);
    assert_eq!(visitor.form(&page, &form("Ada", "Bob")).await.0, 303);
    let over = [("speaker-0", "Grace"), ("was-0", "Ada")];
    assert_eq!(visitor.form(&page, &over).await, (303, format!("/transcripts/{id}")));
    let text = site.get(&txt).await.text().await.unwrap();
    assert!(text.contains("Grace: Good morning") && text.contains("Bob: We should"), "{text}");
    // Voices that somebody else has changed are shown before they are merged.
    let seen = [("revision", "1.0"), ("speaker_from", "1"), ("speaker_to", "0")];
    let (status, shown) = visitor.form(&format!("{page}/merge"), &seen).await;
    assert!(status == 409 && shown.contains("Somebody else changed one of these voices"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_for_those_who_may_change_it_and_says_when_there_is_nobody_yet() {
    let site = guarded().await;
    let ada = person(&site, ADA, false).await;
    person(&site, BOB, false).await;
    let id = site.finished("talk.wav").await;
    give(&site, id, Some(ada.id), ShareMode::SemiPrivate).await;
    let bob = Visitor::log_in(&site, BOB).await;
    let page = format!("/transcripts/{id}/speakers");
    assert_eq!(bob.page(&format!("/transcripts/{id}")).await.0, 200);
    assert_eq!(bob.page(&page).await.0, 403);
    for rest in ["/merge", "/undo"] {
        let fields = [("speaker_from", "1"), ("speaker_to", "0")];
        assert_eq!(bob.form(&format!("{page}{rest}"), &fields).await.0, 403, "{rest}");
    }
    let early = site.create("early.wav").await;
    site.up_to(early, Some(Stage::Transcribe)).await;
    give(&site, early, Some(ada.id), ShareMode::Private).await;
    let ada = Visitor::log_in(&site, ADA).await;
    let (_, shown) = ada.page(&format!("/transcripts/{early}/speakers")).await;
    assert!(shown.contains("No voices yet") && !shown.contains("<audio"));
    let (status, _) = ada.form(&format!("/transcripts/{early}/speakers/undo"), &[]).await;
    assert_eq!(status, 409, "there is no text with speakers yet");
}
