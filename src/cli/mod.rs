//! Commands: arguments and wiring, one file each. No logic of their own.

mod all;
mod check_config;
mod demo;
mod doctor;
mod migrate;
mod models;
mod process;
mod serve;
mod transcribe;
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
    CheckConfig(check_config::CheckConfig),
    Demo(demo::Demo),
    Doctor(doctor::Doctor),
    Migrate(migrate::Migrate),
    Serve(serve::Serve),
    Models(models::Models),
    Transcribe(transcribe::Transcribe),
    Work(work::Work),
    All(all::All),
}

/// Parses the arguments, runs the command and turns its outcome into an exit status: 0 done, 1 failed, 2 misused.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome: anyhow::Result<()> = match cli.command {
        Command::CheckConfig(command) => command.run(),
        Command::Demo(command) => command.run(),
        Command::Doctor(command) => command.run(),
        Command::Migrate(command) => command.run(),
        Command::Serve(command) => command.run(),
        Command::Models(command) => command.run(),
        Command::Transcribe(command) => command.run(),
        Command::Work(command) => command.run(),
        Command::All(command) => command.run(),
    };
    match outcome {
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
