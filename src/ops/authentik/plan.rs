//! What Authentik is to be told: pure.

use serde_json::{Map, Value, json};

use super::Wanted;

/// What is done with something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Make,
    Change,
}

/// One thing that was done, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub verb: Verb,
    pub what: String,
}

impl Step {
    pub(super) fn new(verb: Verb, what: String) -> Self {
        Self { verb, what }
    }
}

/// What this application calls itself and shows itself with, as far as its settings say.
pub(super) struct Own {
    pub id: Option<String>,
    pub secret: Option<String>,
}

/// A new provider. What the settings leave open of the client, Authentik makes up.
pub(super) fn provider_fields(
    wanted: &Wanted,
    own: &Own,
    (authorization, invalidation): (Value, Value),
    mappings: &[Value],
    key: &Value,
) -> Value {
    let mut fields = json!({
        "name": wanted.name,
        "authorization_flow": authorization,
        "invalidation_flow": invalidation,
        "client_type": "confidential",
        "redirect_uris": [redirect(&wanted.callback())],
        "property_mappings": mappings,
        "signing_key": key,
        "sub_mode": "hashed_user_id",
        "include_claims_in_id_token": true,
    });
    for (field, value) in [("client_id", &own.id), ("client_secret", &own.secret)] {
        if let Some(value) = value {
            fields[field] = value.trim().into();
        }
    }
    fields
}

/// A new application for it.
pub(super) fn application(wanted: &Wanted, provider: &Value) -> Value {
    json!({
        "name": wanted.name,
        "slug": wanted.slug,
        "provider": provider,
        "meta_launch_url": wanted.site,
    })
}

fn redirect(url: &str) -> Value {
    json!({ "matching_mode": "strict", "url": url })
}

/// What a provider lacks for people to log in here: fields and their new values. What it has beside that stays.
pub(super) fn wanting(
    provider: &Value,
    callback: &str,
    mappings: &[Value],
    key: Option<&Value>,
) -> Map<String, Value> {
    let mut patch = Map::new();
    let list = |field: &str| provider[field].as_array().cloned().unwrap_or_default();
    let mut redirects = list("redirect_uris");
    let exact = |one: &Value| one["matching_mode"] == "strict" && one["url"] == callback;
    if !redirects.iter().any(exact) {
        redirects.push(redirect(callback));
        patch.insert("redirect_uris".into(), redirects.into());
    }
    let mut has = list("property_mappings");
    let before = has.len();
    has.extend(mappings.iter().filter(|one| !list("property_mappings").contains(one)).cloned());
    if has.len() > before {
        patch.insert("property_mappings".into(), has.into());
    }
    if let Some(key) = key {
        patch.insert("signing_key".into(), key.clone());
    }
    patch
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLBACK: &str = "https://meet.example.org/api/auth/callback/authentik";

    #[test]
    fn what_a_provider_has_stays_and_what_it_lacks_is_added() {
        let other = json!({ "matching_mode": "regex", "url": "https://.*" });
        let own = json!({ "matching_mode": "strict", "url": CALLBACK });
        let mappings = [json!("a"), json!("b")];
        let provider = json!({ "redirect_uris": [other], "property_mappings": ["b", "c"] });
        let patch = wanting(&provider, CALLBACK, &mappings, Some(&json!("k")));
        let wanted = json!({
            "redirect_uris": [other, own], "property_mappings": ["b", "c", "a"], "signing_key": "k",
        });
        assert_eq!(Value::Object(patch), wanted);
        let whole = json!({ "redirect_uris": [own], "property_mappings": ["a", "b"] });
        assert!(wanting(&whole, CALLBACK, &mappings, None).is_empty());
        // A final slash is another address.
        let slash = json!({ "matching_mode": "strict", "url": format!("{CALLBACK}/") });
        let near = json!({ "redirect_uris": [slash], "property_mappings": ["a", "b"] });
        assert_eq!(wanting(&near, CALLBACK, &mappings, None)["redirect_uris"], json!([slash, own]));
    }
}
