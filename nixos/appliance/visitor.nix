# For `nix run .#appliance`: the host's browser comes from another address than the machine's own, so all are let in; the port
# is the host's loopback address only.
{
  services.reflector = {
    domain = "localhost";
    settings.server.site_url = "https://localhost:8443";
    openWithoutLogin = true;
  };
}
