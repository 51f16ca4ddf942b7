# Which parts of Reflector this machine has: all of them, or some where several machines share the work.
{ config, lib, ... }:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  inherit (lib) types;
  has = role: lib.elem role cfg.roles;
  runs = unit: has (lib.removePrefix "reflector-" unit);
in
{
  options.services.reflector = {
    roles = lib.mkOption {
      type = types.listOf (
        types.enum [
          "web"
          "work"
          "database"
          "storage"
          "speech-server"
        ]
      );
      default = [
        "web"
        "work"
        "database"
        "storage"
      ];
      example = [ "work" ];
      description = ''
        What this machine does. `web`: pages and API. `work`: jobs. `database`: PostgreSQL and Redis. `storage`: Garage, where
        {option}`services.reflector.storage.kind` is `garage`. `speech-server`: the speech models over HTTP, for the jobs of another
        machine or for clients of OpenAI's audio API; it needs none of the others. What else is missing here is on another machine, which
        {option}`services.reflector.postgresql.host`, {option}`services.reflector.redis.host` and
        {option}`services.reflector.storage.s3` name.
      '';
    };

    work.queues = lib.mkOption {
      type = types.listOf (
        types.enum [
          "media"
          "speech"
          "llm"
        ]
      );
      default = [ ];
      example = [ "speech" ];
      description = "Kinds of jobs that this machine does; all if empty. A machine with a graphics card may do `speech` alone.";
    };

    units = lib.mkOption {
      type = types.listOf types.str;
      default = lib.filter runs ours.units;
      internal = true;
      readOnly = true;
      description = "Units of ours that run on this machine.";
    };

    programs = lib.mkOption {
      type = types.listOf types.str;
      default = cfg.units ++ lib.optional cfg.backup.enable "reflector-backup";
      internal = true;
      readOnly = true;
      description = "Units that start our program with its settings: those that run, and those that a timer starts.";
    };

    dataPrograms = lib.mkOption {
      type = types.listOf types.str;
      default = lib.remove "reflector-speech-server" cfg.programs;
      internal = true;
      readOnly = true;
      description = "Those of them that reach database and objects.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = cfg.roles != [ ];
        message = "services.reflector.roles is empty: this machine would do nothing; set services.reflector.enable = false instead.";
      }
      {
        assertion = cfg.dataPrograms == [ ] || (has "database" == (cfg.postgresql.host == null));
        message = "services.reflector.postgresql.host must be set where services.reflector.roles lacks database, and only there.";
      }
      {
        assertion = cfg.dataPrograms == [ ] || (has "database" == (cfg.redis.host == null));
        message = "services.reflector.redis.host must be set where services.reflector.roles lacks database, and only there.";
      }
      {
        assertion = cfg.dataPrograms == [ ] || has "storage" || cfg.storage.kind != "garage";
        message = "services.reflector.storage.kind is garage, but services.reflector.roles lacks storage; set storage.kind = \"s3\" and storage.s3 to the machine that has it.";
      }
      {
        assertion = cfg.storage.kind != "local" || (has "web" && has "work");
        message = "services.reflector.storage.kind is local: pages and jobs must then be on one machine, but services.reflector.roles lacks one of them.";
      }
      {
        assertion = cfg.caddy.enable -> has "web";
        message = "services.reflector.caddy.enable is set, but services.reflector.roles lacks web: there are no pages to serve here.";
      }
    ];

    systemd.services =
      # Masked: what another module says of them has no effect here.
      lib.genAttrs (lib.subtractLists cfg.units ours.units) (_: {
        enable = false;
      })
      // lib.optionalAttrs (has "work" && cfg.work.queues != [ ]) {
        reflector-work.serviceConfig.ExecStart = lib.mkForce "${lib.getExe cfg.package} work --queues ${lib.concatStringsSep "," cfg.work.queues}";
      };
  };
}
