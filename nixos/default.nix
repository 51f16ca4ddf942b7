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
  inherit (self.nixosConfigurations) appliance;
  # The machines that the flake names are of this kind.
  theirs = system == appliance.pkgs.stdenv.hostPlatform.system;
  images = import ./appliance/packages.nix {
    inherit pkgs appliance;
    visitor = appliance.extendModules {
      modules = [ ./appliance/visitor.nix ];
    };
    iso = lib.nixosSystem {
      modules = [
        self.nixosModules.default
        (import ./appliance/iso.nix {
          inherit appliance;
          image = images.packages.image;
        })
      ];
    };
  };
  docs = pkgs.callPackage ./docs.nix { api = plain.checks.doc; };

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
    inherit models demo docs;
  }
  // cuda
  // lib.optionalAttrs theirs images.packages;

  apps = {
    default = {
      type = "app";
      program = lib.getExe demo;
      meta.description = "Reflector with all it needs, in this terminal";
    };
  }
  // lib.optionalAttrs theirs {
    appliance = {
      type = "app";
      program = lib.getExe images.run;
      meta.description = "The image in qemu, https://localhost:8443";
    };
    vm = {
      type = "app";
      program = lib.getExe demoMachine.config.system.build.vm;
      meta.description = "The NixOS module in a virtual machine, https://localhost:8443";
    };
  };

  checks =
    import ./checks.nix {
      inherit
        lib
        pkgs
        self
        system
        ;
    }
    // plain.checks
    // {
      formatting = formatting.config.build.check self;
    };
  devShells.default = import ./devshell.nix { inherit pkgs plain; };
  formatter = formatting.config.build.wrapper;
}
