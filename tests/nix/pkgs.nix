# Stands for nixpkgs: packages that have a name, a version and a place in the store, and can't be built.
{ lib }:
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
      meta.mainProgram = name;
    }
    // more;
  script =
    name: text:
    package name "0" {
      inherit text;
    };
in
{
  stdenv.hostPlatform = {
    system = "x86_64-linux";
    is64bit = true;
  };
  caddy = package "caddy" "2.11.0" { };
  ffmpeg-headless = package "ffmpeg" "8.0" { };
  garage_2 = package "garage" "2.3.0" { };
  jq = package "jq" "1.8.1" { };
  ollama-cpu = package "ollama" "0.21.0" { };
  ollama-cuda = package "ollama" "0.21.0" { };
  openssl = package "openssl" "3.6.0" { };
  postgresql_17 = package "postgresql" "17.9" { };
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
  systemd = package "systemd" "259.1" { };
  writeShellApplication = { name, text, ... }: script name text;
}
