# What a machine that keeps meetings needs beside the service itself: a clock that is right, and a journal with an end.
{ config, lib, ... }:
let
  cfg = config.services.reflector;
in
{
  options.services.reflector.journal.maxUse = lib.mkOption {
    type = lib.types.nullOr (lib.types.strMatching "[0-9]+[KMG]");
    default = "2G";
    example = "10G";
    description = "What the journal may take on disk before its oldest entries go. Null leaves it to the system.";
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion =
          config.networking.firewall.enable || cfg.openWithoutLogin || cfg.settings.auth.mode != "none";
        message = "networking.firewall.enable is false: nobody logs in, and nothing but Caddy's refusal would stand before the pages; enable it, or set services.reflector.settings.auth.mode or openWithoutLogin.";
      }
    ];

    # Times of recordings, certificates and one-time codes rest on it.
    services.timesyncd.enable = lib.mkDefault true;

    services.journald.extraConfig = lib.mkIf (cfg.journal.maxUse != null) ''
      SystemMaxUse=${cfg.journal.maxUse}
    '';
  };
}
