# The program, with crane: dependencies are built once for the package and every check of it.
{
  pkgs,
  crane,
  cuda,
}:
let
  inherit (pkgs) lib;
  craneLib = crane.mkLib pkgs;
  inherit (pkgs.python3Packages) torch;

  # Each tch is made for one libtorch; torch-sys can't check it here, because nixpkgs' libtorch has no build-version file.
  torchOf = {
    "0.24.0" = "2.11.0";
  };
  tch = (lib.importTOML ../Cargo.toml).dependencies.tch;
  wanted =
    torchOf.${tch}
      or (throw "nixos/packages.nix: which libtorch is tch ${tch} made for? Add it to torchOf.");

  source =
    files:
    lib.fileset.toSource {
      root = ../.;
      fileset = lib.fileset.unions files;
    };
  program = [
    ../Cargo.toml
    ../Cargo.lock
    ../build.rs
    ../src
    ../templates
    # `reflector check-config --document` is held to it by a test.
    ../docs/CONFIGURATION.md
  ];

  common = {
    inherit (craneLib.crateNameFromCargoToml { cargoToml = ../Cargo.toml; }) pname version;
    src = source program;
    strictDeps = true;
    nativeBuildInputs = lib.optional cuda pkgs.autoAddDriverRunpath;
    buildInputs = [ torch.lib ];
    # torch-sys and build.rs look for lib/ and include/ below these.
    LIBTORCH = torch.lib;
    LIBTORCH_LIB = torch.lib;
    LIBTORCH_INCLUDE = torch.dev;
    cargoExtraArgs = "--locked";
  };
  cargoArtifacts = craneLib.buildDepsOnly common;
  with' = more: common // { inherit cargoArtifacts; } // more;

  reflector = craneLib.buildPackage (with' {
    # Tests are a check of their own.
    doCheck = false;
    nativeBuildInputs = common.nativeBuildInputs ++ [ pkgs.makeBinaryWrapper ];
    postInstall = ''
      wrapProgram $out/bin/reflector --suffix PATH : ${lib.makeBinPath [ pkgs.ffmpeg-headless ]}
    '';
    passthru.cudaSupport = cuda;
    meta = {
      description = "Turns recordings of meetings into transcripts on your own machine";
      license = lib.licenses.mit;
      mainProgram = "reflector";
      platforms = [
        "x86_64-linux"
        "aarch64-linux"
      ];
    };
  });
in
assert lib.assertMsg (torch.version == wanted)
  "nixpkgs has libtorch ${torch.version}, but tch ${tch} needs ${wanted}; move the nixpkgs input or tch";
{
  inherit reflector;
  inherit (common) LIBTORCH LIBTORCH_LIB LIBTORCH_INCLUDE;

  checks = {
    clippy = craneLib.cargoClippy (with' {
      src = source (
        program
        ++ [
          ../clippy.toml
          ../examples
          ../tests
        ]
      );
      cargoClippyExtraArgs = "--all-targets";
    });
    fmt = craneLib.cargoFmt {
      inherit (common) pname version;
      src = source (
        program
        ++ [
          ../rustfmt.toml
          ../examples
          ../tests
        ]
      );
    };
    doc = craneLib.cargoDoc (with' { });
    # Those beside the code. tests/it needs weights and servers; the virtual machines have them.
    tests = craneLib.cargoTest (with' {
      cargoTestExtraArgs = "--lib";
      nativeBuildInputs = common.nativeBuildInputs ++ [
        pkgs.ffmpeg-headless
        pkgs.postgresql_17
      ];
    });
  };
}
