//! Commands: arguments and wiring, one file each. No logic of their own.

mod admin;
mod all;
mod backup;
mod certs;
mod check_config;
mod demo;
mod doctor;
mod migrate;
mod models;
mod openapi;
mod process;
mod restore;
mod retention;
mod secrets;
mod serve;
mod setup_authentik;
mod speech_server;
mod transcribe;
mod watch;
mod work;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Turns recordings into transcripts with speakers, topics and summaries, on your own machine.
#[derive(Debug, Parser)]
#[command(name = "reflector", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Admin(admin::Admin),
    Certs(certs::Certs),
    CheckConfig(check_config::CheckConfig),
    Demo(demo::Demo),
    Doctor(doctor::Doctor),
    Migrate(migrate::Migrate),
    Serve(serve::Serve),
    SpeechServer(speech_server::SpeechServer),
    Models(models::Models),
    Openapi(openapi::Openapi),
    Transcribe(transcribe::Transcribe),
    Work(work::Work),
    All(all::All),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Retention(retention::Retention),
    Secrets(secrets::Secrets),
}

impl Command {
    /// Whether this process itself will compute with libtorch.
    fn computes(&self) -> bool {
        match self {
            Self::All(_) | Self::Demo(_) | Self::SpeechServer(_) | Self::Transcribe(_) | Self::Work(_) => {
                true
            }
            Self::Doctor(command) => command.computes(),
            _ => false,
        }
    }

    fn run(self) -> anyhow::Result<()> {
        if self.computes() {
            process::settle_environment()?;
            crate::speech::share_one_heap();
        }
        match self {
            Self::Admin(command) => command.run(),
            Self::Certs(command) => command.run(),
            Self::CheckConfig(command) => command.run(),
            Self::Demo(command) => command.run(),
            Self::Doctor(command) => command.run(),
            Self::Migrate(command) => command.run(),
            Self::Serve(command) => command.run(),
            Self::SpeechServer(command) => command.run(),
            Self::Models(command) => command.run(),
            Self::Openapi(command) => command.run(),
            Self::Transcribe(command) => command.run(),
            Self::Work(command) => command.run(),
            Self::All(command) => command.run(),
            Self::Backup(command) => command.run(),
            Self::Restore(command) => command.run(),
            Self::Retention(command) => command.run(),
            Self::Secrets(command) => command.run(),
        }
    }
}

/// Parses the arguments, runs the command and turns its outcome into an exit status: 0 done, 1 failed, 2 misused.
pub fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the one place where a command says why it failed")]
            {
                eprintln!("reflector: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}
