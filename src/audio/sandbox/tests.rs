//! Each protection is tried by a shell in the sandbox, and by the same shell without it, so that a test can't pass because
//! the thing it tries never works.

use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::process::Command;
use std::time::Duration;

use super::super::Cancel;
use super::super::process::{self, Limits};
use super::*;

fn protected() -> Protection {
    let found = Protection::of_this_kernel();
    assert!(
        found.seccomp,
        "this kernel or container refuses seccomp filters: the sandbox can't be proven here"
    );
    assert!(
        found.landlock.is_some(),
        "this kernel has no Landlock (or it is switched off): that media programs can't read other files can't be proven here"
    );
    found
}

/// Status and stderr of a script in the sandbox.
fn confined(script: &str, grant: Grant<'_>) -> (bool, String) {
    let limits = Limits { grant, wall: Duration::from_secs(60), file_size: 1 << 20 };
    let done = process::run("bash", &["-c".into(), script.into()], &limits, &Cancel::new(), &mut |_| {});
    let done = done.expect("bash starts in the sandbox");
    (done.status.success(), done.stderr)
}

fn free(script: &str) -> bool {
    Command::new("bash").args(["-c", script]).output().expect("bash").status.success()
}

const NOTHING: Grant<'static> = Grant { read: None, write: None };

#[test]
fn no_tcp_socket_can_be_opened() {
    protected();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let script = format!("exec 3<>/dev/tcp/127.0.0.1/{}", listener.local_addr().unwrap().port());
    assert!(free(&script), "without the sandbox it connects");
    let (ok, stderr) = confined(&script, NOTHING);
    assert!(!ok && stderr.contains("Function not implemented"), "{stderr}");
}

#[test]
fn ffmpeg_itself_reaches_no_network() {
    protected();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("tcp://127.0.0.1:{}?timeout=3000000", listener.local_addr().unwrap().port());
    let limits = Limits { grant: NOTHING, wall: Duration::from_secs(60), file_size: 1 << 20 };
    let arguments = ["-loglevel", "error", "-i", &address].map(Into::into);
    let done = process::run("ffprobe", &arguments, &limits, &Cancel::new(), &mut |_| {}).unwrap();
    assert!(!done.status.success());
    assert!(listener.accept().is_err(), "nobody has connected");
}

#[test]
fn only_the_input_and_the_system_can_be_read() {
    protected();
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) = (folder.path().join("ours"), folder.path().join("another recording"));
    std::fs::write(&ours, "x").unwrap();
    std::fs::write(&other, "y").unwrap();
    let read = |path: &Path| format!("read -rn1 x < '{}'", path.display());
    let grant = || Grant { read: Some(&ours), write: None };
    assert!(confined(&read(&ours), grant()).0, "its input");
    for path in
        [&other, Path::new("/etc/passwd"), Path::new("/proc/1/environ"), Path::new("/proc/self/environ")]
    {
        assert!(path.starts_with("/proc/1") || free(&read(path)), "{} is there", path.display());
        let (ok, stderr) = confined(&read(path), grant());
        assert!(!ok && stderr.contains("Permission denied"), "{}: {stderr}", path.display());
    }
    let (ok, _) =
        confined(&format!("files=('{}'/*); [ -e \"${{files[0]}}\" ]", folder.path().display()), grant());
    assert!(!ok, "a folder can't be listed");
}

#[test]
fn only_the_output_can_be_written_and_nothing_made_beside_it() {
    protected();
    let folder = tempfile::tempdir().unwrap();
    let (output, input) = (folder.path().join("output"), folder.path().join("input"));
    std::fs::write(&output, "before").unwrap();
    std::fs::write(&input, "x").unwrap();
    let grant = || Grant { read: Some(&input), write: Some(&output) };
    assert!(confined(&format!("echo after > '{}'", output.display()), grant()).0);
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "after\n");
    for path in [folder.path().join("beside"), "/tmp/reflector-sandbox-test".into(), input.clone()] {
        let (ok, stderr) = confined(&format!("echo x > '{}'", path.display()), grant());
        assert!(!ok && stderr.contains("Permission denied"), "{}: {stderr}", path.display());
    }
    assert!(!folder.path().join("beside").exists());
    assert_eq!(std::fs::read_to_string(&input).unwrap(), "x");
    let (ok, _) = confined(&format!("rm '{}'", input.display()), grant());
    assert!(!ok && input.exists(), "nothing is removed");
}

#[test]
fn no_namespace_no_rights_no_secrets_no_descriptors_of_ours() {
    protected();
    for script in ["unshare --user true", "unshare --net true", "mount -t tmpfs none /mnt"] {
        let (ok, stderr) = confined(script, NOTHING);
        assert!(!ok, "{script}: {stderr}");
    }
    // Cargo sets it for every test.
    let inherited = "[ -n \"$CARGO_MANIFEST_DIR\" ]";
    assert!(free(inherited), "without the sandbox the environment is handed on");
    assert!(!confined(inherited, NOTHING).0);
    let file = tempfile::tempfile().unwrap();
    let kept = file.as_raw_fd();
    // SAFETY: our own descriptor; it is left open over exec, as a library might.
    assert_eq!(unsafe { libc::fcntl(kept, libc::F_SETFD, 0) }, 0);
    let script = format!(": <&{kept}");
    assert!(free(&script), "without the sandbox it is handed on");
    assert!(!confined(&script, NOTHING).0);
}

#[test]
fn rights_session_and_limits_are_set() {
    protected();
    let mut seen = None;
    let limits = Limits { grant: NOTHING, wall: Duration::from_secs(60), file_size: 1 << 20 };
    let arguments = ["-c".into(), "echo $$; sleep 2; exit 0".into()];
    process::run("bash", &arguments, &limits, &Cancel::new(), &mut |pid| {
        let of = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}")).expect("it runs");
        seen = Some((pid.to_owned(), of("status"), of("stat"), of("limits")));
    })
    .unwrap();
    let (pid, status, stat, limits) = seen.expect("it said its number");
    for line in ["NoNewPrivs:\t1", "Seccomp:\t2"] {
        assert!(status.contains(line), "{line} in {status}");
    }
    let after_name = stat.rsplit_once(") ").unwrap().1;
    assert_eq!(after_name.split(' ').nth(3), Some(pid.as_str()), "it leads a session of its own: {stat}");
    let limit = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).expect(name);
        line[name.len()..].split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!(limit("Max data size"), "1073741824");
    assert_eq!(limit("Max stack size"), "2097152");
    assert_eq!(limit("Max open files"), "64");
    assert_eq!(limit("Max file size"), "1048576");
    assert_eq!(limit("Max core file size"), "0");
    let hungry = "x=$(printf '%*s' 400000000 ''); y=$x$x$x; echo ${#y}";
    assert!(!confined(hungry, NOTHING).0, "more memory than it may have is refused");
}
