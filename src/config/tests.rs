#![expect(clippy::result_large_err, reason = "figment fixes the error type of its test jail")]

use figment::Jail;

use super::*;

fn load_in(jail: &mut Jail) -> Result<Config, String> {
    Config::from_figment(Config::figment(jail.directory().join("reflector.toml")))
        .map_err(|error| error.to_string())
}

#[test]
fn defaults_are_usable() {
    Jail::expect_with(|jail| {
        let config = load_in(jail).unwrap();
        assert_eq!(config.server.listen.port(), 1250);
        Ok(())
    });
}

#[test]
fn the_environment_wins_over_the_file() {
    Jail::expect_with(|jail| {
        jail.create_file("reflector.toml", "[speech]\nmodel = \"whisper-tiny.en\"\nbeam = 3\n")?;
        jail.set_env("REFLECTOR_SPEECH__BEAM", "1");
        let config = load_in(jail).unwrap();
        assert_eq!((config.speech.model.as_str(), config.speech.beam), ("whisper-tiny.en", 1));
        Ok(())
    });
}

#[test]
fn an_unknown_key_is_refused_by_name_in_file_and_environment() {
    Jail::expect_with(|jail| {
        jail.create_file("reflector.toml", "[speech]\nmodle = \"x\"\n")?;
        assert!(load_in(jail).unwrap_err().contains("modle"));
        Ok(())
    });
    Jail::expect_with(|jail| {
        jail.set_env("REFLECTOR_SPEECH__BEEM", "1");
        assert!(load_in(jail).unwrap_err().contains("beem"));
        Ok(())
    });
}

#[test]
fn a_value_out_of_bounds_is_refused_with_its_limit() {
    Jail::expect_with(|jail| {
        jail.set_env("REFLECTOR_SPEECH__BEAM", "99");
        assert_eq!(load_in(jail).unwrap_err(), "settings: speech.beam: must be from 1 to 16");
        Ok(())
    });
}

#[test]
fn a_model_is_named_by_its_folder_and_never_by_a_path() {
    for key in ["MODEL", "SEGMENTATION_MODEL", "EMBEDDING_MODEL"] {
        Jail::expect_with(|jail| {
            jail.set_env(format!("REFLECTOR_SPEECH__{key}"), "../voices");
            let said = load_in(jail).unwrap_err();
            let setting = format!("speech.{}", key.to_lowercase());
            assert_eq!(
                said,
                format!("settings: {setting}: must be the name of a folder in models.dir, not a path")
            );
            Ok(())
        });
    }
}

#[test]
fn models_may_stay_for_ever_or_be_given_back_within_a_week() {
    Jail::expect_with(|jail| {
        for usable in ["0", "10080"] {
            jail.set_env("REFLECTOR_SPEECH__UNLOAD_AFTER", usable);
            assert!(load_in(jail).is_ok());
        }
        jail.set_env("REFLECTOR_SPEECH__UNLOAD_AFTER", "10081");
        let said = load_in(jail).unwrap_err();
        assert_eq!(said, "settings: speech.unload_after: must be from 0 (never) to 10080 minutes, a week");
        Ok(())
    });
}

#[test]
fn words_to_expect_have_a_limit_that_is_named() {
    Jail::expect_with(|jail| {
        jail.set_env("REFLECTOR_SPEECH__PROMPT", "Ä".repeat(500));
        assert_eq!(load_in(jail).unwrap().speech.prompt.unwrap().chars().count(), 500);
        jail.set_env("REFLECTOR_SPEECH__PROMPT", "Ä".repeat(501));
        let said = load_in(jail).unwrap_err();
        assert!(said.starts_with("settings: speech.prompt: has more than 500 characters"), "{said}");
        Ok(())
    });
}

