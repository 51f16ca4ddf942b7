# Everything that needs nixpkgs' own lib: evaluates the modules against typed stubs. `what` names one of the results below.
{
  libPath,
  stubsFile,
  what,
  case ? null,
}:
let
  lib = import libPath;
  pkgs = import ./nixpkgs/pkgs.nix { inherit lib; };
  stubs = import ./stubs.nix {
    inherit lib;
    stubs = lib.importJSON stubsFile;
  };
  evaluate =
    module:
    lib.evalModules {
      specialArgs.modulesPath = toString ./nixpkgs/modules;
      modules = [
        ../../modules
        stubs
        {
          _module.args.pkgs = lib.mkDefault pkgs;
          services.caddy.package = pkgs.caddy;
          systemd.package = pkgs.systemd;
          system.build = { inherit (pkgs) toplevel; };
        }
        module
      ];
    };
  failed =
    config: map (entry: entry.message) (lib.filter (entry: !entry.assertion) config.assertions);

  # Reads everything to its last leaf, so that no value escapes its type.
  force = config: builtins.deepSeq (removeAttrs config [ "_module" ]);

  accepted = import ./accepted.nix { inherit pkgs; };
  refused = import ./refused.nix { inherit lib pkgs; };
  mistyped = import ./mistyped.nix;

  results = {
    # { configuration = { failed = [ message ]; files = { path = text; }; }; }
    accepted = lib.mapAttrs (
      _: module:
      let
        inherit (evaluate module) config;
      in
      {
        failed = force config (failed config);
        files = import ./render.nix { inherit lib config; };
      }
    ) (if case == null then accepted else lib.getAttrs (lib.splitString " " case) accepted);

    # { case = { words; failed = [ message ]; }; }
    refused = lib.mapAttrs (_: entry: {
      inherit (entry) words;
      failed = failed (evaluate entry.module).config;
    }) refused;

    mistyped = lib.mapAttrs (_: entry: entry.words) mistyped;
    # Throws.
    mistypedCase =
      force
        (evaluate {
          imports = [
            mistyped.${case}.module
            { services.reflector.enable = true; }
          ];
        }).config
        null;

    # What the flake offers.
    outputs = import ./outputs.nix { inherit lib evaluate; };

    # The reference of options, for docs/OPTIONS.md.
    options = lib.filter (option: option.visible && !option.internal) (
      lib.optionAttrSetToDocList (evaluate { }).options.services.reflector
    );
  };
in
results.${what}
