//! Notes, by those who read them and by those who do not.

use std::collections::BTreeSet;

use reflector::model::{ShareMode, transcript};
use serde_json::{Value, json};

use super::{find, heard, q};
use crate::auth::{ADA, person, public, token};
use crate::support::accounts::give;
use crate::support::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn they_are_found_in_the_transcripts_language_and_lead_to_themselves() {
    let site = Site::new().await;
    let id = heard(&site, "a.wav", "de", &[(0, " Guten Morgen.")]).await;
    let other = heard(&site, "b.wav", "de", &[(0, " Guten Morgen.")]).await;
    let path = format!("/v1/transcripts/{id}");
    let notes = "Die Häuser in der Straße\n- Bob zurückrufen";
    let (_, written) = site.send("PATCH", &path, &json!({ "notes": notes })).await;
    let (id, other) = (id.to_string(), other.to_string());
    let both = [other.clone(), id.clone()];
    for (query, wanted) in [
        ("Haus", &both[1..]),
        ("hauser morgen", &both[1..]),
        ("\"in der strasse\"", &both[1..]),
        ("\"Straße Bob\"", &[]),
        ("zurückruf*", &both[1..]),
        ("morgen", &both[..]),
        ("morgen -bob", &both[..1]),
        ("-\"der Straße\"", &both[..1]),
        ("zebra OR bob", &both[1..]),
    ] {
        let found: BTreeSet<String> = q(&site, query).await.into_iter().collect();
        assert_eq!(found, wanted.iter().cloned().collect(), "{query}");
    }
    let found = find(&site, &[("q", "haus")]).await;
    let (one, place) = (&found["results"][0], &found["results"][0]["search_places"][0]);
    assert!(one["rank"].as_f64() > Some(0.0), "{one}");
    assert_eq!(
        place,
        &json!({ "kind": "notes", "start": 0.0, "speaker": null, "text": "Die Häuser in der Straße", "highlights": [[4, 10]] })
    );
    let (_, page) = site.page("/transcripts?q=haus").await;
    let line = format!(
        "<a href=\"/transcripts/{id}#notes\"><span><b>Notes</b> Die <mark>Häuser</mark> in der Straße"
    );
    assert!(page.contains(&line), "{page}");
    assert!(site.page(&format!("/transcripts/{id}")).await.1.contains("id=\"notes\""));

    // What is shown is what is found.
    let emptied = json!({ "notes": "", "notes_revision": written["notes_revision"] });
    assert_eq!(site.send("PATCH", &path, &emptied).await.0, 200);
    assert!(q(&site, "haus").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_of_a_public_site_neither_read_them_nor_learn_their_words_by_searching() {
    let site = public().await;
    let ada = person(&site, ADA, false).await.id;
    let id = site.finished("talk.wav").await;
    give(&site, id, Some(ada), ShareMode::Public).await;
    let noted = transcript::Patch { notes: Some("Walrus tusk".into()), ..Default::default() };
    transcript::patch(&mut *site.workshop.conn().await, id, &noted).await.unwrap();
    let bearer = format!("Bearer {}", token(&site, ADA).await);
    let ask = async |path: &str, ada: bool| {
        let request = site.client.get(site.url(path));
        let request = if ada { request.header("authorization", &bearer) } else { request };
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.bytes().await.unwrap()
    };
    let one = format!("/v1/transcripts/{id}");
    for (reader, notes) in [(true, json!("Walrus tusk")), (false, Value::Null)] {
        let shown: Value = serde_json::from_slice(&ask(&one, reader).await).unwrap();
        assert_eq!((&shown["notes"], shown["notes_revision"].is_null()), (&notes, !reader));
        for format in ["md", "json"] {
            let file = ask(&format!("{one}/download/{format}"), reader).await;
            assert_eq!(String::from_utf8_lossy(&file).contains("Walrus"), reader, "{format}");
        }
        for (query, finds) in [
            ("walrus", reader),
            ("\"walrus tusk\"", reader),
            ("walr*", reader),
            ("budget -walrus", !reader),
            ("budget -\"walrus tusk\"", !reader),
            ("budget OR walrus", true),
        ] {
            let query = url::form_urlencoded::byte_serialize(query.as_bytes()).collect::<String>();
            let answer = ask(&format!("/v1/transcripts/search?q={query}"), reader).await;
            let found: Value = serde_json::from_slice(&answer).unwrap();
            assert_eq!(found["total"], json!(i32::from(finds)), "{query}");
            let told = found["results"].to_string();
            assert_eq!(told.contains("Walrus"), reader && finds && !query.contains('-'), "{query}: {told}");
        }
    }
    for path in ["", "/parts"] {
        let (status, page) = site.page(&format!("/transcripts/{id}{path}")).await;
        assert!(status == 200 && page.contains("data-part=\"notes\"") && !page.contains("Walrus"), "{page}");
    }
    assert!(!site.page("/transcripts?q=budget+OR+walrus").await.1.contains("Walrus"));
}