#[test]
fn a_language_that_whisper_does_not_have_is_named() {
    Jail::expect_with(|jail| {
        jail.set_env("REFLECTOR_SPEECH__LANGUAGES", "[\"de\", \"gb\"]");
        let said = load_in(jail).unwrap_err();
        assert!(
            said.starts_with("settings: speech.languages: \"gb\" is none of") && said.contains(" yue"),
            "{said}"
        );
        jail.set_env("REFLECTOR_SPEECH__LANGUAGES", "[\"de\", \"yue\"]");
        assert_eq!(load_in(jail).unwrap().speech.languages, ["de", "yue"]);
        // An English-only model could hear none of them; a speech server has a model of its own.
        jail.set_env("REFLECTOR_SPEECH__MODEL", "whisper-tiny.en");
        assert!(load_in(jail).unwrap_err().contains("whisper-tiny.en knows English only"));
        jail.set_env("TRANSCRIPT_URL", "http://gpu:8000");
        assert!(load_in(jail).is_ok());
        Ok(())
    });
}

#[test]
fn the_ancestors_names_are_understood() {
    Jail::expect_with(|jail| {
        jail.set_env("DATABASE_URL", "postgresql+asyncpg://me@db/reflector");
        jail.set_env("LLM_URL", "http://localhost:11434/v1");
        jail.set_env("LLM_MODEL", "qwen2.5:14b");
        let config = load_in(jail).unwrap();
        assert_eq!(config.database.postgres_url(), "postgresql://me@db/reflector");
        assert_eq!(config.llm.model.as_deref(), Some("qwen2.5:14b"));
        Ok(())
    });
}

#[test]
fn the_ancestors_login_is_understood_and_a_key_of_digits_stays_a_key() {
    Jail::expect_with(|jail| {
        jail.set_env("AUTH_BACKEND", "password");
        jail.set_env("PUBLIC_MODE", "True");
        jail.set_env("SECRET_KEY", "12345678901234567890123456789012");
        jail.set_env("ADMIN_EMAIL", "admin@localhost");
        jail.set_env("ADMIN_PASSWORD_HASH", "pbkdf2:sha256:100000$a1b2$00");
        let auth = load_in(jail).unwrap().auth;
        assert_eq!((auth.mode, auth.public_mode), (AuthMode::Password, true));
        assert_eq!(auth.key().unwrap().as_deref(), Some("12345678901234567890123456789012"));
        assert_eq!(auth.admin().unwrap().unwrap().0, "admin@localhost");
        Ok(())
    });
    Jail::expect_with(|jail| {
        jail.set_env("AUTH_BACKEND", "ldap");
        let said = load_in(jail).unwrap_err();
        assert!(said.contains("ldap") && said.contains("password") && said.contains("jwt"), "{said}");
        Ok(())
    });
}

#[test]
fn the_ancestors_identity_provider_is_understood() {
    Jail::expect_with(|jail| {
        for (name, value) in [
            ("AUTH_BACKEND", "jwt"),
            ("AUTH_JWT_ALGORITHM", "RS256"),
            ("AUTH_JWT_PUBLIC_KEY", "/etc/reflector/authentik_public.pem"),
            ("AUTH_JWT_AUDIENCE", "reflector"),
            ("AUTHENTIK_ISSUER", "https://auth.example.org/application/o/reflector"),
            ("AUTHENTIK_CLIENT_ID", "reflector"),
            ("AUTHENTIK_CLIENT_SECRET", "0123456789"),
            ("AUTHENTIK_REFRESH_TOKEN_URL", "https://auth.example.org/application/o/token/"),
        ] {
            jail.set_env(name, value);
        }
        let auth = load_in(jail).unwrap().auth;
        assert_eq!((auth.mode, auth.jwt_algorithm), (AuthMode::Jwt, JwtAlgorithm::RS256));
        assert_eq!(auth.audience(), Some("reflector"));
        assert_eq!(auth.client_secret().unwrap().as_deref(), Some("0123456789"), "digits stay text");
        assert_eq!(auth.provider_name(), "auth.example.org");
        jail.set_env("AUTH_JWT_ALGORITHM", "HS256");
        let said = load_in(jail).unwrap_err();
        assert!(said.contains("HS256") && said.contains("RS256"), "{said}");
        Ok(())
    });
}

