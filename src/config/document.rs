//! The settings as a page: docs/CONFIGURATION.md is this text, and a test holds the two together.

use serde_json::Value;

use super::Config;

/// Key and what it means; defaults are read from the code.
const MEANINGS: &[(&str, &str)] = &[
    ("server.listen", "Address and port of pages and API. TLS is the proxy's."),
    (
        "server.site_url",
        "The address people use; its host is accepted beside loopback names, and links are made from it. Also `SITE_URL`, `UI_BASE_URL`.",
    ),
    (
        "server.trusted_proxies",
        "Addresses and networks of proxies on other machines: what they say in `X-Forwarded-For` and `X-Forwarded-Proto` counts. A proxy on this machine is always believed, nobody else is.",
    ),
    (
        "auth.mode",
        "`none`: whoever reaches the port may do everything with what nobody owns, unless `auth.public_mode` is set. `password`: people log in with e-mail address and password. `jwt`: at an identity provider (OpenID Connect), see [LOGIN.md](LOGIN.md). Also `AUTH_BACKEND`.",
    ),
    (
        "auth.public_mode",
        "`true` lets those who are not logged in read what is public or nobody's, and add recordings that nobody owns. With `auth.mode` `none` that is all that anybody may: nobody changes or deletes anything, but the operator on the machine. Also `PUBLIC_MODE`.",
    ),
    (
        "auth.secret_key",
        "Signs the tokens of `POST /v1/auth/login`; at least 32 characters, needed with `password`. Also `SECRET_KEY`.",
    ),
    ("auth.secret_key_file", "A file that holds that key instead."),
    (
        "auth.admin_email",
        "Address of an administrator who is there from the start, with `auth.admin_password_hash`; with `jwt` whoever the provider vouches for as having it. Also `ADMIN_EMAIL`.",
    ),
    (
        "auth.admin_password_hash",
        "Hash of their password, from `reflector admin hash-password`; `pbkdf2:sha256:…` is understood too. It sets the password when it is new or has changed; one changed otherwise stays. Also `ADMIN_PASSWORD_HASH`.",
    ),
    ("auth.admin_password_hash_file", "A file that holds that hash instead."),
    (
        "auth.issuer",
        "With `jwt`: the identity provider's address, under which `/.well-known/openid-configuration` is. A slash at its end makes no difference. Also `AUTHENTIK_ISSUER`.",
    ),
    ("auth.client_id", "What the provider calls this application. Also `AUTHENTIK_CLIENT_ID`."),
    (
        "auth.client_secret",
        "With which this application shows itself to the provider; unset for a public client. Also `AUTHENTIK_CLIENT_SECRET`.",
    ),
    ("auth.client_secret_file", "A file that holds that secret instead."),
    (
        "auth.audience",
        "Whom tokens must be meant for; unset: `auth.client_id`. Never the issuer's address. Also `AUTH_JWT_AUDIENCE`.",
    ),
    (
        "auth.jwt_algorithm",
        "How the provider signs: `RS256`, `RS384`, `RS512`, `ES256` or `ES384`. A token signed otherwise is refused, whatever it says of itself. Also `AUTH_JWT_ALGORITHM`.",
    ),
    (
        "auth.jwt_public_key_file",
        "PEM file with the one key that bearer tokens may be signed with. Unset: the keys that the provider publishes, followed as they change. Also `AUTH_JWT_PUBLIC_KEY`, with the whole path.",
    ),
    ("auth.jwks_url", "Where the provider publishes its keys; unset: where its metadata say."),
    (
        "auth.refresh_token_url",
        "Where its tokens are renewed; unset: where its metadata say. Also `AUTHENTIK_REFRESH_TOKEN_URL`.",
    ),
    (
        "auth.provider_name",
        "What people know the provider by, as in \"Sign in with Authentik\"; unset: the issuer's host.",
    ),
    (
        "auth.post_logout_return",
        "`true` has the provider send people back to `/login` after they logged out; that address of this site must then be registered at the provider.",
    ),
    (
        "features.require_login",
        "With `auth.public_mode`: `true` shows visitors only what they have a link to; start page, list, search and rooms are for those who log in. Also `FEATURE_REQUIRE_LOGIN`.",
    ),
    (
        "features.privacy",
        "The page `/privacy`: what is kept here, for how long, who may read it and what leaves the machine. Also `FEATURE_PRIVACY`. A feature that is `false` answers 404 with the code `feature_off`, and no page offers it.",
    ),
    (
        "features.browse",
        "The list of transcripts and search, as pages and in the API. Also `FEATURE_BROWSE`.",
    ),
    (
        "features.rooms",
        "Rooms. Transcripts that are in one stay, and are shown without it. Also `FEATURE_ROOMS`.",
    ),
    (
        "features.send_to_zulip",
        "Posting to Zulip, by people and by rooms, where `zulip.realm` is set. Also `FEATURE_SEND_TO_ZULIP`.",
    ),
    (
        "features.email_transcript",
        "E-mail, by people and by rooms, where `mail.host` is set. Also `FEATURE_EMAIL_TRANSCRIPT`.",
    ),
    (
        "ui.language",
        "Language of letters and messages, and of pages for browsers that ask for none of those there are: `en` or `fr`. People choose their own at the foot of every page.",
    ),
    (
        "cors.origins",
        "Other sites whose pages may use the API, each exactly as browsers name its origin: `[\"https://app.example.org\"]`. `[\"*\"]` lets every site's pages read what needs no cookie, where people log in. Also `CORS_ORIGIN`, with commas between.",
    ),
    (
        "cors.allow_credentials",
        "Whether those pages' requests may carry cookies. Never with `*`. Also `CORS_ALLOW_CREDENTIALS`.",
    ),
    (
        "database.url",
        "`postgresql://user:password@host:port/name`, PostgreSQL 15 or newer; `?sslmode=verify-full` for TLS, `&sslrootcert=FILE` to trust that authority alone. Also `DATABASE_URL`, with `postgresql+asyncpg://` too.",
    ),
    ("database.pool_size", "Connections of pages and jobs, 1 to 100; the queue has its own beside them."),
    (
        "redis.url",
        "Events between processes. Unset: they stay in this process, right only for `all` and the demo.",
    ),
    ("storage.dir", "Folder of uploads, audio and peaks, used unless `storage.s3` is set."),
    (
        "storage.scratch",
        "Folder for media being decoded; unset: the system's temporary folder. Needs about three times the largest upload.",
    ),
    (
        "storage.s3",
        "`endpoint`, `region` (default `garage`), `bucket`, `access_key`, `secret_key` of an S3 server.",
    ),
    (
        "tls.ca",
        "PEM files, or folders of them, with certificate authorities that everything we call may rest on, beside the system's: a path or a list. Of a folder of `reflector certs` only `ca.crt` counts.",
    ),
    (
        "tls.site_ca",
        "PEM file with the certificate of the authority behind the pages' own TLS: offered to visitors at `/trust`. Unset: nothing is offered.",
    ),
    (
        "models.dir",
        "Folder with one folder a model; `reflector models pull` fills it. The default follows `REFLECTOR_CACHE`, `XDG_CACHE_HOME`, `HOME`.",
    ),
    ("speech.model", "Whisper model by its name on the Hugging Face hub without the owner."),
    (
        "speech.segmentation_model",
        "Folder in `models.dir` of the network that hears who speaks when: segmentation-3.0, or a checkpoint trained further in its shape.",
    ),
    (
        "speech.embedding_model",
        "Folder in `models.dir` of the network that tells voices apart: a CAM++ of 192 or 512 dimensions. Its thresholds were chosen for `campplus`.",
    ),
    ("speech.device", "`auto` (CUDA where it is there), `cpu` or `cuda`."),
    (
        "speech.precision",
        "What Whisper computes with: `float32`, `bfloat16`, `int16` (CPUs with AVX2: products of integers of twelve bits and a sign), `int8` (the same, but the encoder multiplies 8-bit integers) or `auto`: float16 on CUDA; on a CPU int16, or bfloat16 where it multiplies that natively and a short measurement at start finds it a quarter faster.",
    ),
    ("speech.beam", "Hypotheses kept while decoding, 1 (greedy) to 16."),
    (
        "speech.prompt",
        "Names and words to expect in every recording, as they are written: `\"Aoife, Kowalczyk, OKR\"`. At most 500 characters. What is named for one recording comes after them; of all together the last 223 tokens count.",
    ),
    (
        "speech.languages",
        "Whisper's codes of the languages that may be spoken where a recording's language is found out, as in `[\"de\", \"en\"]`; each stretch of speech is then in one of them. Empty: one language, whichever.",
    ),
    ("speech.queue", "Requests that may wait for the engine, 1 to 1024; one more is refused."),
    (
        "speech.unload_after",
        "Minutes without work after which the models are given back, and loaded again for the next recording: a gigabyte and more that others can use, for seconds of loading, which the recording's page shows. 0: never, for a machine that has nothing else to do.",
    ),
    (
        "speech.transcript_url",
        "Address of the speech server that writes words down instead of this machine's models, without `/v1`. Also `TRANSCRIPT_URL`.",
    ),
    ("speech.transcript_api_key", "Sent to it as a bearer token. Also `TRANSCRIPT_MODAL_API_KEY`."),
    ("speech.transcript_api_key_file", "A file that holds that key instead."),
    (
        "speech.diarization_url",
        "Address of the speech server that tells speakers apart instead of this machine's models. Also `DIARIZATION_URL`.",
    ),
    ("speech.diarization_api_key", "Sent to it as a bearer token. Also `DIARIZATION_MODAL_API_KEY`."),
    ("speech.diarization_api_key_file", "A file that holds that key instead."),
    (
        "speech_server.listen",
        "Address and port of `reflector speech-server`. In the clear: a proxy, or a network of its own, keeps it private.",
    ),
    (
        "speech_server.api_key",
        "What callers of `reflector speech-server` must send as a bearer token, at least 16 characters; needed unless only this machine reaches it. Also `REFLECTOR_GPU_APIKEY`.",
    ),
    ("speech_server.api_key_file", "A file that holds that key instead."),
    ("speech_server.without_key", "`true` lets other machines in without a key."),
    (
        "speech_server.allow_hosts",
        "Hosts at private addresses whose media may be fetched when a caller names a URL: names, addresses, networks, as in `[\"storage.lan\", \"10.0.0.0/8\"]`. Public addresses always may.",
    ),
    (
        "llm.url",
        "OpenAI-compatible endpoint up to and with `/v1`. Unset: topics, title and summary are extracted. Also `LLM_URL`.",
    ),
    ("llm.api_key", "Sent as a bearer token. Also `LLM_API_KEY`."),
    ("llm.model", "The model's name at that endpoint; needed with `llm.url`. Also `LLM_MODEL`."),
    (
        "llm.context_window",
        "Tokens that prompt and answer may have together, at least 1024. Also `LLM_CONTEXT_WINDOW`.",
    ),
    ("llm.timeout_seconds", "Seconds to wait for one answer."),
    (
        "export.fonts",
        "Folders with fonts, which PDF is set in; everything below them counts. Empty: `/usr/share/fonts`, `/usr/local/share/fonts` and `/run/current-system/sw/share/X11/fonts`. A PDF for whose letters there is no font is refused by the name of the script; `reflector doctor` says which are missing.",
    ),
    (
        "outgoing.allow_hosts",
        "Hosts at private addresses that may be called when a person names their address, as that of a room's webhook: names, addresses, networks, as in `[\"hooks.lan\", \"10.0.0.0/8\"]`. Public addresses always may.",
    ),
    (
        "mail.host",
        "Name or address of the mail server by which transcripts are sent. Unset: no e-mail is sent, and no page offers it. Also `SMTP_HOST`.",
    ),
    ("mail.port", "Its port: 587 with `starttls`, 465 with `implicit`, as a rule. Also `SMTP_PORT`."),
    ("mail.username", "Account at the server; unset if it wants none. Also `SMTP_USERNAME`."),
    ("mail.password", "That account's password. Also `SMTP_PASSWORD`."),
    ("mail.password_file", "A file that holds that password instead."),
    (
        "mail.from",
        "Whom letters are from, as in `Reflector <reflector@example.org>`; needed with `mail.host`. Also `SMTP_FROM_EMAIL`.",
    ),
    (
        "mail.tls",
        "`starttls`: TLS after the greeting, always; `implicit`: from the first byte; `none`: in the clear, with a password only on this machine. Also `SMTP_USE_TLS`: true is `starttls`, false `none`.",
    ),
    ("mail.max_recipients", "Addresses that one request or one room may name, 1 to 100."),
    (
        "mail.per_hour",
        "Letters that one person may have sent within an hour, 1 to 100000; where nobody logs in, everybody together. What rooms send by themselves is not counted.",
    ),
    (
        "zulip.realm",
        "Host of the organisation in Zulip, as in `chat.example.org`, or its address. Unset: nothing is posted, and no page offers it. Also `ZULIP_REALM`.",
    ),
    ("zulip.bot_email", "The bot that posts, as Zulip calls it. Also `ZULIP_BOT_EMAIL`."),
    ("zulip.api_key", "The bot's key. Also `ZULIP_API_KEY`."),
    ("zulip.api_key_file", "A file that holds that key instead."),
    (
        "failures.email",
        "Addresses that are written to, once, when a transcript has failed for good: why, and where to see it; no word of what was said.",
    ),
    (
        "failures.webhook_url",
        "Address that gets the same as JSON, `transcript.failed`, as [rooms' webhooks](API.md) do. It may be a private one.",
    ),
    ("failures.webhook_secret", "What that is signed with; unset: it is not signed."),
    ("failures.webhook_secret_file", "A file that holds that secret instead."),
    ("failures.zulip_stream", "Stream of Zulip that is told. Also `ZULIP_DAG_STREAM`."),
    ("failures.zulip_topic", "Its topic. Also `ZULIP_DAG_TOPIC`."),
    (
        "failures.retry_days",
        "Days on which a transcript that failed for a reason that may pass (a server that was away for hours, a full disk, a missing model) is tried again by itself, once a day after 5:00 UTC, 0 to 30; 0: never.",
    ),
    ("work.concurrency", "Jobs at once, 1 to 64. Speech is always one at a time."),
    ("work.heartbeat_seconds", "Seconds between a worker's signs of life."),
    (
        "work.listen",
        "Address and port at which `reflector work` answers `/livez` and `/metrics`; unset: none. Not for visitors.",
    ),
    (
        "work.dead_after_seconds",
        "Seconds of silence after which a worker's jobs start again elsewhere; at least twice the heartbeat.",
    ),
    (
        "retention.public_days",
        "In public mode: days that what nobody owns is kept, counted from when it was made; then it is deleted with its audio, for ever. 0: never. Unset: 7 where people log in, and never where `auth.mode` is `none`. `reflector retention` shows what would go. Also `PUBLIC_DATA_RETENTION_DAYS`.",
    ),
    (
        "retention.trash_days",
        "Days that something stays in the trash before it is removed for ever; 0: until somebody removes it.",
    ),
    (
        "retention.audit_days",
        "Days that the audit log (who viewed, played, exported, edited, shared or deleted what) keeps an entry; 0: for ever.",
    ),
    ("telemetry.log", "Log levels by module, as in `info,reflector::jobs=debug`."),
    ("telemetry.format", "`text` or `json`."),
    (
        "telemetry.healthcheck_url",
        "Address that a worker gets every ten minutes while its database answers; whoever serves it raises the alarm when the calls stop. Unset: nobody is called. Also `HEALTHCHECK_URL`.",
    ),
];

