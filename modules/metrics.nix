# Numbers for Prometheus beside the program's own `/metrics`, and the alerts that are worth a call.
{
  config,
  lib,
  ...
}:
let
  cfg = config.services.reflector;
  inherit (lib) types;
  inherit (cfg) metrics;
  exporters = config.services.prometheus.exporters;
  alert = name: expression: minutes: severity: summary: {
    alert = name;
    expr = expression;
    for = "${toString minutes}m";
    labels = { inherit severity; };
    annotations = { inherit summary; };
  };
  full =
    share:
    "100 * (1 - node_filesystem_avail_bytes{fstype!~\"tmpfs|ramfs|erofs|squashfs\"} / node_filesystem_size_bytes) > ${toString share}";
  rules = [
    (alert "ReflectorDown" "up{job=\"reflector\"} == 0" 5 "critical"
      "The pages of Reflector do not answer"
    )
    (alert "ReflectorQueueWaits" "reflector_queue_waiting > 20" 60 "warning"
      "More than 20 jobs have waited for an hour"
    )
    (alert "ReflectorErrors"
      "sum(rate(reflector_http_requests_total{status=~\"5..\"}[10m])) / sum(rate(reflector_http_requests_total[10m])) > 0.05"
      10
      "warning"
      "More than 5 % of requests fail"
    )
    (alert "ReflectorUnitFailed"
      "systemd_unit_state{name=~\"(reflector|postgresql|redis|garage|caddy).*\", state=\"failed\"} == 1"
      1
      "critical"
      "A unit of Reflector has failed"
    )
    (alert "ReflectorBackupOld"
      "time() - systemd_timer_last_trigger_seconds{name=\"reflector-backup.timer\"} > 26 * 3600"
      10
      "critical"
      "There was no backup for more than 26 hours"
    )
    (alert "ReflectorCertificateNotRenewed"
      "time() - systemd_timer_last_trigger_seconds{name=\"reflector-certs-renew.timer\"} > 3 * 86400"
      10
      "warning"
      "The certificate was not looked at for three days"
    )
    (alert "ReflectorDiskFilling" (full 80) 10 "warning" "A disk is more than 80 % full")
    (alert "ReflectorDiskFull" (full 90) 5 "critical" "A disk is more than 90 % full")
    (alert "ReflectorDatabaseDown" "pg_up == 0" 2 "critical" "PostgreSQL does not answer")
    (alert "ReflectorConnectionsShort"
      "sum(pg_stat_activity_count) / min(pg_settings_max_connections) > 0.9"
      5
      "warning"
      "More than 90 % of PostgreSQL's connections are taken"
    )
    (alert "ReflectorClockWrong" "abs(node_timex_offset_seconds) > 0.5" 10 "warning"
      "The clock is off by more than half a second"
    )
  ];
in
{
  options.services.reflector.metrics = {
    exporters = lib.mkOption {
      type = types.listOf (
        types.enum [
          "node"
          "postgres"
          "systemd"
        ]
      );
      default = [ ];
      example = [
        "node"
        "postgres"
        "systemd"
      ];
      description = "Exporters for Prometheus on the loopback address of this machine: its load, its database, its units.";
    };

    rules = lib.mkOption {
      type = types.bool;
      default = metrics.exporters != [ ];
      defaultText = lib.literalExpression "metrics.exporters != [ ]";
      example = true;
      description = "Whether the alerts are laid down in `/etc/reflector/prometheus-rules.json`, for `rule_files` of a Prometheus.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = lib.elem "postgres" metrics.exporters -> config.services.postgresql.enable;
        message = "services.reflector.metrics.exporters has postgres, but the database is on another machine.";
      }
      {
        assertion = lib.all (name: exporters.${name}.listenAddress == "127.0.0.1") metrics.exporters;
        message = "services.prometheus.exporters: those of services.reflector.metrics.exporters must stay on 127.0.0.1, for they have no login.";
      }
    ];

    services.prometheus.exporters = lib.mkMerge [
      (lib.genAttrs metrics.exporters (_: {
        enable = true;
        listenAddress = lib.mkDefault "127.0.0.1";
      }))
      (lib.mkIf (lib.elem "postgres" metrics.exporters) {
        postgres.runAsLocalSuperUser = lib.mkDefault true;
      })
      (lib.mkIf (lib.elem "systemd" metrics.exporters) {
        systemd.extraFlags = [ "--systemd.collector.enable-restart-count" ];
      })
    ];

    # JSON is YAML, which is what Prometheus reads.
    environment.etc."reflector/prometheus-rules.json" = lib.mkIf metrics.rules {
      text = builtins.toJSON {
        groups = [
          {
            name = "reflector";
            inherit rules;
          }
        ];
      };
    };
  };
}
