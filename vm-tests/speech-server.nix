# A machine that only offers speech over HTTP, for a service on another: the story, told while the words come from there; who
# has no key, or no right to reach it, gets nothing.
{ self, pkgs }:
let
  common = import ./common.nix { inherit self pkgs; };
  network = "192.168.1.0/24";
  given = "/var/lib/reflector-given";
in
{
  name = "speech-server";
  nodes = {
    app = common.host {
      services.reflector = {
        caddy.tls = "private-ca";
        settings.speech = {
          transcript_url = "https://gpu";
          diarization_url = "https://gpu";
        };
        speechServer = {
          transcriptApiKeyFile = "${given}/speech-api-key";
          diarizationApiKeyFile = "${given}/speech-api-key";
        };
        caTrust.files = [ "/var/lib/reflector-certs/ca.crt" ];
        network.allow = [ network ];
      };
    };
    gpu = common.host {
      services.reflector = {
        roles = [ "speech-server" ];
        speechServer = {
          domain = "gpu";
          clients = [ network ];
          certificateFile = "${given}/server.pem";
          keyFile = "${given}/server-key.pem";
        };
      };
    };
    inherit (common) visitor;
  };
  testScript = ''
    ${common.prelude}
    given = "${given}"
    start_all()
    app.wait_for_unit("reflector-certs.service")
    app.succeed("cp -r /var/lib/reflector-certs /tmp/gpu && reflector certs issue gpu --folder /tmp/gpu")
    for file in ["server.pem", "server-key.pem"]:
        hand_over(app, f"/tmp/gpu/{file}", gpu, f"{given}/{file}")
    gpu.succeed("systemctl restart caddy")
    gpu.wait_for_unit("reflector-speech-server.service")
    hand_over(gpu, "/var/lib/reflector-secrets/speech-api-key", app, f"{given}/speech-api-key")
    app.succeed("systemctl restart reflector-secrets reflector-ca-bundle && systemctl restart 'reflector-w*'")
    hand_over(app, "/var/lib/reflector-certs/ca.crt", visitor, "/tmp/ca.crt")
    tell(visitor, "https://app", "health", "upload", "transcript", "page")

    with subtest("the words came from the other machine"):
        gpu.succeed("journalctl -u reflector-speech-server | grep -q 'speech request done'")
        app.fail("journalctl -u reflector-work | grep -q 'speech models are ready'")

    with subtest("nothing else runs where speech is offered"):
        for unit in ["reflector-web", "reflector-work", "postgresql", "redis-reflector", "garage"]:
            gpu.fail(f"systemctl is-active {unit}")

    with subtest("a known recording goes through its own server, as every night"):
        gpu.succeed("systemctl start reflector-self-test.service")
        gpu.succeed("journalctl -u reflector-self-test | grep -q 'of 22 words, one speaker; .* of 127.0.0.1:8000'")
        gpu.succeed("systemctl stop reflector-speech-server.service")
        gpu.fail("systemctl start reflector-self-test.service")
        gpu.wait_until_succeeds("journalctl -p crit | grep -q 'reflector-self-test.service has failed'")
        gpu.succeed("systemctl start reflector-speech-server.service reflector-self-test.service")

    with subtest("without its key it says only how it is"):
        ask = "curl --silent --cacert /tmp/ca.crt --max-time 10 --output /dev/null --write-out '%{http_code}'"
        assert visitor.succeed(f"{ask} https://gpu/health") == "200"
        assert visitor.succeed(f"{ask} https://gpu/v1/models") == "401"
        visitor.fail("curl --silent --max-time 5 http://gpu:8000/health")

    with subtest("it comes back after a crash"):
        gpu.crash()
        gpu.start()
        gpu.wait_for_unit("reflector-speech-server.service")
  '';
}
