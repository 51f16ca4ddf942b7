//! The machine: processor, memory, disk, GPU, name, models, clock, versions.

use std::path::{Path, PathBuf};

use super::facts::{Facts, ask, bounded, nearest};
use super::{Fail, Found, NotApplicable, Outcome, Pass, hidden, pass_if};
use crate::audio::Protection;
use crate::storage::Room;
use crate::weights::ModelStore;

const NO_GPU: Outcome = NotApplicable("there is no GPU");

pub(super) async fn check(facts: &Facts) -> Found {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (gpu_memory, name, clock) = tokio::join!(gpu_memory(facts), resolves(facts), housekeeping(facts));
    Found::from([
        ("H-01", pass_if(cores >= 4, format!("{cores} cores"))),
        ("H-02", memory()),
        ("H-03", disk(&facts.data())),
        ("H-04", gpu_memory),
        ("H-05", driver(facts)),
        ("H-06", name),
        ("H-08", NotApplicable("weights are fetched by hash from public places; nothing asks for a token")),
        ("H-09", models(facts)),
        ("H-10", settings(facts)),
        ("H-15", pinned()),
        ("H-105", earlier()),
        ("H-106", clock),
        ("H-107", sandbox()),
    ])
}

/// Bytes of memory of this machine.
pub(super) fn memory_bytes() -> Option<u64> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("MemTotal:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}

fn memory() -> Outcome {
    match memory_bytes() {
        // A machine of 8 GB shows less: the kernel and the firmware keep some.
        Some(bytes) => pass_if(bytes >= 7_500_000_000, format!("{:.1} GB", bytes as f64 / 1e9)),
        None => hidden("/proc/meminfo can't be read"),
    }
}

/// Whether the disk under `path` spins; `None` where there is no disk of its own to be seen.
pub(super) fn spins(path: &Path) -> Option<bool> {
    use std::os::unix::fs::MetadataExt;
    let device = std::fs::metadata(nearest(path)).ok()?.dev();
    let (major, minor) = (libc::major(device), libc::minor(device));
    let block = PathBuf::from(format!("/sys/dev/block/{major}:{minor}")).canonicalize().ok()?;
    // A partition's queue is its disk's.
    let queue = [block.join("queue/rotational"), block.join("../queue/rotational")];
    let flag = queue.iter().find_map(|file| std::fs::read_to_string(file).ok())?;
    Some(flag.trim() == "1")
}

fn disk(data: &Path) -> Outcome {
    let total = match Room::of(data) {
        Ok(room) => room.total,
        Err(error) => return hidden(&error.to_string()),
    };
    let kind = match spins(data) {
        Some(true) => "a spinning disk",
        Some(false) => "solid-state",
        None => "of a kind that can't be told",
    };
    let seen = format!("{} is on {:.0} GB, {kind}", data.display(), total as f64 / 1e9);
    pass_if(total >= 50_000_000_000 && spins(data) == Some(false), seen)
}

async fn gpu_memory(facts: &Facts) -> Outcome {
    if !facts.gpu {
        return NO_GPU;
    }
    let query = ["--query-gpu=memory.total", "--format=csv,noheader,nounits"];
    match ask("nvidia-smi", &query).await {
        Ok(said) => {
            let most = said.lines().filter_map(|line| line.trim().parse::<u64>().ok()).max().unwrap_or(0);
            pass_if(most >= 6_000, format!("{most} MiB"))
        }
        Err(why) => hidden(&why),
    }
}

fn driver(facts: &Facts) -> Outcome {
    if !facts.gpu {
        return NO_GPU;
    }
    let said = std::fs::read_to_string("/proc/driver/nvidia/version").unwrap_or_default();
    let version = said.split_whitespace().find(|word| {
        word.split_once('.').is_some_and(|(major, _)| major.len() == 3 && major.parse::<u32>().is_ok())
    });
    match version {
        Some(version) => {
            let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
            pass_if(major >= Some(525), format!("driver {version}"))
        }
        None => hidden("/proc/driver/nvidia/version is not understood"),
    }
}

async fn resolves(facts: &Facts) -> Outcome {
    let url = facts.config.server.site_url.as_deref().and_then(|url| url::Url::parse(url).ok());
    let Some(host) = url.as_ref().and_then(url::Url::host_str) else {
        return Fail("server.site_url is not set".into());
    };
    let host = host.trim_matches(['[', ']']).to_owned();
    let found = bounded(async {
        tokio::net::lookup_host((host.as_str(), 443))
            .await
            .map_err(|error| error.to_string())?
            .next()
            .ok_or("no address".into())
    });
    match found.await {
        Ok(address) => Pass(format!("{host} is {}", address.ip())),
        Err(why) => Fail(format!("{host}: {why}")),
    }
}

fn models(facts: &Facts) -> Outcome {
    let speech = &facts.config.speech;
    let store = ModelStore::new(&facts.config.models.dir)
        .with_speakers(&speech.segmentation_model, &speech.embedding_model);
    let needed = [store.whisper(&speech.model), store.vad(), store.segmentation(), store.embedding()];
    let missing: Vec<String> =
        needed.into_iter().filter_map(|one| one.err().map(|error| error.to_string())).collect();
    pass_if(missing.is_empty(), if missing.is_empty() { "all four".into() } else { missing.join("; ") })
}

fn settings(facts: &Facts) -> Outcome {
    let apart = facts.units.is_ok();
    match (&facts.config.redis.url, apart) {
        (None, true) => Fail("pages and jobs are two processes, but redis.url is not set".into()),
        _ => Pass("usable, and none contradicts another".into()),
    }
}

fn pinned() -> Outcome {
    match std::env::current_exe() {
        Ok(program) => {
            let pinned = program.starts_with("/nix/store") || program.starts_with("/gnu/store");
            pass_if(pinned, program.display().to_string())
        }
        Err(error) => hidden(&error.to_string()),
    }
}

/// NixOS keeps generations as links; an image has a second slot, which systemd-sysupdate lists by its files.
fn earlier() -> Outcome {
    let generations = std::fs::read_dir("/nix/var/nix/profiles").map_or(0, |entries| {
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.filter(|name| name.starts_with("system-") && name.ends_with("-link")).count()
    });
    let slots = std::fs::read_dir("/boot/EFI/Linux").map_or(0, |entries| entries.count());
    match (generations, slots) {
        (0, 0) => Fail("no generation of NixOS and no second slot of an image".into()),
        (1, 0) | (0, 1) => Fail("this is the first version on this machine".into()),
        (generations, slots) => Pass(format!("{generations} generations, {slots} boot entries")),
    }
}

async fn housekeeping(facts: &Facts) -> Outcome {
    let mut faults = Vec::new();
    match ask("timedatectl", &["show", "--property=NTPSynchronized"]).await {
        Ok(said) if said.trim() == "NTPSynchronized=yes" => {}
        Ok(_) => faults.push("the clock is not set by others".to_owned()),
        Err(why) => faults.push(why),
    }
    if !Path::new("/var/log/journal").is_dir() {
        faults.push("the journal is not kept (no /var/log/journal)".into());
    }
    let ssh = facts.open().is_ok_and(|open| open.iter().any(|address| address.port() == 22));
    if ssh {
        match ask("sshd", &["-T"]).await {
            Ok(said) if said.lines().any(|line| line == "passwordauthentication no") => {}
            Ok(_) => faults.push("SSH takes passwords".into()),
            Err(why) => faults.push(format!("SSH listens, and can't be asked: {why}")),
        }
    }
    pass_if(faults.is_empty(), if faults.is_empty() { "all three".into() } else { faults.join("; ") })
}

fn sandbox() -> Outcome {
    let Protection { landlock, seccomp } = Protection::of_this_kernel();
    let landlock =
        landlock.map_or_else(|| "Landlock is missing".to_owned(), |version| format!("Landlock {version}"));
    let fine = landlock != "Landlock is missing" && seccomp;
    pass_if(
        fine,
        format!(
            "{landlock}, seccomp is {}; no new privileges, 1 GiB",
            if seccomp { "there" } else { "missing" }
        ),
    )
}
