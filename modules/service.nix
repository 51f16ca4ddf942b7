# Pages, jobs, speech over HTTP: a unit and a user each. The first two bring the database up to date when they start; a lock lets only one do it.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  program = lib.getExe cfg.package;

  # Runs the program as the worker runs it, or the pages where there is none: same user, settings and secrets. For `doctor`,
  # `models verify` and the like.
  user = lib.last cfg.units;
  worker = config.systemd.services.${user};
  settings = lib.filterAttrs (
    name: value:
    (lib.hasPrefix "REFLECTOR_" name || lib.hasSuffix "SSL_CERT_FILE" name)
    && name != "REFLECTOR_CONFIG"
    && value != null
  ) worker.environment;
  # `restore` hands the database over to PostgreSQL's own programs.
  tools = [
    pkgs.ffmpeg-headless
    (
      if config.services.postgresql.enable then config.services.postgresql.package else pkgs.postgresql_17
    )
  ];
  properties = {
    User = user;
    Group = ours.group;
    SupplementaryGroups = toString (worker.serviceConfig.SupplementaryGroups or [ ]);
    LoadCredential = toString worker.serviceConfig.LoadCredential;
  };
  asService = pkgs.writeShellApplication {
    name = "reflector-as-service";
    text = ''
      # The folder of credentials is known only inside.
      # shellcheck disable=SC2016
      exec systemd-run --quiet --collect --wait --pipe \
        ${
          lib.escapeShellArgs (
            lib.mapAttrsToList (name: value: "--property=${name}=${value}") properties
            ++ lib.mapAttrsToList (name: value: "--setenv=${name}=${value}") settings
            ++ [ "--setenv=PATH=${lib.makeBinPath tools}" ]
          )
        } \
        ${pkgs.runtimeShell} -c '${lib.optionalString (lib.elem user cfg.dataPrograms) "REFLECTOR_CONFIG=$CREDENTIALS_DIRECTORY/reflector.toml "}exec ${program} "$@"' reflector "$@"
    '';
  };

  # As root, who alone may look at everything: firewall, other users' files, arguments of every process.
  hardening = pkgs.writeShellApplication {
    name = "reflector-hardening";
    text = ''
      exec env \
        ${
          lib.escapeShellArgs (
            lib.mapAttrsToList (name: value: "${name}=${value}") settings
            ++ [ "REFLECTOR_CONFIG=/run/${baseNameOf ours.secretsDir}/reflector.toml" ]
          )
        } \
        ${program} doctor --hardening "$@"
    '';
  };
in
{
  options.services.reflector.work = {
    memoryMax = lib.mkOption {
      type = lib.types.nullOr lib.types.str;
      default = "80%";
      example = "24G";
      description = "Memory that jobs, or the speech server, may use, models included, before the kernel stops them; a share of this machine's, or an amount. No limit if null.";
    };
  };

  config = lib.mkIf cfg.enable {
    users.groups.${ours.group} = { };
    users.users = lib.genAttrs ours.units (_: {
      isSystemUser = true;
      inherit (ours) group;
      description = "Reflector";
    });

    # Nothing of the program on a machine that has only the database or Garage.
    environment.systemPackages = lib.optionals (cfg.units != [ ]) [
      cfg.package
      asService
      hardening
    ];

    # Merged, not joined with //: both parts speak of the same units.
    systemd.services = lib.mkMerge [
      {
        reflector-web = {
          description = "Reflector: pages and API";
          serviceConfig = {
            ExecStart = "${program} serve";
            User = "reflector-web";
            MemoryMax = "4G";
          };
        };
        reflector-work = {
          description = "Reflector: jobs";
          path = [ pkgs.ffmpeg-headless ];
          serviceConfig = {
            ExecStart = "${program} work";
            User = "reflector-work";
            # Speech takes every core for minutes; pages, database and proxy go first.
            CPUWeight = 50;
            CacheDirectory = "reflector-work";
            CacheDirectoryMode = "0700";
            ReadWritePaths = [ cfg.settings.storage.scratch ];
          }
          // lib.optionalAttrs (cfg.work.memoryMax != null) {
            MemoryMax = cfg.work.memoryMax;
          };
        };
      }
      {
        reflector-speech-server = {
          description = "Reflector: speech over HTTP";
          path = [ pkgs.ffmpeg-headless ];
          # A folder of its own, whatever the worker's is.
          environment.REFLECTOR_STORAGE__SCRATCH = lib.mkForce "/var/cache/reflector-speech-server";
          serviceConfig = {
            ExecStart = "${program} speech-server";
            User = "reflector-speech-server";
            CPUWeight = 50;
            CacheDirectory = "reflector-speech-server";
            CacheDirectoryMode = "0700";
          }
          // lib.optionalAttrs (cfg.work.memoryMax != null) {
            MemoryMax = cfg.work.memoryMax;
          };
        };
      }
      (lib.genAttrs ours.units (_: {
        wantedBy = [ "multi-user.target" ];
        after = [ "network.target" ];
        # Tried again for ever: what is missing may come back.
        startLimitIntervalSec = 0;
        # Threads of libtorch sleep while they wait, instead of spinning.
        environment.OMP_WAIT_POLICY = "passive";
        serviceConfig = {
          Group = ours.group;
          # Ready when the tables are this version's and the listener or queue is up; then a beat from the event loop, which
          # stops when that, the speech engine or the queue's signs of life hang.
          Type = "notify";
          NotifyAccess = "main";
          WatchdogSec = 30;
          # Bringing a large database up to date takes its time.
          TimeoutStartSec = 300;
          Restart = "on-failure";
          RestartSec = 2;
          # Longer than the 30 seconds after which the program itself gives up waiting.
          TimeoutStopSec = 45;
          Slice = "reflector.slice";
        };
      }))
    ];

    # Made here where it is not the folder that systemd makes for the worker.
    systemd.tmpfiles.settings = lib.mkIf (cfg.settings.storage.scratch != "/var/cache/reflector-work") {
      reflector-scratch.${cfg.settings.storage.scratch}.d = {
        user = "reflector-work";
        inherit (ours) group;
        mode = "0700";
      };
    };

    systemd.slices.reflector.description = "Reflector";
  };
}
