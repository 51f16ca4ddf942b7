{
  description = "A machine that runs Reflector";

  inputs = {
    # Where you have Reflector from; a clone is "git+file:///path/to/it".
    reflector.url = "github:OWNER/reflector";
    nixpkgs.follows = "reflector/nixpkgs";
  };

  outputs =
    { nixpkgs, reflector, ... }:
    {
      nixosConfigurations.reflector = nixpkgs.lib.nixosSystem {
        modules = [
          reflector.nixosModules.default
          ./configuration.nix
        ];
      };
    };
}
