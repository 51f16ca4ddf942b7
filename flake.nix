{
  description = "Reflector: recordings of meetings in, words with speakers, topics and summaries out, on your own machine";

  inputs = {
    # This release carries the libtorch that tch in Cargo.toml was made for; nixos/packages.nix holds it to that.
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
    crane.url = "github:ipetkov/crane";
    treefmt-nix = {
      url = "github:numtide/treefmt-nix";
      inputs.nixpkgs.follows = "nixpkgs";
    };
  };

  outputs =
    {
      self,
      nixpkgs,
      crane,
      treefmt-nix,
    }:
    let
      inherit (nixpkgs) lib;
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      each = lib.genAttrs systems;
      on = each (
        system:
        import ./nixos {
          inherit
            system
            nixpkgs
            crane
            treefmt-nix
            self
            ;
        }
      );
    in
    {
      packages = each (system: on.${system}.packages);
      apps = each (system: on.${system}.apps);
      checks = each (system: on.${system}.checks);
      devShells = each (system: on.${system}.devShells);
      formatter = each (system: on.${system}.formatter);

      nixosModules.default = import ./nixos/module.nix { inherit self; };

      nixosConfigurations =
        let
          machine =
            module:
            lib.nixosSystem {
              modules = [
                self.nixosModules.default
                module
              ];
            };
        in
        {
          # The module in a virtual machine: `nix run .#vm`.
          demo = machine ./nixos/configurations/demo.nix;
          # The image, and the same for a machine with an NVIDIA card.
          appliance = machine ./nixos/appliance;
          appliance-gpu = machine ./nixos/appliance/gpu.nix;
        };

      templates = rec {
        default = single;
        single = {
          path = ./nixos/templates/host;
          description = "One machine that runs Reflector";
        };
        split = {
          path = ./nixos/templates/split;
          description = "Four machines that run Reflector together: pages, speech, database, storage";
        };
      };
    };
}
