# `nix develop`: what docs/DEVELOPING.md has set-up install, from nixpkgs.
{ pkgs, plain }:
pkgs.mkShell {
  inherit (plain) LIBTORCH LIBTORCH_LIB LIBTORCH_INCLUDE;
  inputsFrom = [ plain.reflector ];
  packages = [
    pkgs.caddy
    pkgs.cargo
    pkgs.chromedriver
    pkgs.chromium
    pkgs.clippy
    pkgs.deadnix
    pkgs.diesel-cli
    pkgs.ffmpeg-headless
    pkgs.garage_2
    pkgs.nixfmt
    pkgs.postgresql_17
    pkgs.redis
    pkgs.rust-analyzer
    pkgs.rustc
    pkgs.rustfmt
  ];
  # Where Rust's own sources are, for rust-analyzer.
  RUST_SRC_PATH = pkgs.rustPlatform.rustLibSrc;
}
