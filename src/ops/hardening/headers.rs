//! Policy headers as they reach a browser: on a page and on an error.

use axum::http::HeaderMap;

use super::facts::Facts;
use super::{Fail, Found, Outcome, Pass};

type Judge = fn(&str) -> bool;

/// Id, header, what it must say.
const WANTED: [(&str, &str, Judge); 8] = [
    ("H-23", "strict-transport-security", year),
    ("H-60", "strict-transport-security", year),
    ("H-61", "x-frame-options", |value| {
        value.eq_ignore_ascii_case("deny") || value.eq_ignore_ascii_case("sameorigin")
    }),
    ("H-62", "x-content-type-options", |value| value == "nosniff"),
    ("H-63", "x-xss-protection", |value| value == "0"),
    ("H-64", "referrer-policy", |value| {
        matches!(value, "no-referrer" | "same-origin" | "strict-origin-when-cross-origin")
    }),
    ("H-65", "permissions-policy", |value| value.contains("camera=()") && value.contains("geolocation=()")),
    ("H-66", "content-security-policy", |value| {
        value.contains("object-src 'none'") && value.contains("frame-ancestors") && !value.contains("unsafe")
    }),
];

fn year(value: &str) -> bool {
    let age = value.split(';').find_map(|part| part.trim().strip_prefix("max-age="));
    age.and_then(|age| age.parse::<u64>().ok()).is_some_and(|age| age >= 31_536_000)
        && value.contains("includeSubDomains")
}

pub(super) fn check(facts: &Facts) -> Found {
    let answers = facts.site.as_ref().map_err(Clone::clone).and_then(|site| {
        let (page, missing) = (site.page.as_ref(), site.missing.as_ref());
        Ok((&page.map_err(Clone::clone)?.headers, &missing.map_err(Clone::clone)?.headers))
    });
    let (page, error) = match answers {
        Ok(answers) => answers,
        Err(why) => {
            let ids = WANTED.iter().map(|(id, ..)| *id).chain(["H-26", "H-67"]);
            return ids.map(|id| (id, Fail(format!("the site does not answer: {why}")))).collect();
        }
    };
    let mut found: Found =
        WANTED.iter().map(|(id, name, judge)| (*id, both([page, error], name, *judge))).collect();
    found.insert("H-26", nameless([page, error]));
    found.insert("H-67", isolated([page, error]));
    found
}

fn value<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

fn both(answers: [&HeaderMap; 2], name: &str, judge: Judge) -> Outcome {
    for (what, headers) in ["the page", "an error"].iter().zip(answers) {
        let count = headers.get_all(name).iter().count();
        if count == 0 {
            return Fail(format!("{what} has none"));
        }
        if !headers.get_all(name).iter().all(|value| value.to_str().is_ok_and(judge)) {
            return Fail(format!("{what} says {:?}", value(headers, name)));
        }
    }
    let said: String = value(answers[0], name).chars().take(70).collect();
    Pass(said)
}

fn nameless(answers: [&HeaderMap; 2]) -> Outcome {
    for headers in answers {
        for name in ["server", "x-powered-by", "via"] {
            let said = value(headers, name);
            if said.contains(|c: char| c.is_ascii_digit()) && name != "via"
                || name == "x-powered-by" && !said.is_empty()
            {
                return Fail(format!("{name}: {said}"));
            }
        }
    }
    Pass("none does".into())
}

fn isolated(answers: [&HeaderMap; 2]) -> Outcome {
    let mut missing = Vec::new();
    for headers in answers {
        for (name, wanted) in [
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cache-control", "no-store"),
        ] {
            if value(headers, name) != wanted {
                missing.push(format!("{name} is {:?}", value(headers, name)));
            }
        }
        if headers.contains_key("set-cookie") {
            missing.push("a cookie is set although nobody has logged in".into());
        }
    }
    if missing.is_empty() {
        Pass("opener, resource, embedder, no-store; no cookies".into())
    } else {
        Fail(missing.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_values_are_not_taken() {
        assert!(
            year("max-age=31536000; includeSubDomains")
                && year("max-age=63072000; includeSubDomains; preload")
        );
        assert!(!year("max-age=300; includeSubDomains") && !year("max-age=31536000") && !year(""));
        let headers = |policy: &str| {
            HeaderMap::from_iter([("content-security-policy".parse().unwrap(), policy.parse().unwrap())])
        };
        let judge = WANTED[7].2;
        let good = headers("default-src 'none'; frame-ancestors 'none'; object-src 'none'");
        let bad =
            headers("default-src *; frame-ancestors 'none'; object-src 'none'; script-src 'unsafe-inline'");
        assert!(matches!(both([&good, &good], "content-security-policy", judge), Pass(_)));
        assert!(matches!(both([&good, &bad], "content-security-policy", judge), Fail(_)));
        assert!(matches!(both([&good, &HeaderMap::new()], "content-security-policy", judge), Fail(_)));
    }
}
