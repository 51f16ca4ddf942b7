# Pages, speech, database and storage on a machine each, over TLS by one private authority: the story, and what the network
# shows of it.
{ self, pkgs }:
let
  common = import ./common.nix { inherit self pkgs; };
  network = "192.168.1.0/24";
  given = "/var/lib/reflector-given";
  certificate = {
    certificateFile = "${given}/server.pem";
    keyFile = "${given}/server-key.pem";
  };
  client = {
    postgresql = {
      host = "database";
      passwordFile = "${given}/postgresql-password";
    };
    redis = {
      host = "database";
      passwordFile = "${given}/redis-password";
    };
    storage = {
      kind = "s3";
      s3 = {
        endpoint = "https://storage";
        accessKeyFile = "${given}/garage-access-key";
        secretKeyFile = "${given}/garage-secret-key";
      };
    };
    caTrust.files = [ "${given}/ca.crt" ];
    network.allow = [ network ];
  };
in
{
  name = "split-hosts";
  nodes = {
    app = common.host {
      services.reflector = client // {
        roles = [
          "web"
          "work"
        ];
        work.queues = [
          "media"
          "llm"
        ];
        caddy.tls = "private-ca";
      };
    };
    speech = common.host {
      services.reflector = client // {
        roles = [ "work" ];
        work.queues = [ "speech" ];
      };
    };
    database = common.host {
      services.reflector = {
        roles = [ "database" ];
        postgresql = certificate // {
          listen = [ "0.0.0.0" ];
          clients = [ network ];
          processes = 2;
        };
        redis = certificate // {
          listen = [ "0.0.0.0" ];
          clients = [ network ];
        };
      };
    };
    storage = common.host {
      services.reflector = {
        roles = [ "storage" ];
        storage.serve = certificate // {
          domain = "storage";
          clients = [ network ];
        };
      };
    };
    inherit (common) visitor;
  };
  testScript = ''
    ${common.prelude}
    given = "${given}"
    start_all()
    # The authority is the one that the first machine made for its pages.
    app.wait_for_unit("reflector-certs.service")
    authority = "/var/lib/reflector-certs"
    for name, server in [("database", database), ("storage", storage)]:
        app.succeed(f"cp -r {authority} /tmp/{name} && reflector certs issue {name} --folder /tmp/{name}")
        for file in ["server.pem", "server-key.pem"]:
            hand_over(app, f"/tmp/{name}/{file}", server, f"{given}/{file}")
    database.succeed("systemctl restart postgresql redis-reflector reflector-database-password")
    storage.succeed("systemctl restart caddy")
    for client in [app, speech]:
        hand_over(app, f"{authority}/ca.crt", client, f"{given}/ca.crt")
        for secret in ["postgresql-password", "redis-password"]:
            hand_over(database, f"/var/lib/reflector-secrets/{secret}", client, f"{given}/{secret}")
        for secret in ["garage-access-key", "garage-secret-key"]:
            hand_over(storage, f"/var/lib/reflector-secrets/{secret}", client, f"{given}/{secret}")
        client.succeed("systemctl restart reflector-secrets reflector-ca-bundle && systemctl restart 'reflector-w*'")
    hand_over(app, f"{authority}/ca.crt", visitor, "/tmp/ca.crt")
    tell(visitor, "https://app", "health", "tls", "upload", "transcript", "page")

    with subtest("speech was heard on the machine that does speech alone"):
        speech.succeed("systemctl is-active reflector-work")
        speech.fail("systemctl is-active reflector-web")

    with subtest("nothing is spoken in the clear"):
        visitor.fail("timeout 5 bash -c 'printf PING >/dev/tcp/database/6379 && head -c1 </dev/tcp/database/6379 | grep -q .'")
        visitor.fail("curl --silent --max-time 5 http://storage:3900")
        database.succeed("grep -q '^hostssl reflector' $(runuser -u postgres -- psql -tAc 'show hba_file')")

    with subtest("the database comes back, and so does the service"):
        database.crash()
        database.start()
        tell(visitor, "https://app", "health", "still-there")
  '';
}
