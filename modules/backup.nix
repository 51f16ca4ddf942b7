# Backups by `reflector backup`: database, sound, keys and settings, into a folder or a restic repository, by a timer.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  inherit (lib) types;
  inherit (cfg) backup;
  toRestic = backup.restic.repository != null;
  postgresql =
    if config.services.postgresql.enable then
      config.services.postgresql.package
    else
      pkgs.postgresql_17;
  arguments =
    (
      if toRestic then
        [
          "--restic"
          backup.restic.repository
          "--restic-password-file"
        ]
      else
        [
          "--to"
          backup.folder
        ]
    )
    ++ lib.optional toRestic "%d/restic-password"
    ++ [
      "--keep"
      (toString backup.keep)
    ]
    ++ lib.optionals (backup.passphraseFile != null) [
      "--passphrase-file"
      "%d/passphrase"
    ]
    ++ lib.optionals backup.keys [
      "--keys"
      ours.secretsDir
    ]
    ++ lib.optionals (backup.keys && cfg.caddy.enable && cfg.caddy.tls == "private-ca") [
      "--keys"
      "/var/lib/reflector-certs"
    ];
  # A repository may be a folder of this machine, too.
  written = if !toRestic then backup.folder else backup.restic.repository;
  local = lib.hasPrefix "/" written;
in
{
  options.services.reflector.backup = {
    enable = lib.mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = "Whether everything is backed up by itself. `reflector restore` brings it back; see docs/BACKUP.md.";
    };

    folder = lib.mkOption {
      type = types.strMatching "/[^ ]*";
      default = "/var/backup/reflector";
      example = "/mnt/backup/reflector";
      description = "Folder of the archives. Best on another disk, or a mount of another machine.";
    };

    keep = lib.mkOption {
      type = types.ints.positive;
      default = 14;
      example = 30;
      description = "Archives, or snapshots of restic, that are kept; older ones go.";
    };

    startAt = lib.mkOption {
      type = types.str;
      default = "*-*-* 02:00:00";
      example = "Sun *-*-* 03:00:00";
      description = "When, as systemd writes times. What was missed is made up for.";
    };

    passphraseFile = lib.mkOption {
      type = types.nullOr ours.secretPath;
      default = null;
      example = "/run/secrets/backup-passphrase";
      description = "File with the passphrase that archives are encrypted with. Keep a copy elsewhere: without it there is no way back.";
    };

    keys = lib.mkOption {
      type = types.bool;
      default = true;
      example = false;
      description = "Whether the secrets of this machine are in the backup. In a folder they then need a passphrase; restic encrypts always.";
    };

    restic = {
      repository = lib.mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "rest:https://backup.example.org/reflector";
        description = "Repository of restic, instead of the folder.";
      };
      passwordFile = lib.mkOption {
        type = types.nullOr ours.secretPath;
        default = null;
        example = "/run/secrets/restic-password";
        description = "File with the repository's password.";
      };
      environmentFile = lib.mkOption {
        type = types.nullOr ours.secretPath;
        default = null;
        example = "/run/secrets/restic-environment";
        description = "File with variables that restic needs for the repository, such as the keys of an S3 server.";
      };
    };
  };

  config = lib.mkIf (cfg.enable && backup.enable) {
    assertions = [
      {
        assertion = toRestic == (backup.restic.passwordFile != null);
        message = "services.reflector.backup.restic.repository and restic.passwordFile belong together.";
      }
      {
        assertion = toRestic -> backup.passphraseFile == null;
        message = "services.reflector.backup.passphraseFile is for archives in a folder; restic encrypts with restic.passwordFile.";
      }
      {
        assertion = toRestic || !backup.keys || backup.passphraseFile != null;
        message = "services.reflector.backup.keys is set without backup.passphraseFile: every key of this machine would lie in the archives in the clear; set one of the two otherwise.";
      }
      {
        assertion = cfg.units != [ ];
        message = "services.reflector.backup.enable is set on a machine without pages and jobs; back up from one that has them, it reaches everything.";
      }
    ];

    services.reflector.network.needs = lib.optional (
      toRestic && builtins.match "[a-z0-9]+:https?://.*" backup.restic.repository != null
    ) (lib.elemAt (builtins.match "([a-z0-9]+):(.*)" backup.restic.repository) 1);

    systemd = {
      services.reflector-backup = {
        description = "Backup of Reflector";
        path = [ postgresql ] ++ lib.optional toRestic pkgs.restic;
        serviceConfig =
          ours.helperSandbox
          // {
            Type = "oneshot";
            ExecStart = "${lib.getExe cfg.package} backup ${lib.escapeShellArgs arguments}";
            # Root without root's rights: owner of the secrets, and of the group that reads the sound.
            Group = ours.group;
            PrivateNetwork = false;
            RestrictAddressFamilies = [
              "AF_UNIX"
              "AF_INET"
              "AF_INET6"
            ];
            # Archives are hashed and packed on every core.
            SystemCallFilter = [
              "@system-service"
              "~@privileged"
            ];
            ProcSubset = "all";
            Nice = 10;
            IOSchedulingClass = "idle";
            Slice = "reflector.slice";
            CacheDirectory = "reflector-backup";
            CacheDirectoryMode = "0700";
            LoadCredential =
              lib.optional (backup.passphraseFile != null) "passphrase:${toString backup.passphraseFile}"
              ++ lib.optional toRestic "restic-password:${toString backup.restic.passwordFile}";
          }
          // lib.optionalAttrs local { ReadWritePaths = [ written ]; }
          // lib.optionalAttrs (backup.restic.environmentFile != null) {
            EnvironmentFile = backup.restic.environmentFile;
          };
        environment.XDG_CACHE_HOME = "%C/reflector-backup";
      };

      timers.reflector-backup = {
        wantedBy = [ "timers.target" ];
        timerConfig = {
          OnCalendar = backup.startAt;
          Persistent = true;
          RandomizedDelaySec = "5min";
        };
      };

      tmpfiles.settings = lib.mkIf local {
        reflector-backup.${written}.d = {
          user = "root";
          group = "root";
          mode = "0700";
        };
      };
    };
  };
}
