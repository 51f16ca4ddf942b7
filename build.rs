//! Lets the program find libtorch without LD_LIBRARY_PATH: the folder it was linked from becomes its rpath. And compiles the few kernels of our
//! own (src/speech/native), which use libtorch's headers.
//! Under Nix those folders are in the store (nixos/packages.nix).

use std::path::Path;

const KERNELS: [&str; 5] = [
    "src/speech/native/attention.cpp",
    "src/speech/native/linear.cpp",
    "src/speech/native/memory.cpp",
    "src/speech/native/pieces.cpp",
    "src/speech/native/integers.cpp",
];
/// What they include of our own.
const INCLUDED: [&str; 2] = ["src/speech/native/pieces.h", "src/speech/native/tiles.h"];

/// Where libtorch's headers say which version they are.
const VERSION: &str = "include/torch/headeronly/version.h";

fn main() {
    for name in ["LIBTORCH", "LIBTORCH_LIB", "LIBTORCH_INCLUDE"] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    for kernel in KERNELS.iter().chain(&INCLUDED) {
        println!("cargo:rerun-if-changed={kernel}");
    }
    let folder = |name: &str| std::env::var(name).or_else(|_| std::env::var("LIBTORCH"));
    if let Ok(include) = folder("LIBTORCH_INCLUDE") {
        let header = Path::new(&include).join(VERSION);
        println!("cargo:rerun-if-changed={}", header.display());
        if let Some(version) = version(&header) {
            println!("cargo:rustc-env=LIBTORCH_LINKED={version}");
        }
        // Warnings of libtorch's headers are not ours to mend. Always optimised: in the tests too they do most of the work.
        cc::Build::new()
            .cpp(true)
            .std("c++20")
            .files(KERNELS)
            .include(Path::new(&include).join("include"))
            .opt_level(3)
            .debug(false)
            .flag("-fopenmp")
            .warnings(false)
            .compile("reflector_kernels");
        println!("cargo:rustc-link-lib=gomp");
    }
    if let Ok(root) = folder("LIBTORCH_LIB") {
        let lib = Path::new(&root).join("lib");
        let lib = std::fs::canonicalize(&lib).unwrap_or(lib);
        println!("cargo:rustc-link-arg=-Wl,-rpath,{}", lib.display());
        // libtorch_cpu is needed although nothing names a symbol of it directly in every binary.
        println!("cargo:rustc-link-arg=-Wl,--no-as-needed,-ltorch_cpu,--as-needed");
        println!("cargo:rustc-link-arg=-lc10");
        println!("cargo:rustc-link-search=native={}", lib.display());
    }
}

/// `2.11.0`, of its three numbers.
fn version(header: &Path) -> Option<String> {
    let header = std::fs::read_to_string(header).ok()?;
    let number = |part: &str| {
        let line = header.lines().find(|line| line.starts_with(&format!("#define TORCH_VERSION_{part} ")))?;
        line.split_whitespace().last()?.parse::<u32>().ok()
    };
    Some(format!("{}.{}.{}", number("MAJOR")?, number("MINOR")?, number("PATCH")?))
}
