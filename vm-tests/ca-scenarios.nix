# The four ways in which companies use authorities of their own: for the pages; for a language model behind another one; for both
# at once; and for two different ones. Taking an authority out takes the trust away.
{ self, pkgs }:
let
  common = import ./common.nix { inherit self pkgs; };
  folder = "/var/lib/company";
  model = {
    llm = {
      kind = "external";
      url = "https://model/v1";
      model = "test";
    };
    network.allow = [ "192.168.1.0/24" ];
  };
  pages = {
    caddy.tls = "files";
    caTrust.folder = folder;
  };
in
{
  name = "ca-scenarios";
  nodes = {
    # 1: the pages' own domain.
    one = common.host { services.reflector = pages; };
    # 2: a language model behind a company's authority; the pages are certified by another.
    two = common.host {
      services.reflector = model // {
        caTrust.files = [ "${folder}/ca.crt" ];
      };
    };
    # 3: both by one.
    three = common.host { services.reflector = model // pages; };
    # 4: the pages by one, the model by another.
    four = common.host {
      services.reflector = model // {
        caddy.tls = "files";
        caTrust = {
          inherit folder;
          files = [ "${folder}/model-ca.crt" ];
        };
      };
    };
    # A language model that only says that it is there, with a certificate.
    model =
      { pkgs, ... }:
      {
        networking.firewall.allowedTCPPorts = [ 443 ];
        environment.systemPackages = [ self.packages.${pkgs.stdenv.hostPlatform.system}.reflector ];
        services.caddy = {
          enable = true;
          enableReload = false;
          virtualHosts.model.extraConfig = ''
            tls ${folder}/server.pem ${folder}/server-key.pem
            respond `{"object":"list","data":[{"id":"test","object":"model"}]}` 200
          '';
        };
      };
    inherit (common) visitor;
  };
  testScript = ''
    ${common.prelude}
    folder = "${folder}"
    start_all()
    model.succeed(f"reflector certs init --folder {folder} && reflector certs issue model --folder {folder} && chown -R caddy {folder}")
    model.succeed("systemctl restart caddy")

    def certify(machine, name):
        """A folder with an authority and the certificate of its pages."""
        machine.succeed(f"reflector certs init --folder {folder} && reflector certs issue {name} --folder {folder}")
        hand_over(machine, f"{folder}/ca.crt", visitor, f"/tmp/{name}.crt")
        machine.succeed("systemctl restart reflector-ca-bundle caddy")

    def reaches(machine):
        """Whether calls of Reflector's own believe the model's certificate."""
        bundle = machine.succeed("systemctl show -p Environment reflector-work | grep -o 'SSL_CERT_FILE=[^ ]*' | head -1 | cut -d= -f2").strip()
        return machine.execute(f"curl --silent --fail --max-time 10 --cacert {bundle} https://model/v1/models")[0] == 0

    with subtest("1: the pages' domain, by an authority of one's own"):
        certify(one, "one")
        tell(visitor, "https://one", "health", "tls", ca="/tmp/one.crt")

    with subtest("2: a model behind a company's authority"):
        hand_over(model, f"{folder}/ca.crt", two, f"{folder}/ca.crt")
        two.succeed("systemctl restart reflector-ca-bundle")
        assert reaches(two)
        two.wait_for_file("/run/reflector-site-ca/root.crt")
        hand_over(two, "/run/reflector-site-ca/root.crt", visitor, "/tmp/two.crt")
        tell(visitor, "https://two", "health", "tls", ca="/tmp/two.crt")

    with subtest("3: both by one"):
        for file in ["ca.crt", "ca.key"]:
            hand_over(model, f"{folder}/{file}", three, f"{folder}/{file}")
        three.succeed(f"reflector certs issue three --folder {folder}")
        three.succeed("systemctl restart reflector-ca-bundle caddy")
        hand_over(three, f"{folder}/ca.crt", visitor, "/tmp/three.crt")
        assert reaches(three)
        tell(visitor, "https://three", "health", "tls", ca="/tmp/three.crt")

    with subtest("4: the pages by one, the model by another"):
        certify(four, "four")
        assert not reaches(four)
        hand_over(model, f"{folder}/ca.crt", four, f"{folder}/model-ca.crt")
        four.succeed("systemctl restart reflector-ca-bundle")
        assert reaches(four)
        tell(visitor, "https://four", "health", "tls", ca="/tmp/four.crt")

    with subtest("what is taken out is trusted no more"):
        four.succeed(f"rm {folder}/model-ca.crt && systemctl restart reflector-ca-bundle")
        assert not reaches(four)
        tell(visitor, "https://four", "health", "tls", ca="/tmp/four.crt")
  '';
}
