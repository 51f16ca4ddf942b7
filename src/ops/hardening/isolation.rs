//! Units, users, ports and the firewall.

use super::facts::Facts;
use super::units::{Units, WORK};
use super::{Found, NotApplicable, Outcome, Pass, hidden, pass_if};

/// Ports that other machines may reach.
const WANTED: [u16; 3] = [22, 80, 443];
/// Where frameworks, databases and consoles listen while somebody develops.
const DEVELOPMENT: [u16; 15] =
    [1250, 3000, 3900, 3903, 5173, 5432, 5555, 6379, 8000, 8080, 9000, 9001, 9090, 9200, 11434];

/// Property and the values of it that count as shut.
const SHUT: [(&str, &[&str]); 15] = [
    ("ProtectSystem", &["strict"]),
    ("ProtectHome", &["yes", "read-only", "tmpfs"]),
    ("PrivateTmp", &["yes"]),
    ("ProtectKernelTunables", &["yes"]),
    ("ProtectKernelModules", &["yes"]),
    ("ProtectKernelLogs", &["yes"]),
    ("ProtectControlGroups", &["yes", "private", "strict"]),
    ("ProtectClock", &["yes"]),
    ("ProtectHostname", &["yes", "private"]),
    ("RestrictNamespaces", &["yes"]),
    ("RestrictSUIDSGID", &["yes"]),
    ("LockPersonality", &["yes"]),
    ("RestrictRealtime", &["yes"]),
    ("CapabilityBoundingSet", &[""]),
    ("UMask", &["0077", "0027"]),
];

fn of_units(units: &Result<Units, String>, look: impl Fn(&Units) -> Vec<String>, fine: &str) -> Outcome {
    match units {
        Ok(units) => {
            let faults = look(units);
            pass_if(faults.is_empty(), if faults.is_empty() { fine.to_owned() } else { faults.join("; ") })
        }
        Err(why) => hidden(why),
    }
}

pub(super) fn check(facts: &Facts) -> Found {
    let units = &facts.units;
    let yes = |name: &'static str, wanted: &'static [&'static str]| {
        of_units(units, |units| units.others(name, wanted), &format!("{name} is {}", wanted[0]))
    };
    let managed = std::path::Path::new("/run/systemd/system").is_dir();
    let gpu = || {
        of_units(
            units,
            |units| match units.property(WORK, "DevicePolicy") {
                "closed" | "strict" => Vec::new(),
                other => vec![format!("{WORK}: DevicePolicy={other}")],
            },
            "DevicePolicy is closed",
        )
    };
    Found::from([
        (
            "H-11",
            of_units(
                units,
                |units| {
                    let again = &["on-failure", "always", "on-abnormal"];
                    let mut faults = units.others("Restart", again);
                    faults.extend(
                        units.others("UnitFileState", &["enabled", "enabled-runtime", "linked", "generated"]),
                    );
                    faults
                },
                "enabled, and started again on failure",
            ),
        ),
        ("H-12", pass_if(managed, if managed { "systemd" } else { "systemd does not run here" })),
        ("H-13", yes("NoNewPrivileges", &["yes"])),
        ("H-14", yes("Type", &["notify", "notify-reload"])),
        (
            "H-70",
            of_units(
                units,
                |units| {
                    let mut users = Vec::new();
                    let mut faults = units.faults(|units, unit| {
                        let user = units.property(unit, "User");
                        matches!(user, "" | "root").then(|| "runs as root".to_owned())
                    });
                    for unit in [super::units::WEB, WORK] {
                        users.push(units.property(unit, "User"));
                    }
                    if users[0] == users[1] {
                        faults.push(format!("both run as {}", users[0]));
                    }
                    faults
                },
                "two users, neither of them root",
            ),
        ),
        ("H-71", if facts.gpu { gpu() } else { NotApplicable("there is no GPU") }),
        ("H-72", models(facts)),
        (
            "H-73",
            of_units(
                units,
                |units| {
                    let mut faults: Vec<_> =
                        SHUT.iter().flat_map(|(name, wanted)| units.others(name, wanted)).collect();
                    faults.extend(units.faults(|units, unit| {
                        units
                            .property(unit, "SystemCallFilter")
                            .is_empty()
                            .then(|| "no SystemCallFilter".into())
                    }));
                    faults
                },
                "read-only system, no capabilities, system calls filtered",
            ),
        ),
        (
            "H-74",
            of_units(
                units,
                |units| {
                    let unlimited = |name: &'static str| {
                        units.faults(move |units, unit| {
                            matches!(units.property(unit, name), "" | "infinity")
                                .then(|| format!("no {name}"))
                        })
                    };
                    [unlimited("MemoryMax"), unlimited("TasksMax")].concat()
                },
                "MemoryMax and TasksMax are set; media programs have 1 GiB",
            ),
        ),
        ("H-75", ports(facts, |port| !WANTED.contains(&port), "nothing else")),
        ("H-76", ports(facts, |port| DEVELOPMENT.contains(&port), "none of them")),
        ("H-77", firewall(facts)),
        (
            "H-78",
            of_units(
                units,
                |units| {
                    units.faults(|units, unit| {
                        let denied = units.property(unit, "IPAddressDeny");
                        (!(denied.contains("0.0.0.0/0") && denied.contains("::/0")))
                            .then(|| "IPAddressDeny is not any".into())
                    })
                },
                "every address is denied but those that are named",
            ),
        ),
    ])
}

fn models(facts: &Facts) -> Outcome {
    use std::os::unix::fs::MetadataExt;
    let dir = &facts.config.models.dir;
    match std::fs::metadata(dir) {
        Err(error) => super::Fail(format!("{}: {error}", dir.display())),
        Ok(found) => {
            let closed = found.uid() == 0 && found.mode() & 0o022 == 0;
            pass_if(
                closed,
                format!("{} is of user {}, mode {:o}", dir.display(), found.uid(), found.mode() & 0o7777),
            )
        }
    }
}

fn ports(facts: &Facts, unwanted: impl Fn(u16) -> bool, fine: &str) -> Outcome {
    match facts.open() {
        Err(why) => hidden(&why),
        Ok(open) => {
            let mut found: Vec<String> =
                open.iter().filter(|one| unwanted(one.port())).map(ToString::to_string).collect();
            found.sort();
            found.dedup();
            pass_if(found.is_empty(), if found.is_empty() { fine.into() } else { found.join(", ") })
        }
    }
}

/// The kernel's own list, which root alone may read.
fn firewall(facts: &Facts) -> Outcome {
    if !facts.root {
        return hidden("not root");
    }
    for (program, arguments) in
        [("nft", &["list", "ruleset"][..]), ("iptables-save", &[]), ("iptables", &["-S"])]
    {
        let Ok(done) = std::process::Command::new(program).args(arguments).output() else { continue };
        if !done.status.success() {
            continue;
        }
        let rules = String::from_utf8_lossy(&done.stdout);
        let drops = [
            "policy drop",
            "INPUT DROP",
            "reject",
            "REJECT",
            "-j DROP",
            "nixos-fw-refuse",
            "nixos-fw-log-refuse",
        ];
        if drops.iter().any(|sign| rules.contains(sign)) && rules.to_lowercase().contains("input") {
            return Pass(format!("{program}: incoming packets are filtered"));
        }
    }
    super::Fail("no rule that drops incoming packets was found (nft, iptables)".into())
}
