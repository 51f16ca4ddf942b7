//! `reflector certs`: what it makes and takes in is judged by OpenSSL and by a real Caddy, not by ourselves.

mod import;
mod page;
mod renew;
mod serve;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::certs::{Workbench, openssl};

#[test]
fn init_makes_an_authority_that_openssl_takes_for_one() {
    let bench = Workbench::new();
    let said = bench.certs(&["init", "--name", "House CA", "--organization", "Example", "--days", "4000"]);
    assert!(said.contains("House CA"), "{said}");
    let text = openssl(&["x509", "-in", &bench.path("certs/ca.crt"), "-noout", "-text"]);
    for part in ["CA:TRUE", "Certificate Sign", "CN = House CA", "O = Example"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    let days = openssl(&["x509", "-in", &bench.path("certs/ca.crt"), "-noout", "-checkend", "345000000"]);
    assert!(days.contains("will not expire"), "4000 days are {days}");
    assert_eq!(mode(&bench.path("certs/ca.key")), 0o600);
    assert_eq!(mode(&bench.path("certs/ca.crt")), 0o644);
}

#[test]
fn init_does_not_replace_an_authority_that_is_there() {
    let bench = Workbench::with_authority();
    let before = bench.read("certs/ca.crt");
    let why = bench.refused(&["init"]);
    assert!(why.contains("ca.crt is there already"), "{why}");
    std::fs::remove_file(bench.path("certs/ca.crt")).unwrap();
    let why = bench.refused(&["init"]);
    assert!(why.contains("ca.key is there already"), "{why}");
    assert_ne!(before, "");
}

#[test]
fn issue_makes_a_chain_that_openssl_verifies_with_the_names_asked_for() {
    let bench = Workbench::with_authority();
    bench.certs(&["issue", "reflector.example", "--san", "DNS:gpu.local", "--san", "IP:192.168.1.100"]);
    let verified = openssl(&[
        "verify",
        "-CAfile",
        &bench.path("certs/ca.crt"),
        "-purpose",
        "sslserver",
        &bench.path("certs/server.pem"),
    ]);
    assert!(verified.contains(": OK"), "{verified}");
    let names =
        openssl(&["x509", "-in", &bench.path("certs/server.pem"), "-noout", "-ext", "subjectAltName"]);
    for name in [
        "DNS:reflector.example",
        "DNS:localhost",
        "IP Address:127.0.0.1",
        "IP Address:0:0:0:0:0:0:0:1",
        "DNS:gpu.local",
        "IP Address:192.168.1.100",
    ] {
        assert!(names.contains(name), "no {name} in {names}");
    }
    assert_eq!(mode(&bench.path("certs/server-key.pem")), 0o600);
    assert_eq!(mode(&bench.path("certs/server.pem")), 0o644);
}

#[test]
fn issue_refuses_what_no_browser_would_take() {
    let bench = Workbench::with_authority();
    for (arguments, reason) in [
        (vec!["issue", "reflector.example", "--days", "826"], "from 1 to 825"),
        (vec!["issue", "not a name"], "neither a host name nor an address"),
        (vec!["issue", "bücher.example"], "xn--"),
    ] {
        let why = bench.refused(&arguments);
        assert!(why.contains(reason), "{why}");
    }
    let (code, why) = bench.run(&["issue", "a.example", "--san", "gpu.local"]);
    assert!(code == Some(2) && why.contains("DNS:name or IP:address"), "{why}");
    assert!(!Path::new(&bench.path("certs/server.pem")).exists());
}

#[test]
fn issue_needs_the_authoritys_own_key() {
    let bench = Workbench::with_authority();
    let other = Workbench::with_authority();
    std::fs::copy(other.path("certs/ca.key"), bench.path("certs/ca.key")).unwrap();
    let why = bench.refused(&["issue", "a.example"]);
    assert!(why.contains("is not the key of"), "{why}");
    std::fs::remove_file(bench.path("certs/ca.key")).unwrap();
    let why = bench.refused(&["issue", "a.example"]);
    assert!(why.contains("only they can issue"), "{why}");
}

#[test]
fn a_new_pair_takes_the_place_of_the_old_one_in_one_step() {
    let bench = Workbench::with_authority();
    // Two plain files, as other tools leave them.
    bench.certs(&["issue", "a.example"]);
    let (chain, key) = (bench.read("certs/server.pem"), bench.read("certs/server-key.pem"));
    for entry in ["server.pem", "server-key.pem", ".current"] {
        std::fs::remove_file(bench.path(&format!("certs/{entry}"))).unwrap();
    }
    std::fs::remove_dir_all(bench.path("certs/.pairs")).unwrap();
    std::fs::write(bench.path("certs/server.pem"), &chain).unwrap();
    std::fs::write(bench.path("certs/server-key.pem"), &key).unwrap();

    for round in 0..4 {
        bench.certs(&["issue", &format!("r{round}.example")]);
        // One link is turned; both names lead through it.
        let current = std::fs::read_link(bench.path("certs/.current")).unwrap();
        for file in ["server.pem", "server-key.pem"] {
            let through = std::fs::read_link(bench.path(&format!("certs/{file}"))).unwrap();
            assert_eq!(through, Path::new(".current").join(file));
            assert!(Path::new(&bench.path("certs")).join(&current).join(file).is_file());
        }
        assert!(bench.certs(&["show"]).contains("key          matches"));
    }
    let kept = std::fs::read_dir(bench.path("certs/.pairs")).unwrap().count();
    assert_eq!(kept, 2, "the pair in use and the one before");
    let rest: Vec<_> =
        std::fs::read_dir(bench.path("certs")).unwrap().flatten().map(|it| it.file_name()).collect();
    assert_eq!(rest.len(), 6, "nothing else is left behind: {rest:?}");
}

#[test]
fn show_says_what_openssl_says() {
    let bench = Workbench::with_authority();
    bench.certs(&["issue", "reflector.example", "--days", "90"]);
    let shown: serde_json::Value = serde_json::from_str(&bench.certs(&["show", "--json"])).unwrap();
    let [authority, server] = shown.as_array().unwrap().as_slice() else { panic!("{shown}") };
    for (entry, file) in [(authority, "ca.crt"), (server, "server.pem")] {
        let print = openssl(&[
            "x509",
            "-in",
            &bench.path(&format!("certs/{file}")),
            "-noout",
            "-fingerprint",
            "-sha256",
        ]);
        assert!(print.trim().ends_with(entry["fingerprint_sha256"].as_str().unwrap()), "{print}");
        assert_eq!(entry["key_matches"], true);
    }
    assert_eq!(server["days_left"], 89);
    assert_eq!(server["issuer"], authority["subject"]);
    assert_eq!((&authority["authority"], &server["authority"]), (&true.into(), &false.into()));

    let elsewhere = Workbench::with_authority();
    elsewhere.certs(&["issue", "other.example"]);
    std::fs::copy(elsewhere.path("certs/server-key.pem"), bench.path("certs/server-key.pem")).unwrap();
    let told = bench.certs(&["show", "certs/server.pem"]);
    assert!(told.contains("DOES NOT MATCH") && told.contains("DNS:reflector.example"), "{told}");
    assert!(!told.contains("PRIVATE KEY"));
}

#[test]
fn modes_do_not_depend_on_the_umask() {
    let bench = Workbench::new();
    let script = format!(
        "umask 0077 && {0} certs init && {0} certs issue a.example && umask 0 && {0} certs issue b.example",
        env!("CARGO_BIN_EXE_reflector")
    );
    let ran =
        std::process::Command::new("sh").args(["-c", &script]).current_dir(bench.path(".")).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    for (file, wanted) in [
        ("certs", 0o755),
        ("certs/ca.crt", 0o644),
        ("certs/ca.key", 0o600),
        ("certs/server.pem", 0o644),
        ("certs/server-key.pem", 0o600),
    ] {
        assert_eq!(mode(&bench.path(file)), wanted, "{file}");
    }
}

pub fn mode(path: &str) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}
