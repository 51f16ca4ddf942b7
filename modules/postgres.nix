# PostgreSQL on this machine: a unix socket, no TCP port, no password. Peer authentication lets our users in as one role.
# For further machines see remote-database.nix.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  inherit (cfg) postgresql;
  budget = postgresql.memoryBudget;
  inherit (config.services.postgresql) settings;
  # Each with one pool of its own and one for the queue, and a listener for each.
  connections = postgresql.processes * (2 * cfg.settings.database.pool_size + 2);
  clamp =
    low: high: value:
    lib.max low (lib.min high value);
  # MiB of PostgreSQL's "16MB"; null where it is written otherwise.
  mebibytes =
    size:
    let
      found = builtins.match "([0-9]+)(kB|MB|GB)" (toString size);
      number = lib.toInt (lib.head found);
    in
    if found == null then
      null
    else
      {
        kB = number / 1024;
        MB = number;
        GB = number * 1024;
      }
      .${lib.last found};
  workMem = mebibytes settings.work_mem;
in
{
  options.services.reflector.postgresql = {
    memoryBudget = lib.mkOption {
      type = lib.types.ints.between 512 1048576;
      default = 4096;
      example = 16384;
      description = ''
        Memory in MiB that PostgreSQL may plan with, the system's cache of its files included; its own settings follow from it.
        Half of the machine's memory where no language model runs beside it.
      '';
    };

    spinningDisks = lib.mkOption {
      type = lib.types.bool;
      default = false;
      example = true;
      description = "Whether the database lies on spinning disks, where a page out of order costs four times one in order.";
    };

    maxConnections = lib.mkOption {
      type = lib.types.ints.between 20 1000;
      default = 60;
      example = 200;
      description = "Connections that PostgreSQL allows at once. Memory for sorts is shared out among them.";
    };

    processes = lib.mkOption {
      type = lib.types.ints.positive;
      default = lib.max 1 (lib.length (lib.intersectLists cfg.units cfg.dataPrograms));
      defaultText = lib.literalExpression "those on this machine";
      example = 4;
      description = "Processes of Reflector that connect to this database, those of other machines included.";
    };
  };

  config = lib.mkIf (cfg.enable && lib.elem "database" cfg.roles) {
    assertions = [
      {
        assertion = connections + 10 <= settings.max_connections;
        message = "services.postgresql.settings.max_connections is ${toString settings.max_connections}, but Reflector may open ${toString connections} and 10 are kept for operators; raise services.reflector.postgresql.maxConnections or lower services.reflector.settings.database.pool_size.";
      }
      {
        assertion = workMem == null || workMem * settings.max_connections * 2 <= budget / 4;
        message = "services.postgresql.settings.work_mem is ${toString settings.work_mem}: ${toString settings.max_connections} connections with two sorts each would take more than a quarter of services.reflector.postgresql.memoryBudget; lower one or raise the budget.";
      }
      {
        assertion = settings.listen_addresses == lib.concatStringsSep "," postgresql.listen;
        message = "services.postgresql.settings.listen_addresses is ${settings.listen_addresses}: Reflector's database is reached through its unix socket, and over TLS where services.reflector.postgresql.listen says so.";
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
      identMap =
        lib.concatMapStrings (user: ''
          reflector ${user} ${ours.database}
        '') (lib.intersectLists cfg.units cfg.dataPrograms)
        # Root can be any user anyway; what a timer starts runs as root without root's rights.
        + ''
          reflector root ${ours.database}
        '';
      # Before the module's own rule, which would ask for a role of the same name as the user.
      authentication = lib.mkBefore ''
        local ${ours.database} ${ours.database} peer map=reflector
      '';
      settings = {
        # Stronger than the module's "localhost": nothing on this machine needs a port either.
        listen_addresses = lib.mkForce (lib.concatStringsSep "," postgresql.listen);
        max_connections = lib.mkDefault postgresql.maxConnections;
        shared_buffers = lib.mkDefault "${toString (budget / 4)}MB";
        effective_cache_size = lib.mkDefault "${toString (budget * 3 / 4)}MB";
        # All connections with two sorts each stay below a quarter of the budget.
        work_mem = lib.mkDefault "${toString (clamp 1 64 (budget / 8 / postgresql.maxConnections))}MB";
        maintenance_work_mem = lib.mkDefault "${toString (clamp 64 2048 (budget / 16))}MB";
        random_page_cost = lib.mkDefault (if postgresql.spinningDisks then 4.0 else 1.1);
        effective_io_concurrency = lib.mkDefault (if postgresql.spinningDisks then 2 else 200);
        wal_buffers = lib.mkDefault "16MB";
        checkpoint_completion_target = lib.mkDefault 0.9;
        default_statistics_target = lib.mkDefault 100;
        max_wal_size = lib.mkDefault "4GB";
        wal_compression = lib.mkDefault "zstd";
      };
    };

    # The target, because the service alone may be up before its roles are. Wanted, not required: the program waits for a
    # database that is away, and what required it would be stopped with it, and not start again where it came late.
    systemd.services = lib.genAttrs cfg.dataPrograms (_: {
      wants = [ "postgresql.target" ];
      after = [ "postgresql.target" ];
      environment.REFLECTOR_DATABASE__URL = "postgresql://${ours.database}@/${ours.database}?host=/run/postgresql";
    });
  };
}
