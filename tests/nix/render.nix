# What a configuration becomes on the machine, as files: { path = text; }. Units look as NixOS writes them.
{ lib, config }:
let
  line = key: value: "${key}=${value}";
  text = value: if lib.isBool value then lib.boolToString value else toString value;
  section =
    name: lines: lib.optionalString (lines != [ ]) "[${name}]\n${lib.concatStringsSep "\n" lines}\n\n";

  # A list is one line an item, as systemd reads it.
  settings =
    attrs:
    lib.concatLists (
      lib.mapAttrsToList (key: value: map (item: line key (text item)) (lib.toList value)) attrs
    );

  relations = {
    After = "after";
    Before = "before";
    Requires = "requires";
    Wants = "wants";
    PartOf = "partOf";
    OnFailure = "onFailure";
  };
  head =
    unit:
    lib.optional ((unit.description or "") != "") (line "Description" unit.description)
    ++ lib.concatLists (
      lib.mapAttrsToList (
        key: option:
        lib.optional ((unit.${option} or [ ]) != [ ]) (line key (toString (lib.unique unit.${option})))
      ) relations
    );
  install = unit: lib.optional (unit.wantedBy != [ ]) (line "WantedBy" (toString unit.wantedBy));

  scriptOf =
    name: "/nix/store/00000000000000000000000000000000-unit-script-${name}-start/bin/${name}-start";
  service =
    name: unit:
    section "Unit" (
      head unit
      ++ lib.optional (unit.startLimitIntervalSec != null) (
        line "StartLimitIntervalSec" (toString unit.startLimitIntervalSec)
      )
    )
    + section "Service" (
      lib.mapAttrsToList (key: value: "Environment=${builtins.toJSON "${key}=${toString value}"}") (
        lib.filterAttrs (_: value: value != null) (
          lib.optionalAttrs (unit.path != [ ]) { PATH = lib.makeBinPath unit.path; } // unit.environment
        )
      )
      ++ lib.optional (unit.script != "") (line "ExecStart" (scriptOf name))
      ++ settings unit.serviceConfig
    )
    + section "Install" (install unit);

  site = _: host: ''
    ${host.hostName} ${toString host.serverAliases} {
    ${lib.optionalString (host.logFormat != null) "log {\n${host.logFormat}\n}"}
    ${host.extraConfig}
    }
  '';

  services = lib.filterAttrs (name: unit: ours name && unit.enable) config.systemd.services;
  ours = lib.hasPrefix "reflector-";
  added = lib.filterAttrs (name: unit: !ours name && unit.enable) config.systemd.services;
  withScript = lib.filterAttrs (_: unit: unit.script != "") services;
  used = lib.filterAttrs (_: value: value) {
    caddy = config.services.caddy.enable;
    garage = config.services.garage.enable;
    postgresql = config.services.postgresql.enable;
    ollama = config.services.ollama.enable;
  };
  toml =
    attrs:
    let
      plain = lib.filterAttrs (_: value: !lib.isAttrs value) attrs;
      tables = lib.filterAttrs (_: lib.isAttrs) attrs;
    in
    lib.concatStrings (
      lib.mapAttrsToList (key: value: "${key} = ${builtins.toJSON value}\n") plain
      ++ lib.mapAttrsToList (key: value: "\n[${key}]\n${toml value}") tables
    );
  postgres =
    value:
    if lib.isString value then
      "'${value}'"
    else if lib.isBool value then
      lib.boolToString value
    else
      builtins.toJSON value;

  # As the image's module and systemd's write definitions; a list is one line of words.
  word = value: if lib.isBool value then (if value then "yes" else "no") else toString value;
  ini =
    attrs:
    lib.concatStringsSep "\n" (
      lib.mapAttrsToList (
        name: entries:
        "[${name}]\n"
        + lib.concatStrings (lib.mapAttrsToList (key: value: "${key}=${word value}\n") entries)
      ) attrs
    );
  partition =
    made:
    ini { Partition = made.repartConfig; }
    + lib.concatStrings (
      lib.mapAttrsToList (target: entry: "CopyFiles=${toString entry.source}:${target}\n") made.contents
    )
    # The image's module names each path of the closure.
    + lib.optionalString (made.storePaths != [ ]) "CopyFiles=/nix/store:/nix/store\n";
