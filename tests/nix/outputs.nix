# The flake's outputs, evaluated with stand-ins for its inputs.
{
  lib,
  evaluate,
}:
let
  nixpkgs = {
    outPath = ./nixpkgs;
    legacyPackages = lib.genAttrs [
      "x86_64-linux"
      "aarch64-linux"
    ] (system: import ./nixpkgs/pkgs.nix { inherit lib system; });
    lib = lib // {
      nixosSystem =
        { modules }:
        (evaluate { imports = modules; })
        // {
          pkgs = nixpkgs.legacyPackages.x86_64-linux;
        };
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
  };
  # As tests/nix/rendered keeps them.
  files = {
    "flake/scripts/reflector-demo" = "#!/bin/bash\nset -euo pipefail\n${demo.text}";
    "flake/process-compose.yaml" = builtins.toJSON demo.processes;
  };
}
