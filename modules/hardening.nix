# What the kernel keeps from each unit of ours. tests/nix has `systemd-analyze security` read the result.
{ config, lib, ... }:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };

  program = ours.sandbox // {
    PrivateUsers = lib.mkDefault true;
    RestrictAddressFamilies = [
      "AF_UNIX"
      "AF_INET"
      "AF_INET6"
    ];
    SystemCallFilter = [
      "@system-service"
      # What the program shuts media decoding in with.
      "landlock_create_ruleset"
      "landlock_add_rule"
      "landlock_restrict_self"
      "seccomp"
      "~@privileged"
    ];
    # Files of 10 GB go through it in parts; many at once.
    LimitNOFILE = 65536;
    # libtorch, tokio and ffmpeg each start a thread a core.
    TasksMax = 4096;
  };
in
{
  config = lib.mkIf cfg.enable {
    systemd.services = {
      reflector-web.serviceConfig = program // {
        # Nothing computes here.
        MemoryDenyWriteExecute = true;
        ProcSubset = "pid";
      };

      # libtorch writes code while it runs, reads /proc/cpuinfo and meminfo, and binds threads to cores.
      reflector-work.serviceConfig = program;
      reflector-speech-server.serviceConfig = program;

      reflector-secrets.serviceConfig = ours.helperSandbox // {
        PrivateUsers = true;
        RestrictAddressFamilies = "none";
      };
    }
    // lib.optionalAttrs (cfg.models.pull != [ ]) {
      reflector-models.serviceConfig = program;
    };
  };
}