#[test]
fn the_ancestors_mail_zulip_features_and_origins_are_understood() {
    Jail::expect_with(|jail| {
        for (name, value) in [
            ("SMTP_HOST", "mail.example.org"),
            ("SMTP_PORT", "2525"),
            ("SMTP_USERNAME", "reflector"),
            ("SMTP_PASSWORD", "0123"),
            ("SMTP_FROM_EMAIL", "reflector@example.org"),
            ("SMTP_USE_TLS", "true"),
            ("ZULIP_REALM", "chat.example.org"),
            ("ZULIP_API_KEY", "0123"),
            ("ZULIP_BOT_EMAIL", "bot@chat.example.org"),
            ("ZULIP_DAG_STREAM", "ops"),
            ("ZULIP_DAG_TOPIC", "runs"),
            ("FEATURE_BROWSE", "false"),
            ("FEATURE_ROOMS", "0"),
            ("FEATURE_PRIVACY", "off"),
            ("FEATURE_SEND_TO_ZULIP", "no"),
            ("FEATURE_EMAIL_TRANSCRIPT", "true"),
            ("CORS_ORIGIN", "https://app.example.org/, http://localhost:3000"),
            ("CORS_ALLOW_CREDENTIALS", "true"),
        ] {
            jail.set_env(name, value);
        }
        let config = load_in(jail).unwrap();
        let mail = &config.mail;
        assert_eq!((mail.host(), mail.port, mail.tls), (Some("mail.example.org"), 2525, MailTls::Starttls));
        assert_eq!(mail.password().unwrap().as_deref(), Some("0123"), "digits stay text");
        assert_eq!(config.zulip.account().unwrap().unwrap().api_key, "0123");
        assert_eq!(config.failures.zulip(), Some(("ops", "runs")));
        let on = &config.features;
        assert!(!on.browse && !on.rooms && !on.privacy && !on.send_to_zulip && on.email_transcript);
        assert_eq!(config.cors.origins, ["https://app.example.org", "http://localhost:3000"]);
        assert!(config.cors.allow_credentials);
        jail.set_env("FEATURE_REQUIRE_LOGIN", "true");
        assert!(load_in(jail).unwrap_err().contains("features.require_login"));
        jail.set_env("FEATURE_REQUIRE_LOGIN", "perhaps");
        assert!(load_in(jail).unwrap_err().contains("require_login"));
        Ok(())
    });
    Jail::expect_with(|jail| {
        jail.set_env("SMTP_USE_TLS", "False");
        assert_eq!(load_in(jail).unwrap().mail.tls, MailTls::None);
        jail.set_env("CORS_ORIGIN", "*");
        assert!(load_in(jail).unwrap_err().contains("cors.origins"));
        Ok(())
    });
}

#[test]
fn the_language_is_one_of_those_there_are() {
    Jail::expect_with(|jail| {
        assert_eq!(load_in(jail).unwrap().ui.language, Language::En);
        jail.set_env("REFLECTOR_UI__LANGUAGE", "fr");
        assert_eq!(load_in(jail).unwrap().ui.language, Language::Fr);
        jail.set_env("REFLECTOR_UI__LANGUAGE", "xx");
        let said = load_in(jail).unwrap_err();
        assert!(
            said.to_lowercase().contains("ui.language") && said.contains("`en`") && said.contains("`fr`"),
            "{said}"
        );
        Ok(())
    });
}

#[test]
fn a_proxy_that_is_no_address_is_refused() {
    Jail::expect_with(|jail| {
        jail.set_env("REFLECTOR_SERVER__TRUSTED_PROXIES", "[\"proxy.lan\"]");
        assert!(load_in(jail).unwrap_err().contains("server.trusted_proxies: \"proxy.lan\""));
        Ok(())
    });
}

#[test]
fn secrets_do_not_appear_in_debug_output() {
    let mut config = Config::default();
    config.llm.api_key = Some("sk-secret".into());
    config.database.url = "postgresql://u:pa55@h/d".into();
    let shown = format!("{config:?}");
    assert!(!shown.contains("sk-secret") && !shown.contains("pa55"), "{shown}");
}
