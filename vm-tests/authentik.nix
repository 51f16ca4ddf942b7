# People log in at an Authentik on the same machine, behind the same Caddy: set up by one command, found well by doctor, used by a visitor
# who has nothing but the two names.
{ self, pkgs }:
let
  common = import ./common.nix { inherit self pkgs; };
  environment = "/var/lib/authentik-environment";
in
{
  name = "authentik";
  nodes = {
    machine = common.host (
      { config, pkgs, ... }:
      let
        unit = command: {
          wantedBy = [ "multi-user.target" ];
          requires = [ "postgresql.target" ];
          after = [
            "postgresql.target"
            "redis-authentik.service"
          ];
          environment = {
            AUTHENTIK_POSTGRESQL__HOST = "/run/postgresql";
            AUTHENTIK_POSTGRESQL__NAME = "authentik";
            AUTHENTIK_POSTGRESQL__USER = "authentik";
            AUTHENTIK_REDIS__HOST = "127.0.0.1";
            AUTHENTIK_REDIS__PORT = "6390";
            AUTHENTIK_LISTEN__HTTP = config.services.reflector.auth.authentik.address;
            AUTHENTIK_LISTEN__HTTPS = "127.0.0.1:9443";
            AUTHENTIK_LISTEN__METRICS = "127.0.0.1:9300";
            AUTHENTIK_DISABLE_UPDATE_CHECK = "true";
            AUTHENTIK_ERROR_REPORTING__ENABLED = "false";
            AUTHENTIK_BOOTSTRAP_EMAIL = "admin@example.org";
          };
          serviceConfig = {
            ExecStart = "${pkgs.authentik}/bin/ak ${command}";
            # Its key, and its first administrator's password and token.
            EnvironmentFile = environment;
            User = "authentik";
            StateDirectory = "authentik";
            WorkingDirectory = "/var/lib/authentik";
            Restart = "on-failure";
            RestartSec = 5;
          };
        };
      in
      {
        services = {
          reflector = {
            openWithoutLogin = false;
            settings.auth.admin_email = "admin@example.org";
            auth.authentik.domain = "auth.test";
            domain = "meetings.test";
          };
          postgresql = {
            ensureDatabases = [ "authentik" ];
            ensureUsers = [
              {
                name = "authentik";
                ensureDBOwnership = true;
              }
            ];
          };
          redis.servers.authentik = {
            enable = true;
            port = 6390;
          };
        };
        users = {
          groups.authentik = { };
          users.authentik = {
            isSystemUser = true;
            group = "authentik";
          };
        };
        systemd = {
          services = {
            authentik-server = unit "server";
            authentik-worker = unit "worker";
          };
          tmpfiles.rules = [
            "f ${environment} 0600 root root - AUTHENTIK_SECRET_KEY=of-this-test-alone-0123456789abcdef0123456789abcdef\\nAUTHENTIK_BOOTSTRAP_PASSWORD=correct-horse\\nAUTHENTIK_BOOTSTRAP_TOKEN=a-token-of-this-test\\n"
          ];
        };
      }
    );
    visitor =
      { nodes, ... }:
      {
        imports = [ common.visitor ];
        networking.hosts."192.168.1.1" = [
          "meetings.test"
          "auth.test"
        ];
      };
  };
  testScript = ''
    ${common.prelude}
    start_all()
    machine.wait_for_file("/run/reflector-site-ca/root.crt")
    hand_over(machine, "/run/reflector-site-ca/root.crt", visitor, "/tmp/ca.crt")
    url = "https://meetings.test"
    tell(visitor, url, "health")

    with subtest("before Authentik is up, doctor says so"):
        machine.succeed("systemctl stop authentik-server")
        said = machine.execute("reflector-as-service doctor")[1]
        assert "FAIL  login:" in said and "answers 502" in said, said
        machine.succeed("systemctl start authentik-server")

    with subtest("one command makes provider and application, and doctor finds all of it well"):
        machine.wait_until_succeeds("curl --silent --fail --cacert /run/reflector-site-ca/root.crt https://auth.test/-/health/ready/", timeout=900)
        setup = "echo a-token-of-this-test | reflector-as-service admin setup-authentik https://auth.test"
        machine.wait_until_succeeds(setup, timeout=600)
        assert "nothing was changed" in machine.succeed(setup)
        said = machine.execute("reflector-as-service doctor")[1]
        assert "the provider knows this application, and takes codes from it" in said and "leads to the login" in said, said
        assert "FAIL  login:" not in said and "FAIL  site:" not in said, said

    with subtest("a visitor is led from the pages to Authentik, which knows where to lead them back"):
        ask = "curl --silent --show-error --cacert /tmp/ca.crt"
        to = visitor.succeed(f"{ask} --output /dev/null --write-out '%{{redirect_url}}' '{url}/login/provider?next=/transcripts'")
        assert to.startswith("https://auth.test/application/o/authorize/"), to
        page = visitor.succeed(f"{ask} --location '{to}'")
        assert "authentik" in page and "Redirect URI Error" not in page, page
  '';
}
