# What several modules need to know; no module itself.
{ lib }:
rec {
  # The units that run our program, each as a user of the same name.
  units = [
    "reflector-web"
    "reflector-speech-server"
    "reflector-work"
  ];

  # Group of both users; the objects of local storage belong to it.
  group = "reflector";

  # Role and database in PostgreSQL.
  database = "reflector";

  # Made and filled by secrets.nix, readable by root alone.
  secretsDir = "/var/lib/reflector-secrets";

  # The one upload limit. tests/nix holds it to MAX_UPLOAD_BYTES in src/config/server.rs.
  maxUploadBytes = 10000000000;

  # A file that must not be in the store, where every user and every binary cache could read it.
  secretPath = lib.types.pathWith {
    inStore = false;
    absolute = true;
  };

  # Its admin port would let every user of this machine change what it serves. A reload needs that port, a restart does not.
  caddyGlobal = ''
    admin off
    skip_install_trust
    grace_period 10s
    servers {
      timeouts {
        read_header 10s
        idle 2m
      }
    }
  '';

  # What Caddy writes down of requests: an address or a header that opens something must not be read from a log.
  caddyLog =
    let
      opens = ''regexp "([?&](?:token|code|state|id_token_hint|flow_token|X-Amz-Signature)=|/quote/)[^&/?]+" "$1***"'';
    in
    ''
      format filter {
        wrap json
        fields {
          request>uri ${opens}
          request>headers>Referer ${opens}
          resp_headers>Location ${opens}
          request>headers>X-Api-Key delete
          request>headers>X-Upload-Token delete
          request>headers>Sec-Websocket-Protocol delete
        }
      }
    '';

  # What goes wrong, of all sites.
  caddyErrors = ''
    level ERROR
    ${caddyLog}
  '';

  # A site of Caddy's with its own log of requests.
  caddySite = config: name: extraConfig: {
    inherit extraConfig;
    logFormat = ''
      output file ${config.services.caddy.logDir}/access-${name}.log
      ${caddyLog}
    '';
  };

  # What the kernel keeps from every unit of ours.
  sandbox = {
    CapabilityBoundingSet = "";
    LockPersonality = true;
    NoNewPrivileges = true;
    PrivateDevices = lib.mkDefault true;
    PrivateTmp = true;
    ProtectClock = true;
    ProtectControlGroups = true;
    ProtectHome = true;
    ProtectHostname = true;
    ProtectKernelLogs = true;
    ProtectKernelModules = true;
    ProtectKernelTunables = true;
    ProtectProc = "invisible";
    ProtectSystem = "strict";
    RemoveIPC = true;
    RestrictNamespaces = true;
    RestrictRealtime = true;
    RestrictSUIDSGID = true;
    SystemCallArchitectures = "native";
    # Refused calls fail; a library that merely tries one lives on.
    SystemCallErrorNumber = "EPERM";
    UMask = lib.mkDefault "0077";
  };

  # For a small program that a unit of ours starts: no network but unix sockets, no rights, no memory both writable and executable.
  helperSandbox = sandbox // {
    MemoryDenyWriteExecute = true;
    PrivateNetwork = true;
    ProcSubset = "pid";
    RestrictAddressFamilies = [ "AF_UNIX" ];
    SystemCallFilter = [
      "@system-service"
      "~@privileged @resources"
    ];
  };

  # Host of `http://host:port/…` or `host:port`, IPv6 brackets removed; null if it is neither.
  hostOf =
    address:
    let
      found = builtins.match "(https?://)?([^/@]*@)?([[]([0-9a-fA-F:.]+)[]]|[^/:@]+)(:[0-9]+)?(/.*)?" address;
      bracketed = builtins.elemAt found 3;
    in
    if found == null then
      null
    else if bracketed != null then
      bracketed
    else
      builtins.elemAt found 2;

  # Whether only this machine can be meant.
  isLoopback =
    address:
    let
      host = hostOf address;
    in
    host != null && (builtins.match "127\\.[0-9.]+|::1|(.*\\.)?localhost" host) != null;
}
