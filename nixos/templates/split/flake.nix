{
  description = "Four machines that run Reflector together";

  inputs = {
    # Where you have Reflector from; a clone is "git+file:///path/to/it".
    reflector.url = "github:OWNER/reflector";
    nixpkgs.follows = "reflector/nixpkgs";
  };

  outputs =
    { nixpkgs, reflector, ... }:
    {
      nixosConfigurations =
        nixpkgs.lib.genAttrs
          [
            "app"
            "speech"
            "database"
            "storage"
          ]
          (
            name:
            nixpkgs.lib.nixosSystem {
              modules = [
                reflector.nixosModules.default
                ./${name}.nix
              ];
            }
          );
    };
}
