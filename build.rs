//! Lets the program find libtorch without LD_LIBRARY_PATH: the folder it was linked from becomes its rpath.
//! Under Nix that folder is in the store (nixos/packages.nix).

fn main() {
    for name in ["LIBTORCH", "LIBTORCH_LIB"] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    let root = std::env::var("LIBTORCH_LIB").or_else(|_| std::env::var("LIBTORCH"));
    if let Ok(root) = root {
        let lib = std::path::Path::new(&root).join("lib");
        let lib = std::fs::canonicalize(&lib).unwrap_or(lib);
        println!("cargo:rustc-link-arg=-Wl,-rpath,{}", lib.display());
        // libtorch_cpu is needed although nothing names a symbol of it directly in every binary.
        println!("cargo:rustc-link-arg=-Wl,--no-as-needed,-ltorch_cpu,--as-needed");
        println!("cargo:rustc-link-search=native={}", lib.display());
    }
}
