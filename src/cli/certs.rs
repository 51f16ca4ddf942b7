//! `reflector certs`: certificates of one's own, and those of others.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};

use crate::ops::certs::{self, Entry, Folder, Imported, Name, NewAuthority, NewServer, Renewal, Source};
use crate::tls::Certificate;

/// Certificates: make an authority, issue, renew, show, import
#[derive(Debug, Args)]
pub struct Certs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make an authority of your own: ca.key and ca.crt
    Init {
        #[command(flatten)]
        place: Place,
        /// How trust stores list it [default: Reflector CA of this machine]
        #[arg(long)]
        name: Option<String>,
        #[arg(long)]
        organization: Option<String>,
        /// Days that it lasts
        #[arg(long, default_value_t = 3650)]
        days: u32,
    },
    /// Issue the server's certificate with that authority: server-key.pem and server.pem
    Issue {
        /// The name or address that people use
        domain: String,
        #[command(flatten)]
        place: Place,
        /// One more name; localhost, 127.0.0.1 and ::1 are in it anyhow
        #[arg(long = "san", value_name = "DNS:NAME|IP:ADDRESS")]
        names: Vec<Name>,
        /// Days that it lasts, at most 825
        #[arg(long, default_value_t = 365)]
        days: u32,
    },
    /// Issue it anew, for the same names, when it is about to end; for a daily timer
    Renew {
        #[command(flatten)]
        place: Place,
        /// Days: renew if fewer are left
        #[arg(long, default_value_t = 30)]
        within: u32,
    },
    /// What a folder or file holds
    Show {
        #[arg(default_value = "certs")]
        path: PathBuf,
        #[arg(long)]
        json: bool,
    },
    /// Take in certificates from elsewhere: PEM, DER or PKCS#12
    Import {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The server's private key, if it is in none of the files
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// The password of a PKCS#12 file, in a file's first line
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Args)]
struct Place {
    #[arg(long, default_value = "certs", value_name = "DIR")]
    folder: PathBuf,
}

impl Place {
    fn open(self) -> Folder {
        Folder::new(self.folder)
    }
}

impl Certs {
    pub fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::Init { place, name, organization, days } => {
                let name = name.unwrap_or_else(certs::default_name);
                let folder = place.open();
                let made = certs::init(&folder, &NewAuthority { name, organization, days })?;
                say(&format!("made {} and its key", folder.authority().display()));
                describe(&made);
            }
            Action::Issue { domain, place, names, days } => {
                let folder = place.open();
                let wanted = NewServer::new(&domain, &names, days).map_err(anyhow::Error::msg)?;
                let made = certs::issue(&folder, &wanted)?;
                say(&format!("made {} and {}", folder.server().display(), folder.server_key().display()));
                describe(&made);
            }
            Action::Renew { place, within } => match certs::renew(&place.open(), within)? {
                Renewal::Kept(it) => say(&format!(
                    "{} has {} days left; it is renewed when fewer than {within} are",
                    it.subject,
                    it.days_left()
                )),
                Renewal::Renewed { before, now } => {
                    say(&format!("renewed with {} days left", before.days_left()));
                    describe(&now);
                }
            },
            Action::Show { path, json } => {
                let entries = certs::show(&path)?;
                if json {
                    say(&serde_json::to_string_pretty(&entries)?);
                } else {
                    entries.iter().for_each(list);
                }
            }
            Action::Import { files, key, password_file, place } => {
                let password = password_file.map(|file| first_line(&file)).transpose()?;
                let folder = place.open();
                report(&folder, &certs::import(&folder, &Source { files, key, password })?);
            }
        }
        Ok(())
    }
}

fn first_line(file: &std::path::Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn report(folder: &Folder, imported: &Imported) {
    if let Some(server) = &imported.server {
        let between = imported.intermediates.len();
        say(&format!("{}: the server's certificate and {between} above it", folder.server().display()));
        describe(server);
    }
    for authority in &imported.authorities {
        say(&format!("{}: {}", folder.authority().display(), authority.subject));
    }
}

fn describe(certificate: &Certificate) {
    say(&format!("  subject      {}", certificate.subject));
    if !certificate.names.is_empty() {
        say(&format!("  names        {}", certificate.names.join(", ")));
    }
    let (end, left) = (certificate.not_after.format("%Y-%m-%d"), certificate.days_left());
    say(&format!("  ends         {end}, in {left} days"));
    say(&format!("  fingerprint  {}", certificate.fingerprint));
}

fn list(entry: &Entry) {
    say(&format!("{}", entry.file.display()));
    say(&format!("  subject      {}", entry.subject));
    if !entry.names.is_empty() {
        say(&format!("  names        {}", entry.names.join(", ")));
    }
    say(&format!("  issuer       {}", entry.issuer));
    say(&format!("  valid        {} to {}", entry.not_before, entry.not_after));
    let left = match entry.days_left {
        left if left < 0 => format!("expired {} days ago", -left),
        left => left.to_string(),
    };
    say(&format!("  days left    {left}"));
    let key = match entry.key_matches {
        Some(true) => "matches",
        Some(false) => "DOES NOT MATCH",
        None => "none here, or not readable by this user",
    };
    say(&format!("  key          {key}"));
    say(&format!("  fingerprint  {}", entry.fingerprint_sha256));
}

#[expect(clippy::print_stdout, reason = "the command's result")]
fn say(line: &str) {
    println!("{line}");
}
