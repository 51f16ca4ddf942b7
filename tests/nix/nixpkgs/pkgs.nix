# Stands for nixpkgs' packages: each has a name, a version and a place in the store, and can't be built.
{
  lib,
  system ? "x86_64-linux",
  cuda ? false,
}:
let
  package =
    name: version: more:
    let
      hash = builtins.substring 0 32 (builtins.hashString "sha256" name);
    in
    {
      type = "derivation";
      inherit version;
      pname = name;
      name = "${name}-${version}";
      outPath = "/nix/store/${hash}-${name}-${version}";
      drvPath = "/nix/store/${hash}-${name}-${version}.drv";
      meta.mainProgram = name;
    }
    // more;
  simple = lib.genAttrs [
    "authentik"
    "autoAddDriverRunpath"
    "caddy"
    "cargo"
    "chromedriver"
    "chromium"
    "clippy"
    "coreutils"
    "deadnix"
    "diesel-cli"
    "jq"
    "makeBinaryWrapper"
    "nixfmt"
    "noto-fonts"
    "noto-fonts-cjk-sans"
    "openssl"
    "process-compose"
    "curl"
    "iproute2"
    "qemu"
    "qemu-utils"
    "util-linux"
    "xz"
    "gnupg"
    "python3"
    "redis"
    "restic"
    "rust-analyzer"
    "rustc"
    "rustfmt"
    "systemd"
    "toplevel"
    "unzip"
    "image"
    "uki"
    "iso"
    "vm"
  ] (name: package name "1" { });
  self = simple // {
    # Nix 2.8 lacks what the real one needs; that the files are there can still be said.
    lib = lib // {
      fileset = {
        unions = lib.concatMap lib.toList;
        toSource =
          { fileset, ... }:
          let
            missing = lib.filter (file: !builtins.pathExists file) fileset;
          in
          if missing == [ ] then
            "/nix/store/00000000000000000000000000000000-source"
          else
            throw "no such file: ${toString missing}";
      };
    };
    stdenv.hostPlatform = {
      inherit system;
      is64bit = true;
      efiArch = if system == "x86_64-linux" then "x64" else "aa64";
    };
    callPackage =
      file: more: import file (lib.intersectAttrs (lib.functionArgs (import file)) self // more);
    fetchPypi = { pname, version, ... }: package pname version { };
    ffmpeg-headless = package "ffmpeg" "8.0" { };
    formats.yaml = _: { generate = name: value: package name "0" { inherit value; }; };
    garage_2 = package "garage" "2.3.0" { };
    mkShell = more: package "shell" "0" more;
    ollama-cpu = package "ollama" "0.21.0" { };
    ollama-cuda = package "ollama" "0.21.0" { };
    postgresql_17 = package "postgresql" "17.9" { };
    python3Packages.torch = package "torch" "2.11.0" {
      lib = package "torch-lib" "2.11.0" { };
      dev = package "torch-dev" "2.11.0" { };
      cudaSupport = cuda;
    };
    reflector = package "reflector" "0.1.0" { };
    reflector-cuda = package "reflector" "0.1.0" { cudaSupport = true; };
    reflector-models = package "reflector-models" "1" {
      models = [
        "whisper-base"
        "silero-vad"
        "segmentation-3.0"
        "campplus"
      ];
    };
    OVMF.fd = package "OVMF" "1" { };
    writeText = name: text: package name "0" { inherit text; };
    runCommand =
      name: more: _:
      package name "0" (more.passthru or { });
    runtimeShell = "/bin/sh";
    rustPlatform.rustLibSrc = "/nix/store/00000000000000000000000000000000-rust-src";
    writeShellApplication =
      {
        name,
        text,
        passthru ? { },
        ...
      }:
      package name "0" ({ inherit text; } // passthru);
  };
in
self
