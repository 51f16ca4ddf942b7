//! `certs import`: what companies hand out, made by OpenSSL.

use std::path::Path;

use crate::certs::mode;
use crate::support::certs::{Foreign, Workbench, openssl};

fn verified(bench: &Workbench) {
    // OpenSSL reads the first certificate of the file as the server's and takes the others as intermediates.
    let chain = bench.path("certs/server.pem");
    let said = openssl(&["verify", "-CAfile", &bench.path("certs/ca.crt"), "-untrusted", &chain, &chain]);
    assert!(said.contains(": OK"), "{said}");
    assert_eq!(mode(&bench.path("certs/server-key.pem")), 0o600);
}

#[test]
fn a_pem_chain_is_put_in_order_with_the_root_apart() {
    let (foreign, bench) = (Foreign::new(), Workbench::new());
    let (cert, key) = foreign.server("corp.example", 300);
    // Upside down, as mail programs tend to do it.
    let all: String = [&foreign.path("root.crt"), &foreign.path("inter.crt"), &cert, &key]
        .map(|file| std::fs::read_to_string(file).unwrap())
        .concat();
    std::fs::write(bench.path("all.pem"), all).unwrap();
    bench.certs(&["import", "all.pem"]);
    verified(&bench);
    let shown: serde_json::Value =
        serde_json::from_str(&bench.certs(&["show", "--json", "certs/server.pem"])).unwrap();
    let subjects: Vec<_> =
        shown.as_array().unwrap().iter().map(|one| one["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, ["CN=corp.example", "CN=Foreign Issuing CA"]);
    assert_eq!(bench.read("certs/ca.crt").matches("BEGIN CERTIFICATE").count(), 1);
}

#[test]
fn pkcs12_as_openssl_makes_it_today_and_as_it_made_it_once() {
    let foreign = Foreign::new();
    let (cert, key) = foreign.server("corp.example", 300);
    std::fs::write(foreign.path("password"), "correct horse\n").unwrap();
    let chain = foreign.path("chain.pem");
    let both = ["inter.crt", "root.crt"].map(|file| std::fs::read_to_string(foreign.path(file)).unwrap());
    std::fs::write(&chain, both.concat()).unwrap();
    let old = ["-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"];
    for (name, extra) in [("new.p12", &[][..]), ("old.pfx", &old[..])] {
        let file = foreign.path(name);
        let mut arguments =
            vec!["pkcs12", "-export", "-in", &cert, "-inkey", &key, "-certfile", &chain, "-out", &file];
        arguments.extend(["-passout", "pass:correct horse"]);
        arguments.extend(extra);
        openssl(&arguments);
        if name == "new.p12" {
            let info =
                openssl(&["pkcs12", "-in", &file, "-info", "-nokeys", "-passin", "pass:correct horse"]);
            assert!(info.contains("PBES2") && info.contains("AES-256-CBC"), "{info}");
        }
        let bench = Workbench::new();
        let why = bench.refused(&["import", &file]);
        assert!(why.contains("--password-file"), "{why}");
        std::fs::write(bench.path("wrong"), "not it").unwrap();
        let why = bench.refused(&["import", &file, "--password-file", "wrong"]);
        assert!(why.contains("with that password"), "{why}");
        bench.certs(&["import", &file, "--password-file", &foreign.path("password")]);
        verified(&bench);
    }
    // Certificates alone, as a company hands out its authorities.
    let file = foreign.path("trust.p12");
    openssl(&[
        "pkcs12",
        "-export",
        "-nokeys",
        "-in",
        &chain,
        "-out",
        &file,
        "-passout",
        "pass:correct horse",
    ]);
    let bench = Workbench::new();
    bench.certs(&["import", &file, "--password-file", &foreign.path("password")]);
    assert_eq!(bench.read("certs/ca.crt").matches("BEGIN CERTIFICATE").count(), 2);
    assert!(!Path::new(&bench.path("certs/server.pem")).exists());
}

#[test]
fn an_authority_alone_in_der_is_enough() {
    let (foreign, bench) = (Foreign::new(), Workbench::new());
    let der = foreign.path("root.cer");
    openssl(&["x509", "-in", &foreign.path("root.crt"), "-outform", "DER", "-out", &der]);
    bench.certs(&["import", &der]);
    assert!(bench.read("certs/ca.crt").starts_with("-----BEGIN CERTIFICATE-----"));
    assert!(!Path::new(&bench.path("certs/server.pem")).exists());
}

#[test]
fn a_useless_certificate_is_refused_with_the_reason_and_nothing_is_written() {
    let (foreign, bench) = (Foreign::new(), Workbench::new());
    let (cert, key) = foreign.server("corp.example", 300);
    let (_, other) = foreign.server("other.example", 300);
    let (expired, expired_key) = foreign.server("late.example", -3);
    let (early, early_key) = foreign.future("early.example");
    let nameless = foreign.nameless("bare.example");
    let locked = foreign.path("locked.pem");
    openssl(&["pkey", "-in", &key, "-aes256", "-passout", "pass:x", "-out", &locked]);
    let cases: [(&[&str], &str); 8] = [
        (&[&cert], "without its private key"),
        (&[&cert, "--key", &other], "does not match"),
        (&[&expired, "--key", &expired_key], "expired on"),
        (&[&early, "--key", &early_key], "is not valid before"),
        (&[&nameless.0, "--key", &nameless.1], "carries no subjectAltName"),
        (&[&cert, "--key", &locked], "locked with a password"),
        (&[&key], "no certificate"),
        (&["/etc/hostname"], "neither a certificate nor a key"),
    ];
    for (files, reason) in cases {
        let arguments = [&["import"], files].concat();
        let why = bench.refused(&arguments);
        assert!(why.contains(reason), "{arguments:?}: {why}");
        assert!(!Path::new(&bench.path("certs")).exists(), "{arguments:?} wrote something");
    }
}

#[test]
fn a_chain_that_its_own_root_does_not_stand_for_is_refused() {
    let (foreign, bench) = (Foreign::new(), Workbench::new());
    // A real issuer, but the certificate is for signing mail.
    let (cert, key) = foreign.client_only("mail.example");
    let why = bench.refused(&[
        "import",
        &cert,
        &foreign.path("inter.crt"),
        &foreign.path("root.crt"),
        "--key",
        &key,
    ]);
    assert!(why.contains("is not accepted by who trusts CN=Foreign Root"), "{why}");
}

#[test]
fn an_import_does_not_replace_an_authority_that_was_made_here() {
    let (foreign, bench) = (Foreign::new(), Workbench::with_authority());
    let before = bench.read("certs/ca.crt");
    let why = bench.refused(&["import", &foreign.path("root.crt")]);
    assert!(why.contains("use another --folder"), "{why}");
    assert_eq!(bench.read("certs/ca.crt"), before);
}
