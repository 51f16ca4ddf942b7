//! `certs renew`, as a daily timer runs it.

use crate::support::certs::{Foreign, Workbench, openssl};

#[test]
fn a_certificate_with_days_enough_is_left_alone() {
    let bench = Workbench::with_authority();
    bench.certs(&["issue", "reflector.example"]);
    let before = bench.read("certs/server.pem");
    let said = bench.certs(&["renew"]);
    assert!(said.contains("364 days left"), "{said}");
    assert_eq!(bench.read("certs/server.pem"), before);
}

#[test]
fn one_that_is_about_to_end_is_renewed_for_the_same_names_and_days() {
    let bench = Workbench::with_authority();
    bench.certs(&[
        "issue",
        "reflector.example",
        "--san",
        "DNS:gpu.local",
        "--san",
        "IP:10.0.0.7",
        "--days",
        "20",
    ]);
    let (before, key) = (bench.read("certs/server.pem"), bench.read("certs/server-key.pem"));
    let names = |bench: &Workbench| {
        openssl(&[
            "x509",
            "-in",
            &bench.path("certs/server.pem"),
            "-noout",
            "-subject",
            "-ext",
            "subjectAltName",
        ])
    };
    let wanted = names(&bench);
    let said = bench.certs(&["renew"]);
    assert!(said.contains("renewed with 19 days left") && said.contains("in 19 days"), "{said}");
    assert_ne!(bench.read("certs/server.pem"), before);
    assert_ne!(bench.read("certs/server-key.pem"), key, "the key is new too");
    assert_eq!(names(&bench), wanted);
    let verified =
        openssl(&["verify", "-CAfile", &bench.path("certs/ca.crt"), &bench.path("certs/server.pem")]);
    assert!(verified.contains(": OK"), "{verified}");
}

#[test]
fn what_can_not_be_renewed_is_said_with_the_reason() {
    let bench = Workbench::with_authority();
    let why = bench.refused(&["renew"]);
    assert!(why.contains("server.pem is not there"), "{why}");

    // The authority itself ends with it.
    let short = Workbench::new();
    short.certs(&["init", "--days", "10"]);
    short.certs(&["issue", "a.example", "--days", "365"]);
    let why = short.refused(&["renew"]);
    assert!(why.contains("the authority itself ends on"), "{why}");

    // Somebody else issued it.
    let foreign = Foreign::new();
    let (cert, key) = foreign.server("b.example", 20);
    let taken = Workbench::new();
    taken.certs(&["import", &cert, &foreign.path("inter.crt"), &foreign.path("root.crt"), "--key", &key]);
    let why = taken.refused(&["renew"]);
    assert!(why.contains("19 days left") && why.contains("Foreign Issuing CA issued it"), "{why}");
    assert!(taken.certs(&["renew", "--within", "10"]).contains("19 days left"));
}
