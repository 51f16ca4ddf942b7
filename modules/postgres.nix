# PostgreSQL on this machine: a unix socket, no TCP port, no password. Peer authentication lets our users in as one role.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  budget = cfg.postgresql.memoryBudget;
  inherit (config.services.postgresql) settings;
  # Pages and jobs, each with one pool of its own and one for the queue, and a listener for each.
  connections = lib.length ours.units * (2 * cfg.settings.database.pool_size + 2);
  clamp =
    low: high: value:
    lib.max low (lib.min high value);
in
{
  options.services.reflector.postgresql.memoryBudget = lib.mkOption {
    type = lib.types.ints.between 512 1048576;
    default = 4096;
    example = 16384;
    description = ''
      Memory in MiB that PostgreSQL may plan with, the system's cache of its files included; its own settings follow from it.
      Half of the machine's memory where no language model runs beside it.
    '';
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = connections + 10 <= settings.max_connections;
        message = "services.postgresql.settings.max_connections is ${toString settings.max_connections}, but Reflector may open ${toString connections} and 10 are kept for operators; raise it or lower services.reflector.settings.database.pool_size.";
      }
      {
        assertion = settings.listen_addresses == "";
        message = "services.postgresql.settings.listen_addresses must stay empty: Reflector's database is reached through its unix socket alone.";
      }
    ];

    services.postgresql = {
      enable = true;
      # Named here, so that a new system.stateVersion does not move the data.
      package = lib.mkDefault pkgs.postgresql_17;
      ensureDatabases = [ ours.database ];
      ensureUsers = [
        {
          name = ours.database;
          ensureDBOwnership = true;
        }
      ];
      identMap = lib.concatMapStrings (user: ''
        reflector ${user} ${ours.database}
      '') ours.units;
      # Before the module's own rule, which would ask for a role of the same name as the user.
      authentication = lib.mkBefore ''
        local ${ours.database} ${ours.database} peer map=reflector
      '';
      settings = {
        # Stronger than the module's "localhost": nothing on this machine needs a port either.
        listen_addresses = lib.mkForce "";
        max_connections = lib.mkDefault 60;
        shared_buffers = lib.mkDefault "${toString (budget / 4)}MB";
        effective_cache_size = lib.mkDefault "${toString (budget * 3 / 4)}MB";
        # 60 connections with two sorts each stay below a quarter of the budget.
        work_mem = lib.mkDefault "${toString (clamp 1 64 (budget / 480))}MB";
        maintenance_work_mem = lib.mkDefault "${toString (clamp 64 2048 (budget / 16))}MB";
        # Solid-state disks; on spinning ones set 4.0 and 2.
        random_page_cost = lib.mkDefault 1.1;
        effective_io_concurrency = lib.mkDefault 200;
        wal_buffers = lib.mkDefault "16MB";
        checkpoint_completion_target = lib.mkDefault 0.9;
        default_statistics_target = lib.mkDefault 100;
        max_wal_size = lib.mkDefault "4GB";
        wal_compression = lib.mkDefault "zstd";
      };
    };

    # The target, because the service alone may be up before its roles are. Wanted, not required: the program waits for a
    # database that is away, and what required it would be stopped with it, and not start again where it came late.
    systemd.services = lib.genAttrs ours.units (_: {
      wants = [ "postgresql.target" ];
      after = [ "postgresql.target" ];
      environment.REFLECTOR_DATABASE__URL = "postgresql://${ours.database}@/${ours.database}?host=/run/postgresql";
    });
  };
}
