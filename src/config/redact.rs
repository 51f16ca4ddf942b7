//! The settings without what must stay secret.

use toml::Value;

use super::Config;

/// Parts of a key's name whose value is a secret.
const SECRET: [&str; 4] = ["key", "password", "secret", "token"];
/// Parameters of an address that are.
const PARAMETERS: [&str; 2] = ["pass=", "password="];

impl Config {
    /// The settings in effect as TOML, without keys and passwords: for people to read, not to start from.
    pub fn without_secrets(&self) -> String {
        let mut value = Value::try_from(self).unwrap_or_else(|_| Value::Table(toml::Table::new()));
        redact(&mut value);
        format!(
            "# The settings in effect when this was made, from file and environment, without keys and passwords.\n{}",
            toml::to_string_pretty(&value).unwrap_or_default()
        )
    }
}

fn redact(value: &mut Value) {
    match value {
        Value::Table(table) => {
            table.retain(|key, value| !(value.is_str() && SECRET.iter().any(|part| key.contains(part))));
            table.iter_mut().for_each(|(_, value)| redact(value));
        }
        Value::Array(values) => values.iter_mut().for_each(redact),
        Value::String(text) if text.contains("://") => *text = without_password(text),
        _ => {}
    }
}

/// An address without the password before its `@` or among its parameters.
fn without_password(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let (main, parameters) = rest.split_once('?').map_or((rest, None), |(main, found)| (main, Some(found)));
    // A password that was not escaped may hold a slash: its end is the last @ there is.
    let main = match main.rsplit_once('@') {
        Some((login, place)) => format!("{}@{place}", login.split(':').next().unwrap_or_default()),
        None => main.to_owned(),
    };
    let parameters: Vec<&str> = parameters
        .into_iter()
        .flat_map(|all| all.split('&'))
        .filter(|one| !PARAMETERS.iter().any(|secret| one.starts_with(secret)))
        .collect();
    let mark = if parameters.is_empty() { "" } else { "?" };
    format!("{scheme}://{main}{mark}{}", parameters.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::S3Config;

    #[test]
    fn no_secret_is_left_and_the_rest_is() {
        let mut config = Config::default();
        config.database.url = "postgresql://me:pa/55@db/reflector?sslmode=require&password=pa66".into();
        config.redis.url = Some("unix:///run/redis.sock?pass=pa77".into());
        config.llm.url = Some("https://u:pa88@llm/v1".into());
        config.llm.api_key = Some("pa99".into());
        config.storage.s3 = Some(S3Config {
            endpoint: "http://s3".into(),
            region: "garage".into(),
            bucket: "media".into(),
            access_key: "GKpa11".into(),
            secret_key: "pa22".into(),
        });
        let shown = config.without_secrets();
        for secret in ["pa/55", "55", "pa66", "pa77", "pa88", "pa99", "pa11", "pa22"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        for left in [
            "postgresql://me@db/reflector?sslmode=require",
            "unix:///run/redis.sock\"",
            "https://u@llm/v1",
            "media",
        ] {
            assert!(shown.contains(left), "{left} in {shown}");
        }
    }
}
