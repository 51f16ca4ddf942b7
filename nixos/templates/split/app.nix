# Pages, and all jobs but speech.
{
  imports = [
    ./common.nix
    ./clients.nix
  ];
  networking.hostName = "app";
  services.reflector = {
    roles = [
      "web"
      "work"
    ];
    domain = "app.internal";
    caddy.tls = "private-ca";
    work.queues = [
      "media"
      "llm"
    ];
    # There is no login yet. True lets everybody on the network read and change everything.
    openWithoutLogin = false;
  };
}
