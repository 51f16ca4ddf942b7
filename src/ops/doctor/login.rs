//! Whether those get in who should, and nobody else.

use super::{Finding, Problem};
use crate::auth::{password, token};
use crate::config::{AuthMode, Config};
use crate::db::{Address, Pool};
use crate::model::user;

pub(super) async fn examine(config: &Config, address: &Address) -> Vec<Finding> {
    let mut findings = vec![finding(mode(config))];
    if config.auth.is_public() {
        let kept = config.retention.ownerless_kept(&config.auth);
        findings.push(finding(Ok(format!("what nobody owns is {kept}"))));
    }
    if config.auth.mode != AuthMode::None {
        findings.push(finding(admin(config, address).await));
    }
    findings
}

pub(super) fn finding(outcome: Result<String, Problem>) -> Finding {
    Finding { what: "login", outcome }
}

pub(super) fn problem(text: impl Into<String>, remedy: &'static str, warning: bool) -> Problem {
    Problem { text: text.into(), remedy, warning }
}

fn mode(config: &Config) -> Result<String, Problem> {
    let (server, auth) = (&config.server, &config.auth);
    let near = server.listen.ip().is_loopback();
    if auth.mode == AuthMode::None && auth.is_public() {
        let text =
            "none, in public mode (auth.public_mode): whoever comes in reads and adds what nobody owns";
        return Ok(text.into());
    }
    if auth.mode == AuthMode::None {
        let text = format!("none (auth.mode): whoever reaches {} may do everything", server.listen);
        let remedy = "set auth.mode to password, or listen on 127.0.0.1 only";
        return if near { Ok(text) } else { Err(problem(text, remedy, true)) };
    }
    if auth.mode == AuthMode::Password {
        key(config)?;
    }
    let secure = server.site_url.as_deref().is_some_and(|url| url.starts_with("https://"));
    if !near && !secure {
        let text = format!("passwords and cookies reach {} in the clear", server.listen);
        return Err(problem(
            text,
            "serve it by https through a proxy, and set server.site_url to that",
            true,
        ));
    }
    let public = if auth.public_mode { "; visitors see what is public or nobody's" } else { "" };
    Ok(match auth.mode {
        AuthMode::Jwt => format!("at {}{public}", auth.provider_name()),
        _ => format!("by password{public}"),
    })
}

fn key(config: &Config) -> Result<(), Problem> {
    let key = config.auth.key().map_err(|error| {
        problem(
            error.to_string(),
            "`openssl rand -hex 32` into a file, and auth.secret_key_file to it",
            false,
        )
    })?;
    if key.is_none_or(|key| key.chars().count() < token::SHORTEST_KEY) {
        let text = "auth.secret_key can be guessed";
        return Err(problem(text, "`openssl rand -hex 32` makes one that can't", false));
    }
    Ok(())
}

async fn admin(config: &Config, address: &Address) -> Result<String, Problem> {
    let wrong =
        "correct auth.admin_email and auth.admin_password_hash; `reflector admin hash-password` makes one";
    let named = config.auth.admin().map_err(|error| problem(error.to_string(), wrong, false))?;
    if let Some((_, hash)) = &named {
        password::understood(hash)
            .map_err(|error| problem(format!("auth.admin_password_hash: {error}"), wrong, false))?;
    }
    let provider = config.auth.mode == AuthMode::Jwt;
    let found = async {
        let mut conn = Pool::new(address, 1)?.get().await?;
        Ok::<_, anyhow::Error>(match provider {
            true => user::has_admin_of_provider(&mut conn).await?,
            false => user::has_admin(&mut conn).await?,
        })
    };
    match found.await {
        Ok(true) => Ok("there is an administrator".into()),
        Ok(false) if named.is_some() => Ok("the settings' administrator comes with the next start".into()),
        Ok(false) if provider => Err(problem(
            "nobody looks after this installation yet",
            "set auth.admin_email to your address and log in; the provider must say that it made sure of it (email_verified)",
            true,
        )),
        Ok(false) => Err(problem(
            "nobody looks after this installation yet",
            "`reflector admin setup-code`, and make the account at /setup",
            true,
        )),
        Err(error) => Err(problem(
            format!("accounts can't be read: {error:#}"),
            "see the finding about the database",
            false,
        )),
    }
}