/// The whole page.
pub fn markdown() -> String {
    let mut config = Config::default();
    config.models.dir = "~/.cache/reflector/models".into();
    let defaults = serde_json::to_value(config).unwrap_or_default();
    let mut page = String::from(
        "# Settings\n\n<!-- Made by `reflector check-config --document`; a test holds this page to the code. -->\n\n\
         Defaults, then a TOML file (named by `REFLECTOR_CONFIG`, else `reflector.toml` where the program starts), then variables:\n\
         `section.key` is `REFLECTOR_SECTION__KEY`. An unknown key in either is refused by name when the program starts.\n\n\
         | setting | default | meaning |\n|---|---|---|\n",
    );
    for (key, meaning) in MEANINGS {
        let default = key.split('.').try_fold(&defaults, |value, part| value.get(part));
        let default = match default {
            None | Some(Value::Null) => "unset".to_owned(),
            Some(Value::String(text)) => format!("`{text}`"),
            Some(other) => format!("`{other}`"),
        };
        page.push_str(&format!("| `{key}` | {default} | {meaning} |\n"));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_row_and_every_row_a_setting() {
        let defaults = serde_json::to_value(Config::default()).unwrap();
        let mut keys: Vec<String> = defaults
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(section, values)| {
                values.as_object().unwrap().keys().map(move |key| format!("{section}.{key}"))
            })
            .collect();
        let mut rows: Vec<String> = MEANINGS.iter().map(|(key, _)| (*key).to_owned()).collect();
        keys.sort();
        rows.sort();
        assert_eq!(keys, rows);
    }

    #[test]
    fn the_page_in_docs_is_what_the_code_says() {
        let page = std::fs::read_to_string("docs/CONFIGURATION.md").unwrap();
        assert_eq!(page, markdown(), "run `reflector check-config --document > docs/CONFIGURATION.md`");
    }
}