in
lib.mapAttrs' (name: unit: lib.nameValuePair "units/${name}.service" (service name unit)) services
// lib.mapAttrs' (name: made: lib.nameValuePair "repart.d/${name}.conf" (partition made)) (
  config.image.repart.partitions
)
// lib.mapAttrs' (
  name: made:
  lib.nameValuePair "repart.d-first-boot/${name}.conf" (ini {
    Partition = made;
  })
) config.systemd.repart.partitions
// lib.mapAttrs' (
  name: made: lib.nameValuePair "sysupdate.d/${name}.transfer" (ini made)
) config.systemd.sysupdate.transfers
// lib.mapAttrs' (
  name: unit: lib.nameValuePair "units/${name}.service.d/reflector.conf" (service name unit)
) added
// lib.mapAttrs' (
  name: unit: lib.nameValuePair "scripts/${name}-start" "#!/bin/bash\nset -e\n${unit.script}"
) withScript
// lib.mapAttrs' (
  name: unit:
  lib.nameValuePair "units/${name}.path" (
    section "Path" (settings unit.pathConfig) + section "Install" (install unit)
  )
) config.systemd.paths
// lib.mapAttrs' (
  name: unit:
  lib.nameValuePair "units/${name}.timer" (
    section "Unit" (head unit)
    + section "Timer" (settings unit.timerConfig)
    + section "Install" (install unit)
  )
) (lib.filterAttrs (name: _: ours name) config.systemd.timers)
// lib.mapAttrs' (
  name: unit: lib.nameValuePair "units/${name}.slice" (section "Unit" (head unit))
) config.systemd.slices
// lib.listToAttrs (
  map (
    package:
    lib.nameValuePair "scripts/${package.name}" "#!/bin/bash\nset -euo pipefail\n${package.text}"
  ) (lib.filter (package: package ? text) config.environment.systemPackages)
)
// {
  "tmpfiles.conf" = lib.concatStrings (
    lib.concatLists (
      lib.mapAttrsToList (
        _: paths:
        lib.concatLists (
          lib.mapAttrsToList (
            path: rules:
            lib.mapAttrsToList (
              type: rule: "${type} ${path} ${rule.mode} ${rule.user} ${rule.group} - -\n"
            ) rules
          ) paths
        )
      ) config.systemd.tmpfiles.settings
    )
  );
  "users" = lib.concatStrings (
    lib.mapAttrsToList (
      name: user: "${name} group=${user.group} system=${lib.boolToString user.isSystemUser}\n"
    ) config.users.users
  );
  "journald.conf" = "[Journal]\n${config.services.journald.extraConfig}";
  "firewall" = ''
    tcp ${toString config.networking.firewall.allowedTCPPorts}
    udp ${toString config.networking.firewall.allowedUDPPorts}
  '';
}
// lib.mapAttrs' (name: entry: lib.nameValuePair "etc/${name}" entry.text) (
  lib.filterAttrs (_: entry: entry.text != null) config.environment.etc
)
// {
  "redis" = lib.concatStrings (
    lib.mapAttrsToList (
      name: server:
      "${name} port=${toString server.port} socket=${server.unixSocket} mode=${toString server.unixSocketPerm} password=${toString server.requirePassFile}\n"
    ) config.services.redis.servers
  );
}
// lib.optionalAttrs (used ? caddy) {
  "Caddyfile" = ''
    {
    ${lib.optionalString (config.services.caddy.email != null) "email ${config.services.caddy.email}"}
    ${config.services.caddy.globalConfig}
    log {
    ${config.services.caddy.logFormat}
    }
    }
    ${lib.concatStrings (lib.mapAttrsToList site config.services.caddy.virtualHosts)}
  '';
}
// lib.optionalAttrs (config.networking.hosts != { }) {
  "hosts" = lib.concatStrings (
    lib.mapAttrsToList (address: names: "${address} ${toString names}\n") config.networking.hosts
  );
}
// lib.optionalAttrs (used ? garage) { "garage.toml" = toml config.services.garage.settings; }
// lib.optionalAttrs (used ? postgresql) {
  "postgresql.conf" = lib.concatStrings (
    lib.mapAttrsToList (key: value: "${key} = ${postgres value}\n") (
      lib.filterAttrs (_: value: value != null) config.services.postgresql.settings
    )
  );
  "pg_hba.conf" = config.services.postgresql.authentication;
  "pg_ident.conf" = config.services.postgresql.identMap;
}
