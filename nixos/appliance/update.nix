# Updates: the new version goes into the slot that is not running, signed by whoever makes this image, and is booted three
# times at most. Only once Reflector has answered does it count as good; otherwise the machine goes back to the old one.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) types;
  inherit (config.reflector.appliance) update;
  on = update.url != null;
  inherit (import ../../modules/lib.nix { inherit lib; }) helperSandbox;
  usr = "usr-${if pkgs.stdenv.hostPlatform.efiArch == "x64" then "x86-64" else "arm64"}";
  source = pattern: {
    Type = "url-file";
    Path = update.url;
    MatchPattern = pattern;
  };
  # The running version is never overwritten.
  transfer = {
    ProtectVersion = "%A";
    Verify = true;
  };
  partition = name: type: {
    Transfer = transfer;
    # @u becomes the partition's identity, by which the kernel of that version finds it.
    Source = source "reflector_@v_@u.${name}.raw.xz";
    Target = {
      Type = "partition";
      Path = "auto";
      MatchPattern = "reflector-${name}_@v";
      MatchPartitionType = type;
      ReadOnly = true;
    };
  };
  counted = "/sys/firmware/efi/efivars/LoaderBootCountPath-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
in
{
  options.reflector.appliance.update = {
    url = lib.mkOption {
      type = types.nullOr (types.strMatching "https?://.*/");
      default = null;
      example = "https://updates.example.org/reflector/";
      description = "Folder that updates come from, with a slash at its end. None are looked for if null.";
    };

    publicKeyring = lib.mkOption {
      type = types.nullOr types.path;
      default = null;
      example = lib.literalExpression "./updates.gpg";
      description = "GnuPG's export of the keys that may sign updates, not armoured. It becomes part of the system.";
    };

    reboot = lib.mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = "Whether the machine restarts by itself at night once an update is there.";
    };
  };

  config = {
    assertions = [
      {
        assertion = on == (update.publicKeyring != null);
        message = "reflector.appliance.update.url and update.publicKeyring belong together: an update that nobody signed is not taken.";
      }
    ];

    systemd.sysupdate = lib.mkIf on {
      enable = true;
      reboot.enable = update.reboot;
      transfers = {
        "10-verity" = partition "verity" "${usr}-verity";
        "20-store" = partition "store" usr;
        # Last, because from then on it can be booted.
        "30-uki" = {
          Transfer = transfer;
          Source = source "reflector_@v.efi.xz";
          Target = {
            Type = "regular-file";
            Path = "/EFI/Linux";
            PathRelativeTo = "boot";
            MatchPattern = [
              "reflector_@v+@l-@d.efi"
              "reflector_@v+@l.efi"
              "reflector_@v.efi"
            ];
            Mode = "0444";
            TriesLeft = 3;
            TriesDone = 0;
            InstancesMax = 2;
          };
        };
      };
    };
    environment.etc."systemd/import-pubring.gpg" = lib.mkIf on { source = update.publicKeyring; };

    systemd = {
      # Where a boot is counted, a generator of systemd's makes the one want the other.
      additionalUpstreamSystemUnits = [
        "boot-complete.target"
        "systemd-bless-boot.service"
      ];

      services.reflector-healthy = {
        description = "Whether this version of Reflector works";
        requiredBy = [ "boot-complete.target" ];
        before = [ "boot-complete.target" ];
        after = [
          "reflector-web.service"
          "reflector-work.service"
        ];
        path = [ pkgs.curl ];
        script = ''
          for _ in $(seq 120); do
            if curl --silent --fail --max-time 4 --output /dev/null http://${config.services.reflector.settings.server.listen}/readyz; then
              exit 0
            fi
            sleep 5
          done
          echo "Reflector was not ready within ten minutes" >&2
          # A version on probation: each boot takes one of its tries. One that was good before is left to whoever repairs it.
          if [ -e ${counted} ]; then
            systemctl reboot
          fi
          exit 1
        '';
        serviceConfig = helperSandbox // {
          Type = "oneshot";
          RemainAfterExit = true;
          # The address that it asks is the machine's own.
          PrivateNetwork = false;
          RestrictAddressFamilies = [
            "AF_UNIX"
            "AF_INET"
            "AF_INET6"
          ];
          IPAddressDeny = "any";
          IPAddressAllow = [ "localhost" ];
        };
      };
    };
  };
}
