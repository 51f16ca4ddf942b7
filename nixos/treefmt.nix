# `nix fmt`.
{
  projectRootFile = "flake.nix";
  programs = {
    nixfmt.enable = true;
    deadnix = {
      enable = true;
      # Arguments that a file does not use may be part of its interface.
      no-lambda-pattern-names = true;
    };
    rustfmt.enable = true;
  };
}
