# What the flake offers on one system; a file a kind.
{
  system,
  nixpkgs,
  crane,
  treefmt-nix,
  self,
}:
let
  inherit (nixpkgs) lib;
  pkgs = nixpkgs.legacyPackages.${system};
  build = pkgs: cuda: import ./packages.nix { inherit pkgs crane cuda; };
  plain = build pkgs false;
  models = pkgs.callPackage ./models.nix { inherit (plain) reflector; };
  demo = pkgs.callPackage ./demo.nix {
    inherit models;
    inherit (plain) reflector;
  };
  formatting = treefmt-nix.lib.evalModule pkgs ./treefmt.nix;

  demoMachine = self.nixosConfigurations.demo;

  # CUDA is unfree and exists for this system alone; torch and ollama of this instance alone are built with it.
  cuda = lib.optionalAttrs (system == "x86_64-linux") {
    reflector-cuda =
      (build (import nixpkgs {
        inherit system;
        config = {
          allowUnfree = true;
          cudaSupport = true;
        };
      }) true).reflector;
  };
in
{
  packages = {
    default = plain.reflector;
    inherit (plain) reflector;
    inherit models demo;
  }
  // cuda;

  apps = {
    default = {
      type = "app";
      program = lib.getExe demo;
      meta.description = "Reflector with all it needs, in this terminal";
    };
  }
  // lib.optionalAttrs (system == demoMachine.pkgs.stdenv.hostPlatform.system) {
    vm = {
      type = "app";
      program = lib.getExe demoMachine.config.system.build.vm;
      meta.description = "The NixOS module in a virtual machine, https://localhost:8443";
    };
  };

  checks =
    import ./checks.nix { inherit lib self system; }
    // plain.checks
    // {
      formatting = formatting.config.build.check self;
    };
  devShells.default = import ./devshell.nix { inherit pkgs plain; };
  formatter = formatting.config.build.wrapper;
}
