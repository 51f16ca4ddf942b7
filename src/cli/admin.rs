//! `reflector admin`: accounts. A password is prompted for, or read from standard input; it is never an argument.

use std::io::{BufRead, IsTerminal};

use anyhow::{Context, ensure};
use clap::{Args, Subcommand};

use super::process;
use super::setup_authentik::SetupAuthentik;
use crate::config::AuthMode;
use crate::ops::accounts::{self, Accounts};

/// Accounts of people who log in
#[derive(Debug, Args)]
pub struct Admin {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add somebody, list them, change a password, shut somebody out
    #[command(subcommand)]
    User(UserAction),
    /// Print the hash of a password, for auth.admin_password_hash
    HashPassword,
    /// Make this application a client of an Authentik, by its API; the token is prompted for, or the first line of standard input
    SetupAuthentik(Box<SetupAuthentik>),
    /// Print a code with which the first administrator makes their account at /setup, once, within an hour
    SetupCode,
}

#[derive(Debug, Subcommand)]
enum UserAction {
    /// Make an account; its password is prompted for, or the first line of standard input
    Add {
        email: String,
        /// Lets them look after the installation, and after what nobody owns
        #[arg(long)]
        admin: bool,
    },
    /// Everybody who has an account
    List,
    /// Give somebody another password; they are logged out everywhere
    Password { email: String },
    /// Shut somebody out at once: sessions, tokens and keys
    Disable {
        email: String,
        /// Let them in again; they log in anew
        #[arg(long)]
        undo: bool,
    },
}

impl Admin {
    pub fn run(self) -> anyhow::Result<()> {
        if let Action::HashPassword = self.action {
            say(&accounts::hash(&password()?)?);
            return Ok(());
        }
        if let Action::SetupAuthentik(asked) = self.action {
            return asked.run(&typed("Token of Authentik's API: ", "the token", false)?);
        }
        let config = process::settings()?;
        // Asked for before the database is: a prompt holds no connection.
        let given = match &self.action {
            Action::User(UserAction::Add { .. } | UserAction::Password { .. }) => Some(password()?),
            _ => None,
        };
        let given = given.as_deref().unwrap_or_default();
        let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
        runtime.block_on(async {
            let mut accounts = Accounts::open(&config).await?;
            match self.action {
                Action::User(UserAction::Add { email, admin }) => {
                    accounts.add(&email, given, admin).await?;
                    say(&format!("{email} can log in"));
                }
                Action::User(UserAction::List) => list(&mut accounts).await?,
                Action::User(UserAction::Password { email }) => {
                    accounts.set_password(&email, given).await?;
                    say(&format!("{email} has another password, and is logged out everywhere"));
                }
                Action::User(UserAction::Disable { email, undo }) => {
                    accounts.set_disabled(&email, !undo).await?;
                    say(&format!("{email} {}", if undo { "can log in again" } else { "is shut out" }));
                }
                Action::SetupCode => {
                    ensure!(
                        config.auth.mode == AuthMode::Password,
                        "nobody has a password here: auth.mode is not password"
                    );
                    let code = accounts.setup_code().await?;
                    let default = format!("http://{}", config.server.listen);
                    let site = config.server.site_url.as_deref().unwrap_or(&default).trim_end_matches('/');
                    say(&format!("{code}\nIt is good for one hour, and once, at {site}/setup"));
                }
                Action::HashPassword | Action::SetupAuthentik(_) => {}
            }
            Ok(())
        })
    }
}

async fn list(accounts: &mut Accounts) -> anyhow::Result<()> {
    for user in accounts.list().await? {
        let email = user.email.as_deref().unwrap_or("(no address)");
        let role = if user.is_admin { "administrator" } else { "user" };
        let state = match (user.disabled_at, user.password_hash) {
            (Some(_), _) => "shut out",
            (None, None) => "no password",
            (None, Some(_)) => "",
        };
        say(format!("{email:<40} {role:<14} {:<11} {state}", user.created_at.format("%Y-%m-%d")).trim_end());
    }
    Ok(())
}

/// A password, typed twice and not shown, or the first line of standard input.
fn password() -> anyhow::Result<String> {
    typed("Password: ", "the password", true)
}

/// What is typed and not shown, or the first line of standard input.
fn typed(prompt: &str, what: &str, twice: bool) -> anyhow::Result<String> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        let typed = rpassword::prompt_password(prompt).with_context(|| {
            format!("the terminal can't be asked; write {what} to standard input as one line")
        })?;
        if twice {
            let again = rpassword::prompt_password("The same again: ")?;
            ensure!(typed == again, "the two are not the same");
        }
        return Ok(typed);
    }
    let mut line = String::new();
    stdin.lock().read_line(&mut line).with_context(|| format!("reading {what} from standard input"))?;
    let typed = line.trim_end_matches(['\r', '\n']);
    ensure!(!typed.is_empty(), "standard input has nothing: write {what} there as one line");
    Ok(typed.to_owned())
}

#[expect(clippy::print_stdout, reason = "the command's result")]
fn say(line: &str) {
    println!("{line}");
}
