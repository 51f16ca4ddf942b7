# People log in: an administrator who is there from a file with a hash, another with the set-up code where there is none; by page, token
# and cookie, over the network.
{ self, pkgs }:
let
  common = import ./common.nix { inherit self pkgs; };
  by = more: {
    services.reflector = {
      openWithoutLogin = false;
      settings.auth = {
        mode = "password";
      }
      // more;
    };
  };
  hash = "/var/lib/login/admin-hash";
in
{
  name = "login";
  nodes = {
    named = common.host {
      imports = [ (by { admin_email = "admin@example.org"; }) ];
      services.reflector.auth.adminPasswordHashFile = hash;
    };
    unnamed = common.host (by { });
    inherit (common) visitor;
  };
  testScript = ''
    ${common.prelude}
    start_all()
    password = "correct horse battery staple"
    visitor.succeed(f"printf 'admin@example.org\n{password}\n' >/tmp/login")
    more = "--login /tmp/login"
    for machine in [named, unnamed]:
        machine.wait_for_file("/run/reflector-site-ca/root.crt")

    with subtest("nothing starts without the file, and everything does with it"):
        named.fail("systemctl is-active reflector-web.service")
        named.succeed(f"install -d -m 0700 /var/lib/login && printf '{password}\n' | reflector admin hash-password >${hash} && chmod 0600 ${hash}")
        named.succeed("systemctl restart reflector-secrets.service && systemctl start reflector-web.service reflector-work.service")
        hand_over(named, "/run/reflector-site-ca/root.crt", visitor, "/tmp/ca.crt")
        tell(visitor, "https://named", "health", "login", more=more)

    with subtest("whoever tries too often pays for it alone"):
        tell(visitor, "https://named", "limited", more=more)
        named.succeed("curl --silent --fail --cacert /run/reflector-site-ca/root.crt --json '{\"email\":\"admin@example.org\",\"password\":\"" + password + "\"}' https://localhost/v1/auth/login")

    with subtest("the first account is made with the code that only the machine tells"):
        unnamed.wait_for_unit("reflector-web.service")
        hand_over(unnamed, "/run/reflector-site-ca/root.crt", visitor, "/tmp/unnamed.crt")
        code = unnamed.succeed("reflector-as-service admin setup-code").split()[0]
        made = visitor.succeed(
            "curl --silent --show-error --cacert /tmp/unnamed.crt --output /dev/null --write-out '%{http_code}' -H 'Origin: https://unnamed'"
            f" --data-urlencode code={code} --data-urlencode email=admin@example.org --data-urlencode 'password={password}' https://unnamed/setup")
        assert made == "303", made
        tell(visitor, "https://unnamed", "login", ca="/tmp/unnamed.crt", more=more)

    with subtest("doctor finds login and site well"):
        said = named.execute("reflector-as-service doctor")[1]
        for line in ["login: by password", "login: there is an administrator", "leads to the login"]:
            assert line in said, said
  '';
}
