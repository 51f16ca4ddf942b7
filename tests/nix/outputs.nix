# The flake's outputs, evaluated with stand-ins for its inputs.
{
  lib,
  evaluate,
}:
let
  nixpkgs = {
    outPath = ./nixpkgs;
    legacyPackages =
      lib.genAttrs
        [
          "x86_64-linux"
          "aarch64-linux"
        ]
        (
          system:
          import ./nixpkgs/pkgs.nix { inherit lib system; }
          // {
            testers.runNixOSTest = import ./story.nix {
              inherit lib evaluate;
              pkgs = import ./nixpkgs/pkgs.nix { inherit lib system; };
            };
          }
        );
    lib = lib // {
      nixosSystem =
        { modules }:
        let
          # What is added later is added to all of it.
          whole =
            modules:
            (evaluate { imports = modules; })
            // {
              pkgs = nixpkgs.legacyPackages.x86_64-linux;
              extendModules = more: whole (modules ++ more.modules);
            };
        in
        whole modules;
    };
  };

  # Crane's functions give a package each; what they are given is evaluated.
  crane.mkLib =
    pkgs:
    let
      built =
        kind: arguments:
        builtins.deepSeq (removeAttrs arguments [
          "buildInputs"
          "nativeBuildInputs"
          "cargoArtifacts"
        ]) pkgs.reflector
        // {
          name = kind;
          src = "${arguments.src}";
        }
        // arguments.passthru or { };
    in
    lib.genAttrs [
      "buildDepsOnly"
      "buildPackage"
      "cargoClippy"
      "cargoDoc"
      "cargoFmt"
      "cargoTest"
    ] built
    // {
      crateNameFromCargoToml = { cargoToml }: {
        pname = "reflector";
        inherit ((lib.importTOML cargoToml).package) version;
      };
    };

  treefmt-nix.lib.evalModule =
    pkgs: file:
    builtins.deepSeq (import file) {
      config.build = {
        wrapper = pkgs.nixfmt;
        check = _: pkgs.nixfmt;
      };
    };

  self = (import ../../flake.nix).outputs {
    inherit
      self
      nixpkgs
      crane
      treefmt-nix
      ;
  };
  # `assertions` of a machine that fail; what must be built for it is looked at, too.
  failed =
    made: map (entry: entry.message) (lib.filter (entry: !entry.assertion) made.config.assertions);
  demo = self.packages.x86_64-linux.demo;
  paths = lib.mapAttrs (_: lib.mapAttrs (_: value: value.program or value.outPath));
in
{
  # { output = { system = { name = path; }; }; }
  names = {
    packages = paths self.packages;
    apps = paths self.apps;
    checks = paths self.checks;
    devShells = paths self.devShells;
    formatter = paths (lib.mapAttrs (_: formatter: { inherit formatter; }) self.formatter);
  };
  # { configuration = [ message ]; }
  configurations = lib.mapAttrs (_: failed) self.nixosConfigurations;
  # { template = [ file ]; }
  templates = lib.mapAttrs (
    _: template:
    assert lib.isString template.description;
    lib.attrNames (builtins.readDir template.path)
  ) self.templates;
  module = lib.isFunction self.nixosModules.default;
  # { test = { nodes = { machine = [ message ]; }; script = text; }; }
  stories = lib.mapAttrs (_: check: check.story) (
    lib.filterAttrs (_: check: check ? story) self.checks.x86_64-linux
  );
  # As tests/nix/rendered keeps them.
  files = {
    "flake/scripts/reflector-demo" = "#!/bin/bash\nset -euo pipefail\n${demo.text}";
    "flake/process-compose.yaml" = builtins.toJSON demo.processes;
  };
}
