# Stands for nixpkgs' runNixOSTest: every machine of a test is evaluated, and its script handed over to be read as Python.
{
  lib,
  pkgs,
  evaluate,
}:
module:
let
  inherit (lib) types;
  option = type: default: lib.mkOption { inherit type default; };
  made =
    (lib.evalModules {
      modules = [
        module
        {
          options = {
            name = lib.mkOption { type = types.str; };
            nodes = option (types.lazyAttrsOf types.deferredModule) { };
            testScript = lib.mkOption { type = types.str; };
          };
          config._module.args = { inherit pkgs; };
        }
      ];
    }).config;
  machine =
    name: node:
    let
      inherit
        (evaluate {
          imports = [
            node
            { networking.hostName = lib.mkDefault name; }
          ];
        })
        config
        ;
    in
    # A machine without Reflector has no values for all of its options.
    builtins.deepSeq (
      if config.services.reflector.enable then removeAttrs config [ "_module" ] else config.systemd
    ) (map (entry: entry.message) (lib.filter (entry: !entry.assertion) config.assertions));
in
pkgs.toplevel
// {
  story = {
    nodes = lib.mapAttrs machine made.nodes;
    script = made.testScript;
  };
}
