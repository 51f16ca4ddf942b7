# PostgreSQL and Redis, over TLS, for the two machines that work.
let
  listener = {
    listen = [ "10.0.0.2" ];
    clients = [
      "10.0.0.3/32"
      "10.0.0.4/32"
    ];
    # `reflector certs issue db.internal` on any machine that has the authority's folder.
    certificateFile = "/var/lib/reflector-given/server.pem";
    keyFile = "/var/lib/reflector-given/server-key.pem";
  };
in
{
  imports = [ ./common.nix ];
  networking.hostName = "db";
  services.reflector = {
    enable = true;
    roles = [ "database" ];
    postgresql = listener // {
      memoryBudget = 16384;
      # Pages, jobs and speech.
      processes = 3;
      maxConnections = 100;
    };
    redis = listener;
  };
}
