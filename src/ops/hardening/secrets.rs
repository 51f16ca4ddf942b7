//! Secrets: where they lie, how good they are, whether they can be changed.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use url::Url;

use super::facts::{Facts, ask};
use super::{Fail, Found, Outcome, Pass, hidden, pass_if};

/// Where the module keeps them.
const FOLDER: &str = "/var/lib/reflector-secrets";
const SHORTEST: usize = 16;
const DEFAULTS: [&str; 12] = [
    "changeme",
    "change-me",
    "password",
    "secret",
    "reflector",
    "postgres",
    "minioadmin",
    "garage",
    "admin",
    "redis",
    "default",
    "test",
];

pub(super) async fn check(facts: &Facts) -> Found {
    Found::from([("H-80", closed(facts)), ("H-81", good(facts)), ("H-82", changeable().await)])
}

/// Why a secret is no good, in words that follow its name.
pub(super) fn weakness(secret: &str) -> Option<String> {
    let lower = secret.to_lowercase();
    let rest = DEFAULTS.iter().fold(lower.clone(), |rest, word| rest.replace(word, ""));
    if rest.chars().filter(|c| c.is_alphanumeric()).count() < 4 {
        return Some("is a known default".into());
    }
    if secret.chars().count() < SHORTEST {
        return Some(format!("has fewer than {SHORTEST} characters"));
    }
    let different = secret.chars().collect::<HashSet<_>>().len();
    (different < 6).then(|| format!("has only {different} different characters"))
}

/// Name and value of every secret of the settings.
fn secrets(facts: &Facts) -> Vec<(&'static str, String)> {
    let config = &facts.config;
    let mut all = Vec::new();
    let password = |url: &str| {
        let url = Url::parse(url).ok()?;
        let query = url.query_pairs().find(|(key, _)| key == "pass" || key == "password");
        url.password().map(str::to_owned).or(query.map(|(_, value)| value.into_owned()))
    };
    all.extend(password(&config.database.postgres_url()).map(|value| ("database.url", value)));
    all.extend(config.redis.url.as_deref().and_then(password).map(|value| ("redis.url", value)));
    all.extend(config.storage.s3.as_ref().map(|s3| ("storage.s3.secret_key", s3.secret_key.clone())));
    all.extend(config.llm.api_key.clone().map(|value| ("llm.api_key", value)));
    all.extend(config.mail.password().ok().flatten().map(|value| ("mail.password", value)));
    all.extend(config.zulip.account().ok().flatten().map(|account| ("zulip.api_key", account.api_key)));
    let signing = config.failures.webhook_secret().ok().flatten();
    all.extend(signing.map(|value| ("failures.webhook_secret", value)));
    all
}

fn good(facts: &Facts) -> Outcome {
    let all = secrets(facts);
    let mut faults: Vec<String> = all
        .iter()
        // Those are the other side's to choose.
        .filter(|(name, _)| !["llm.api_key", "mail.password", "zulip.api_key"].contains(name))
        .filter_map(|(name, value)| weakness(value).map(|why| format!("{name} {why}")))
        .collect();
    for (at, (name, value)) in all.iter().enumerate() {
        if let Some((other, _)) = all[..at].iter().find(|(_, before)| before == value) {
            faults.push(format!("{name} and {other} are the same"));
        }
    }
    pass_if(
        faults.is_empty(),
        if faults.is_empty() { format!("{} secrets", all.len()) } else { faults.join("; ") },
    )
}

fn closed(facts: &Facts) -> Outcome {
    let mut files: Vec<PathBuf> =
        std::env::var_os("REFLECTOR_CONFIG").map(PathBuf::from).into_iter().collect();
    if files.is_empty() && Path::new("reflector.toml").is_file() {
        files.push("reflector.toml".into());
    }
    if Path::new(FOLDER).exists() {
        files.push(FOLDER.into());
        match std::fs::read_dir(FOLDER) {
            Ok(entries) => files.extend(entries.flatten().map(|entry| entry.path())),
            Err(error) => return hidden(&format!("{FOLDER}: {error}")),
        }
    }
    let mut faults: Vec<String> = files.iter().filter_map(|file| opened(file)).collect();
    // An environment can be read by whoever may read the unit.
    if let Ok(units) = &facts.units {
        faults.extend(units.faults(|units, unit| {
            let names = ["SECRET_KEY=", "API_KEY=", "PASSWORD="];
            let found = names.iter().find(|name| units.property(unit, "Environment").contains(**name))?;
            Some(format!("{found}… is in its environment"))
        }));
    }
    pass_if(
        faults.is_empty(),
        if faults.is_empty() { format!("{} files", files.len()) } else { faults.join("; ") },
    )
}

/// What is wrong with a file that may hold secrets.
fn opened(file: &Path) -> Option<String> {
    let real = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    if real.starts_with("/nix/store") {
        return Some(format!("{} is in the store, which everybody reads", file.display()));
    }
    match std::fs::metadata(&real) {
        Ok(found) if found.mode() & 0o077 == 0 => None,
        // systemd lets a service's user alone in by an access list, which shows as the group's bits.
        Ok(found) if real.starts_with("/run/credentials") && found.mode() & 0o007 == 0 => None,
        Ok(found) => Some(format!("{} has mode {:o}", file.display(), found.mode() & 0o7777)),
        Err(error) => Some(format!("{}: {error}", file.display())),
    }
}

async fn changeable() -> Outcome {
    let program = std::env::current_exe().map(|path| path.display().to_string());
    match ask(&program.unwrap_or_else(|_| "reflector".into()), &["secrets", "rotate", "--help"]).await {
        Ok(_) => Pass("reflector secrets rotate".into()),
        Err(_) => Fail("this version has no such command".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_known_and_dull_secrets_are_told() {
        assert_eq!(weakness("8d1f0c5be1a94c2f9a3d6e7b"), None);
        for (bad, why) in [
            ("minioadmin", "default"),
            ("changeme-password", "default"),
            ("ab12cd34", "fewer"),
            ("abababababababababab", "different"),
        ] {
            assert!(weakness(bad).is_some_and(|said| said.contains(why)), "{bad}: {:?}", weakness(bad));
        }
    }

    #[test]
    fn a_file_that_others_read_is_told() {
        use std::os::unix::fs::PermissionsExt;
        let file = tempfile::NamedTempFile::new().unwrap();
        let mode =
            |mode| std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        mode(0o600);
        assert_eq!(opened(file.path()), None);
        mode(0o640);
        assert!(opened(file.path()).unwrap().ends_with("has mode 640"));
    }
}
