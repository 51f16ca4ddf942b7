# Who may reach this service, and whom it may reach: packets to and from any other address are dropped, unit by unit.
{ config, lib, ... }:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  inherit (lib) types;
  inherit (cfg) network trustedProxies;
  listen = cfg.settings.server.listen;
  loopback = ours.isLoopback listen;
  elsewhere = lib.filter (address: !ours.isLoopback address) network.needs;
  # By people, or by the authority that certifies it; Caddy itself refuses the former where there is no login.
  login = cfg.settings.auth.mode != "none";
  caddyIsAsked = cfg.caddy.enable && (login || cfg.openWithoutLogin || cfg.caddy.tls == "acme");
  port = lib.toInt (lib.last (lib.splitString ":" listen));
in
{
  options.services.reflector = {
    network = {
      allow = lib.mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [
          "192.0.2.7"
          "2001:db8::/64"
        ];
        description = ''
          Addresses of the hosts that Reflector may call beside this machine: those of an external language model or S3 server.
          Numbers, or `any` where a name's addresses change.
        '';
      };

      needs = lib.mkOption {
        type = types.listOf types.str;
        default = [ ];
        internal = true;
        description = "Addresses that other options make the services call.";
      };
    };

    trustedProxies = lib.mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "192.0.2.10" ];
      description = ''
        Addresses of the proxies that may reach {option}`services.reflector.settings.server.listen` over the network, where
        {option}`services.reflector.caddy.enable` is false. They do TLS.
      '';
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = elsewhere == [ ] || network.allow != [ ];
        message = "services.reflector.network.allow is empty, but Reflector is to call ${lib.concatStringsSep ", " elsewhere}; list the addresses of that host.";
      }
      {
        assertion = loopback || cfg.caddy.enable || login || cfg.openWithoutLogin;
        message = "services.reflector.settings.server.listen is ${listen}: nobody logs in, so only this machine may reach the service, unless services.reflector.settings.auth.mode is password or jwt, or services.reflector.openWithoutLogin is set.";
      }
      {
        assertion = loopback || cfg.caddy.enable || trustedProxies != [ ];
        message = "services.reflector.settings.server.listen is ${listen} without TLS: name the proxies that may reach it in services.reflector.trustedProxies.";
      }
      {
        assertion = trustedProxies == [ ] || !cfg.caddy.enable;
        message = "services.reflector.trustedProxies is set, but Caddy stands in front of the program; set services.reflector.caddy.enable = false, or clear the list.";
      }
    ];

    networking.firewall = {
      allowedTCPPorts =
        lib.optionals caddyIsAsked [
          80
          443
        ]
        # The unit itself drops what does not come from a proxy.
        ++ lib.optional (!cfg.caddy.enable && !loopback) port;
      allowedUDPPorts = lib.optional caddyIsAsked 443;
    };

    # Merged, not joined with //: both parts speak of the same units.
    systemd.services = lib.mkMerge [
      {
        reflector-web.serviceConfig.IPAddressAllow = trustedProxies;
      }
      (lib.genAttrs cfg.programs (_: {
        serviceConfig = {
          # Names are looked up through the system's own resolver, over a unix socket.
          IPAddressDeny = "any";
          IPAddressAllow = [ "localhost" ] ++ network.allow;
        };
      }))
    ];
  };
}
