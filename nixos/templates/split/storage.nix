# Garage, behind TLS, for the two machines that work.
{
  imports = [ ./common.nix ];
  networking.hostName = "storage";
  services.reflector = {
    enable = true;
    roles = [ "storage" ];
    storage.serve = {
      domain = "storage.internal";
      clients = [
        "10.0.0.3/32"
        "10.0.0.4/32"
      ];
      # `reflector certs issue storage.internal` on any machine that has the authority's folder.
      certificateFile = "/var/lib/reflector-given/server.pem";
      keyFile = "/var/lib/reflector-given/server-key.pem";
    };
  };
}
