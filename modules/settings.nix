# The program's own settings, typed, under the names that docs/CONFIGURATION.md has. What holds a secret or follows from
# other options (database.url, redis.url, storage.s3, llm.url ...) is not among them, so that it can't get into the store.
{ config, lib, ... }:
let
  cfg = config.services.reflector;
  inherit (lib.types)
    bool
    enum
    ints
    listOf
    nullOr
    path
    port
    str
    strMatching
    ;

  option =
    type: default: example: description:
    lib.mkOption {
      inherit
        type
        default
        example
        description
        ;
    };

  # { speech.beam = 5; } -> { REFLECTOR_SPEECH__BEAM = "5"; }; the program's own default holds where a value is null.
  environment = lib.concatMapAttrs (
    section:
    lib.mapAttrs' (
      key: value:
      lib.nameValuePair "REFLECTOR_${lib.toUpper section}__${lib.toUpper key}" (
        if value == null || value == [ ] then
          null
        else if builtins.isList value then
          builtins.toJSON (map toString value)
        else if builtins.isBool value then
          lib.boolToString value
        else
          toString value
      )
    )
  ) cfg.settings;
in
{
  options.services.reflector.settings = {
    server = {
      listen = option str "127.0.0.1:1250" "127.0.0.1:8080" ''
        Address and port of pages and API. TLS is the proxy's.
      '';
      site_url = option (nullOr str) null "https://reflector.example.org" ''
        The address people use. Where Caddy serves it, {option}`services.reflector.domain` decides.
      '';
      trusted_proxies = option (listOf str) [ ] [ "192.0.2.10" ] ''
        Addresses and networks of proxies on other machines whose word on who asks counts; those of
        {option}`services.reflector.trustedProxies` unless it is set. A proxy on this machine is always believed.
      '';
    };
    auth = {
      mode =
        option
          (enum [
            "none"
            "password"
            "jwt"
          ])
          "none"
          "password"
          "How people show who they are: not at all, so that only this machine gets in; by e-mail address and password; or at an identity provider (OpenID Connect).";
      public_mode = option bool false true ''
        Let those who do not log in read what is public or nobody's, and add recordings that nobody owns. Where nobody logs in that is all
        that anybody may, with {option}`services.reflector.openWithoutLogin` from elsewhere, too.
      '';
      admin_email = option (nullOr str) null "admin@example.org" ''
        Address of an administrator who is there from the start, with
        {option}`services.reflector.auth.adminPasswordHashFile`; with `jwt` whoever the provider vouches for as having it.
      '';
      issuer = option (nullOr str) null "https://auth.example.org/application/o/reflector" ''
        The identity provider's address, under which `/.well-known/openid-configuration` is, with `jwt`.
        {option}`services.reflector.network.allow` must have its addresses, too. For an Authentik on this machine see
        {option}`services.reflector.auth.authentik.domain`.
      '';
      client_id = option (nullOr str) null "reflector" ''
        What the provider calls this application; its secret is {option}`services.reflector.auth.clientSecretFile`.
      '';
      audience = option (nullOr str) null "reflector" ''
        Whom tokens must be meant for; the client ID if null.
      '';
      jwt_algorithm = option (enum [
        "RS256"
        "RS384"
        "RS512"
        "ES256"
        "ES384"
      ]) "RS256" "ES256" "How the provider signs; a token signed otherwise is refused.";
      jwt_public_key_file = option (nullOr path) null "/etc/reflector/authentik_public.pem" ''
        PEM file with the one key that bearer tokens may be signed with. Null: the keys that the provider publishes, followed as
        they change.
      '';
      jwks_url = option (nullOr str) null "https://auth.example.org/application/o/reflector/jwks/" ''
        Where the provider publishes its keys; where its metadata say if null.
      '';
      refresh_token_url = option (nullOr str) null "https://auth.example.org/application/o/token/" ''
        Where the provider's tokens are renewed; where its metadata say if null.
      '';
      provider_name = option (nullOr str) null "Authentik" ''
        What people know the provider by, as in "Sign in with Authentik"; the issuer's host if null.
      '';
      post_logout_return = option bool false true ''
        Have the provider send people back to `/login` after they logged out; that address of this site must then be registered
        there.
      '';
    };
    features = {
      require_login = option bool false true ''
        With {option}`services.reflector.settings.auth.public_mode`: visitors see only what they have a link to.
      '';
      privacy =
        option bool true false
          "The page `/privacy`: what is kept here, for how long, and who may read it.";
      browse = option bool true false "The list of transcripts and search.";
      rooms = option bool true false "Rooms.";
      send_to_zulip =
        option bool true false
          "Posting to Zulip, where {option}`services.reflector.settings.zulip.realm` is set.";
      email_transcript =
        option bool true false
          "E-mail, where {option}`services.reflector.settings.mail.host` is set.";
    };
    ui.language =
      option
        (enum [
          "en"
          "fr"
        ])
        "en"
        "fr"
        "Language of letters and messages, and of pages for browsers that ask for no language there is.";
    cors = {
      origins = option (listOf str) [ ] [ "https://app.example.org" ] ''
        Other sites whose pages may use the API, each exactly as browsers name its origin; `*` alone lets every site's pages read
        what needs no cookie.
      '';
      allow_credentials =
        option bool false true
          "Whether those pages' requests may carry cookies; never with `*`.";
    };
    database.pool_size = option (ints.between 1 100) 8 12 ''
      Connections of pages and jobs; the queue has as many beside them, in each process.
    '';
    storage = {
      dir = option path "/var/lib/reflector/objects" "/srv/reflector/objects" ''
        Folder of the objects where {option}`services.reflector.storage.kind` is `local`.
      '';
      scratch = option path "/var/cache/reflector-work" "/srv/scratch/reflector" ''
        Folder for media being decoded. Needs about three times the largest upload.
      '';
    };
    tls = {
      ca = option (listOf path) [ ] [ "/var/lib/reflector/certs" ] ''
        PEM files, or folders of them, with certificate authorities that everything Reflector calls may rest on, beside the
        system's. One that is missing or expired keeps the program from starting.
      '';
      site_ca = option (nullOr path) null "/var/lib/reflector/certs/ca.crt" ''
        PEM file with the certificate of the authority behind the pages' own TLS, offered to visitors at `/trust`.
      '';
    };
    models.dir = lib.mkOption {
      type = path;
      defaultText = lib.literalExpression "the models of services.reflector.models";
      example = "/srv/models";
      description = "Folder with one folder a model; name one of your own if you fill it yourself with `reflector models pull`.";
    };
    speech = {
      model = option str "whisper-base" "whisper-large-v3-turbo" ''
        Whisper model by its name on the Hugging Face hub without the owner.
      '';
      segmentation_model = option str "segmentation-3.0" "my-segmentation" ''
        Folder in `models.dir` of the network that hears who speaks when: segmentation-3.0, or a checkpoint trained further in
        its shape.
      '';
      embedding_model = option str "campplus" "my-voices" ''
        Folder in `models.dir` of the network that tells voices apart: a CAM++ of 192 or 512 dimensions.
      '';
      device =
        option
          (enum [
            "auto"
            "cpu"
            "cuda"
          ])
          "auto"
          "cpu"
          "Where libtorch computes: CUDA where it is there, else the CPU; or always one of the two.";
      precision = option (enum [
        "auto"
        "float32"
        "bfloat16"
        "int16"
        "int8"
      ]) "auto" "float32" "What Whisper computes with; `auto` is what the device is fastest in.";
      beam = option (ints.between 1 16) 5 1 "Hypotheses kept while decoding; 1 is greedy.";
      prompt = option (nullOr (strMatching "[^%]*")) null "Aoife Byrne, Kowalczyk, OKR" ''
        Names and words to expect in every recording, as they are written; at most 500 characters, none
        of them `%`.
      '';
      languages = option (listOf str) [ ] [ "de" "en" ] ''
        Whisper's codes of the languages that may be spoken where a recording's language is detected; any if empty.
      '';
      queue =
        option (ints.between 1 1024) 16 32
          "Requests that may wait for the engine; one more is refused.";
      unload_after = option (ints.between 0 10080) 15 0 ''
        Minutes without work after which the models' memory is given back, the card's too; they are loaded again for the next
        recording. 0: never.
      '';
      transcript_url = option (nullOr str) null "https://gpu.internal" ''
        Address of the speech server that writes words down instead of this machine's models; its key is
        {option}`services.reflector.speechServer.transcriptApiKeyFile`.
      '';
      diarization_url = option (nullOr str) null "https://gpu.internal" ''
        Address of the speech server that tells speakers apart; its key is
        {option}`services.reflector.speechServer.diarizationApiKeyFile`.
      '';
    };
    speech_server = {
      listen = option str "127.0.0.1:8000" "10.0.0.2:8000" ''
        Address and port of the role `speech-server`, without TLS. Other machines reach it by
        {option}`services.reflector.speechServer.domain`.
      '';
      allow_hosts = option (listOf str) [ ] [ "10.0.0.0/8" ] ''
        Hosts at private addresses whose media the speech server may fetch when a caller names a URL: names, addresses,
        networks. {option}`services.reflector.network.allow` must have their addresses, too.
      '';
    };
    llm = {
      context_window = option (ints.between 1024 10000000) 16000 32000 ''
        Tokens that prompt and answer of the language model may have together.
      '';
      timeout_seconds =
        option ints.positive 300 900
          "Seconds to wait for one answer of the language model.";
    };
    outgoing = {
      allow_hosts = option (listOf str) [ ] [ "10.0.0.0/8" ] ''
        Hosts at private addresses that may be called when a person names their address, as that of a room's webhook: names,
        addresses, networks. {option}`services.reflector.network.allow` must have the addresses of every receiver, too.
      '';
    };
    mail = {
      host = option (nullOr str) null "mail.example.org" ''
        The mail server by which transcripts are sent; none are if null. Its password is
        {option}`services.reflector.mail.passwordFile`.
      '';
      port =
        option port 587 465
          "The mail server's port: 587 with `starttls`, 465 with `implicit`, as a rule.";
      username = option (nullOr str) null "reflector" "Account at the mail server; none if null.";
      from = option (nullOr (strMatching "[^%]*")) null "Reflector <reflector@example.org>" ''
        Whom letters are from; needed with {option}`services.reflector.settings.mail.host`.
      '';
      tls = option (enum [
        "starttls"
        "implicit"
        "none"
      ]) "starttls" "implicit" "TLS after the greeting, from the first byte, or not at all.";
      max_recipients =
        option (ints.between 1 100) 10 20
          "Addresses that one request or one room may name.";
      per_hour =
        option (ints.between 1 100000) 100 500
          "Letters that one person may have sent within an hour.";
    };
    zulip = {
      realm = option (nullOr str) null "chat.example.org" ''
        Host of the organisation in Zulip where transcripts can be posted; nothing is if null. The bot's key is
        {option}`services.reflector.zulip.apiKeyFile`.
      '';
      bot_email =
        option (nullOr str) null "reflector-bot@chat.example.org"
          "The bot that posts, as Zulip calls it.";
    };
    failures = {
      email = option (listOf str) [ ] [ "ops@example.org" ] ''
        Addresses that are written to, once, when a transcript has failed for good: why, and where to see it.
      '';
      webhook_url = option (nullOr str) null "https://hooks.example.org/reflector" ''
        Address that gets the same as JSON; its secret is {option}`services.reflector.failure.webhookSecretFile`.
      '';
      zulip_stream = option (nullOr str) null "operations" "Stream of Zulip that is told.";
      zulip_topic = option str "failures" "reflector" "Its topic.";
      retry_days = option (ints.between 0 30) 3 7 ''
        Days on which a transcript that failed for a reason that may pass is tried again by itself, once a day; 0: never.
      '';
    };
    work = {
      concurrency = option (ints.between 1 64) 4 8 "Jobs at once. Speech is always one at a time.";
      listen = option (nullOr str) null "127.0.0.1:1251" ''
        Address and port at which a worker answers `/livez` and `/metrics`, for whoever watches this machine; none if null.
      '';
      heartbeat_seconds = option ints.positive 5 10 "Seconds between a worker's signs of life.";
      dead_after_seconds = option ints.positive 30 60 ''
        Seconds of silence after which a worker's jobs start again elsewhere; at least twice the heartbeat.
      '';
    };
    export = {
      fonts = option (listOf path) [ ] [ "/srv/fonts" ] ''
        Folders with fonts, which PDF is set in. Noto's, for nearly every script, unless it is set.
      '';
    };
    retention = {
      public_days = option (nullOr (ints.between 0 36500)) null 30 ''
        In public mode ({option}`services.reflector.settings.auth.public_mode`): days that what nobody owns is kept before it is
        deleted for ever, with its audio. 0: never. If null, 7 where people log in, and never where nobody does.
      '';
      trash_days = option (ints.between 0 36500) 0 30 ''
        Days that something stays in the trash before it is removed for ever; 0: until somebody removes it.
      '';
      audit_days = option (ints.between 0 36500) 365 90 ''
        Days that the audit log (who viewed, played, exported, edited, shared or deleted what) keeps an entry; 0: for ever.
      '';
    };
    telemetry = {
      log = option str "info,graphile_worker=warn,tower_http=warn" "info,reflector::jobs=debug" ''
        Log levels by module.
      '';
      format = option (enum [
        "text"
        "json"
      ]) "text" "json" "How a log line looks.";
      healthcheck_url = option (nullOr str) null "https://hc.example.org/ping/1" ''
        Address that a worker gets every ten minutes while its database answers; whoever serves it raises the alarm when the calls
        stop. {option}`services.reflector.network.allow` must have its addresses, too.
      '';
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = cfg.settings.work.dead_after_seconds >= 2 * cfg.settings.work.heartbeat_seconds;
        message = "services.reflector.settings.work.dead_after_seconds must be at least twice heartbeat_seconds, or living workers are taken for dead.";
      }
    ];

    systemd.services = lib.genAttrs cfg.programs (_: {
      inherit environment;
    });
  };
}
