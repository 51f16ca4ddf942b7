//! The requirements by their ids, in the order of docs/SECURITY.md; a test holds the two together.

/// One thing that a safe installation has.
#[derive(Debug)]
pub struct Requirement {
    pub id: &'static str,
    /// Which file of this folder checks it.
    pub group: Group,
    pub text: &'static str,
    /// What to do where it does not hold.
    pub remedy: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Host,
    Tls,
    Database,
    Redis,
    Storage,
    Headers,
    Isolation,
    Secrets,
    Health,
}

use Group::*;

const UNITS: &str = "use the NixOS module, or give the units what modules/hardening.nix gives them";
const TUNE: &str = "set services.reflector.postgresql.memoryBudget, or the value in postgresql.conf";
const HEADER: &str = "let the proxy in front pass the program's headers on unchanged";
const LATER: &str = "nothing to do yet";
const PROXY: &str = "let the module's Caddy serve server.site_url, or give your proxy the same";

pub const REQUIREMENTS: &[Requirement] = &[
    r("H-01", Host, "four processor cores or more", "move to a machine with more cores"),
    r("H-02", Host, "8 GB of memory or more", "add memory"),
    r(
        "H-03",
        Host,
        "a disk of 50 GB or more, solid-state",
        "move storage.dir and storage.scratch to a larger SSD",
    ),
    r("H-04", Host, "a GPU has 6 GB of memory or more", "use a larger card, or speech.device = \"cpu\""),
    r("H-05", Host, "the NVIDIA driver is 525 or newer", "let services.reflector.gpu pin the driver"),
    r(
        "H-06",
        Host,
        "the name of server.site_url can be looked up",
        "set server.site_url and an A or AAAA record",
    ),
    r(
        "H-07",
        Tls,
        "the certificate holds the site's name and is trusted here",
        "renew it with the name in its SAN, or trust its authority (docs/TLS.md)",
    ),
    r("H-08", Host, "no licence token is needed", LATER),
    r("H-09", Host, "models are here before the start", "`reflector models pull NAME`, or check models.dir"),
    r(
        "H-10",
        Host,
        "settings are read and checked as a whole",
        "`reflector check-config` says which contradict; several processes need redis.url",
    ),
    r("H-11", Isolation, "units start at boot and again after a crash", UNITS),
    r("H-12", Isolation, "a service manager runs from the start", "run on a machine with systemd, as root"),
    r("H-13", Isolation, "no unit can gain privileges", UNITS),
    r("H-14", Isolation, "units report readiness themselves", UNITS),
    r(
        "H-15",
        Host,
        "program and dependencies have pinned versions",
        "install from the flake, whose lock names every version",
    ),
    r("H-20", Tls, "TLS 1.0 and 1.1 are refused", PROXY),
    r("H-21", Tls, "suites without authenticated encryption are refused", PROXY),
    r("H-22", Tls, "sessions are resumed with keys that do not stay", PROXY),
    r(
        "H-23",
        Headers,
        "browsers keep to HTTPS for a year, sub-domains included",
        "set server.site_url to the https address",
    ),
    r("H-24", Tls, "port 80 only leads to HTTPS", PROXY),
    r("H-25", Tls, "HTTP/2 is offered", PROXY),
    r("H-26", Headers, "no answer names a server's version", PROXY),
    r(
        "H-27",
        Health,
        "an upload above the one limit is refused with a reason",
        "let the proxy pass bodies of 10 GB and leave the refusal to the program",
    ),
    r(
        "H-28",
        Health,
        "a body is judged before it is read, never held whole",
        "check that server.listen answers and nothing buffers in between",
    ),
    r(
        "H-29",
        Health,
        "requests answer at once, long work is a job",
        "`reflector doctor`, and look at the load of the database",
    ),
    r(
        "H-30",
        Tls,
        "event sockets get through the proxy",
        "let the proxy pass Upgrade on, without time limit or buffering",
    ),
    r(
        "H-31",
        Tls,
        "the certificate is renewed in time",
        "check the proxy's or authority's renewal (docs/TLS.md)",
    ),
    r("H-32", Tls, "the site's address is set", "set server.site_url to the address that people use"),
    r(
        "H-33",
        Tls,
        "no console and no metrics are served to the outside",
        "remove their routes from the proxy",
    ),
    r("H-40", Database, "shared_buffers is 256 MB or more", TUNE),
    r("H-41", Database, "effective_cache_size is 1 GB or more", TUNE),
    r("H-42", Database, "work_mem is 4 MB or more, all connections together below a quarter of memory", TUNE),
    r("H-43", Database, "maintenance_work_mem is 64 MB or more", TUNE),
    r("H-44", Database, "random_page_cost fits the disk", TUNE),
    r("H-45", Database, "effective_io_concurrency fits the disk", TUNE),
    r(
        "H-46",
        Database,
        "max_connections leaves room for operators",
        "raise max_connections or lower database.pool_size",
    ),
    r("H-47", Database, "WAL and checkpoints are set for steady writing", TUNE),
    r(
        "H-48",
        Database,
        "PostgreSQL listens on no network address",
        "set listen_addresses = '' and use the unix socket",
    ),
    r(
        "H-49",
        Database,
        "the program's role has no special rights",
        "alter role … nosuperuser nocreatedb nocreaterole; one role for Reflector alone",
    ),
    r(
        "H-50",
        Database,
        "the database is dumped every day",
        "enable services.reflector.backup, or a timer for `reflector backup`",
    ),
    r(
        "H-51",
        Storage,
        "the object store's secret is long and no default",
        "make a new key of the store and set storage.s3.secret_key",
    ),
    r(
        "H-52",
        Storage,
        "objects are not given to strangers",
        "make the bucket private; chmod 0700 the folder",
    ),
    r("H-53", Storage, "data are encrypted at rest", "put the data on LUKS2 (docs/INSTALL.md)"),
    r(
        "H-54",
        Storage,
        "keys of the media can be changed",
        "put the data on LUKS2; docs/SECURITY.md, \"Keys of the disk\", changes its keys",
    ),
    r(
        "H-55",
        Redis,
        "Redis refuses who has no password",
        "set requirepass (services.redis.servers.reflector.requirePassFile)",
    ),
    r(
        "H-56",
        Redis,
        "no job is lost in a crash",
        "`reflector migrate`; the queue is in PostgreSQL, and fsync must be on there",
    ),
    r("H-57", Redis, "Redis has no port", "use unixsocket and port 0, and unix:// in redis.url"),
    r("H-58", Database, "the search engine's heap fits the library", LATER),
    r("H-59", Database, "the search engine is shut in", LATER),
    r("H-60", Headers, "Strict-Transport-Security", "set server.site_url to the https address"),
    r("H-61", Headers, "X-Frame-Options", HEADER),
    r("H-62", Headers, "X-Content-Type-Options", HEADER),
    r("H-63", Headers, "X-XSS-Protection", HEADER),
    r("H-64", Headers, "Referrer-Policy", HEADER),
    r("H-65", Headers, "Permissions-Policy", HEADER),
    r("H-66", Headers, "Content-Security-Policy", HEADER),
    r("H-67", Headers, "pages are isolated from other sites and not kept by caches", HEADER),
    r("H-70", Isolation, "units run as users of their own, not root", UNITS),
    r("H-71", Isolation, "only the worker reaches the GPU's devices", UNITS),
    r(
        "H-72",
        Isolation,
        "the program's user can't change the models",
        "let root own models.dir, or take the models from the closure",
    ),
    r("H-73", Isolation, "units see a read-only system and few system calls", UNITS),
    r(
        "H-74",
        Isolation,
        "memory and tasks of the units are limited",
        "set services.reflector.work.memoryMax",
    ),
    r(
        "H-75",
        Isolation,
        "only 22, 80 and 443 listen on the network",
        "bind the service named to 127.0.0.1 or a unix socket",
    ),
    r("H-76", Isolation, "no development port is open", "stop the service named, or bind it to 127.0.0.1"),
    r(
        "H-77",
        Isolation,
        "the firewall is on",
        "networking.firewall.enable = true, or nftables rules that drop by default",
    ),
    r(
        "H-78",
        Isolation,
        "units reach only the addresses they need",
        "use modules/network.nix: IPAddressDeny=any",
    ),
    r(
        "H-80",
        Secrets,
        "files with secrets are closed to others and not in the store",
        "chmod 0600 the file; hand it over as a credential",
    ),
    r("H-81", Secrets, "secrets are long, different and no defaults", "make new ones: openssl rand -hex 32"),
    r(
        "H-82",
        Secrets,
        "secrets can be changed by a command",
        "install a version with `reflector secrets rotate`",
    ),
    r("H-90", Health, "the database answers within 5 s", "start PostgreSQL, check database.url"),
    r("H-91", Health, "the store takes and gives objects", "check storage.dir or storage.s3"),
    r("H-92", Health, "the cache answers", LATER),
    r(
        "H-93",
        Health,
        "search answers a known question",
        "`reflector migrate`, then look at the log of reflector-work",
    ),
    r(
        "H-94",
        Health,
        "the process says that it is ready, and is watched",
        "start reflector-web; WatchdogSec=30 in the units",
    ),
    r("H-95", Health, "the start page is served", "start reflector-web, check server.listen"),
    r(
        "H-96",
        Health,
        "a worker gave a sign of life within a minute",
        "start reflector-work and look at its log",
    ),
    r("H-97", Health, "no unit of ours has failed", "systemctl --failed; journalctl -u UNIT"),
    r("H-98", Health, "the task console is healthy", LATER),
    r("H-99", Health, "numbers for alerts are given", "let your monitoring fetch /metrics at server.listen"),
    r("H-100", Health, "one command tells the state of all of this", LATER),
    r("H-101", Health, "API and page answer", "start reflector-web, check server.listen"),
    r("H-102", Health, "the first account needs a set-up code", "set auth.mode to password"),
    r(
        "H-103",
        Health,
        "a known recording was transcribed as it should be within 26 hours",
        "`reflector doctor --self-test` tells what is wrong; services.reflector.selfTest does it every night",
    ),
    r(
        "H-104",
        Health,
        "a backup succeeded within 26 hours",
        "enable services.reflector.backup, or a timer for `reflector backup`",
    ),
    r(
        "H-105",
        Host,
        "an earlier version can be started again",
        "keep earlier generations: boot.loader.*.configurationLimit of 2 or more",
    ),
    r(
        "H-106",
        Host,
        "the clock is set by others, logs last, SSH takes keys only",
        "timesyncd or chrony; Storage=persistent; PasswordAuthentication no",
    ),
    r(
        "H-107",
        Host,
        "media are opened in a sandbox",
        "a kernel of 5.13 or newer with Landlock and seccomp switched on (lsm=landlock,…)",
    ),
];

const fn r(id: &'static str, group: Group, text: &'static str, remedy: &'static str) -> Requirement {
    Requirement { id, group, text, remedy }
}
