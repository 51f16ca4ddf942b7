//! `reflector doctor`: what is wrong with this installation, and how to mend it.

use clap::Args;

use super::process;
use crate::config::Config;
use crate::jobs::{Fault, Heard, Outbox, self_test};
use crate::ops::{doctor, hardening};

/// Try everything this installation needs and say how to mend what is wrong
#[derive(Debug, Args)]
pub struct Doctor {
    /// Look at every requirement of docs/SECURITY.md instead; best as root on the machine itself
    #[arg(long)]
    hardening: bool,
    /// Print that table as JSON
    #[arg(long, requires = "hardening")]
    json: bool,
    /// Have a known recording transcribed with the configured models instead
    #[arg(long, conflicts_with = "hardening")]
    self_test: bool,
}

impl Doctor {
    /// Whether this process itself will compute with libtorch.
    pub(super) fn computes(&self) -> bool {
        self.self_test
    }

    pub fn run(self) -> anyhow::Result<()> {
        let config = Config::load()?;
        // What is wrong with tls.ca is one of the findings.
        let _known = process::announce(&config);
        if self.self_test {
            return tell(self_test(&config));
        }
        let runtime = tokio::runtime::Runtime::new()?;
        if self.hardening {
            return table(&runtime.block_on(hardening::examine(&config)), self.json);
        }
        findings(runtime.block_on(async {
            let mut all = doctor::examine(&config).await;
            all.extend(outgoing(&config).await);
            all
        }))
    }
}

/// Whether letters and messages would go out.
async fn outgoing(config: &Config) -> Vec<doctor::Finding> {
    let remedy = |what: &str| match what {
        "e-mail" => {
            "check mail.host, mail.port, mail.tls, mail.username and mail.password, that tls.ca has its authority, and that this machine may reach it (services.reflector.network.allow)"
        }
        _ => {
            "check zulip.realm, zulip.bot_email and zulip.api_key (Zulip: Personal settings, Bots), and that this machine may reach it (services.reflector.network.allow)"
        }
    };
    let problem = |what: &str, text: String| doctor::Problem { text, remedy: remedy(what), warning: false };
    // What is wrong with tls.ca is told elsewhere.
    let trust = process::trust(&config.tls).unwrap_or_default();
    match Outbox::new(config, &trust) {
        Ok(outbox) => {
            let tried = outbox.probe().await.into_iter();
            tried
                .map(|(what, outcome)| doctor::Finding {
                    what,
                    outcome: outcome.map_err(|trouble| problem(what, trouble.why)),
                })
                .collect()
        }
        Err(error) => {
            let outcome = Err(problem("e-mail", format!("{error:#}")));
            vec![doctor::Finding { what: "e-mail", outcome }]
        }
    }
}

#[expect(clippy::print_stdout, reason = "the command's result")]
fn table(rows: &[hardening::Row], json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(rows)?);
    } else {
        for row in rows {
            println!("{row}");
        }
    }
    let of = |outcome: &str| rows.iter().filter(|row| row.outcome == outcome).count();
    let (failed, counted) = (of("fail"), rows.len());
    anyhow::ensure!(
        failed == 0,
        "{failed} of {counted} requirements do not hold, {} hold, {} do not apply",
        of("pass"),
        of("not applicable")
    );
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the command's result")]
fn tell(outcome: Result<Heard, Fault>) -> anyhow::Result<()> {
    match outcome {
        Ok(heard) => println!("ok    self-test: {heard}"),
        Err(fault) => {
            println!("FAIL  self-test: {fault}\n      to mend it: {}", fault.remedy);
            anyhow::bail!("the known recording was not transcribed as it should be");
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the command's result")]
fn findings(findings: Vec<doctor::Finding>) -> anyhow::Result<()> {
    println!("ok    settings: usable");
    let mut wrong = 0;
    for finding in findings {
        match finding.outcome {
            Ok(text) => println!("ok    {}: {text}", finding.what),
            Err(problem) => {
                let word = if problem.warning { "WARN" } else { "FAIL" };
                wrong += usize::from(!problem.warning);
                println!("{word}  {}: {}\n      to mend it: {}", finding.what, problem.text, problem.remedy);
            }
        }
    }
    anyhow::ensure!(wrong == 0, "{wrong} of the things this installation needs are wrong");
    Ok(())
}
