//! `reflector doctor`: what is wrong with this installation, and how to mend it.

use clap::Args;

use super::process;
use crate::config::Config;
use crate::ops::doctor;

/// Try everything this installation needs and say how to mend what is wrong
#[derive(Debug, Args)]
pub struct Doctor {}

impl Doctor {
    #[expect(clippy::print_stdout, reason = "the command's result")]
    pub fn run(self) -> anyhow::Result<()> {
        let config = Config::load()?;
        println!("ok    settings: usable");
        // What is wrong with tls.ca is one of the findings.
        let _known = process::announce(&config);
        let findings = tokio::runtime::Runtime::new()?.block_on(doctor::examine(&config));
        let mut wrong = 0;
        for finding in findings {
            match finding.outcome {
                Ok(text) => println!("ok    {}: {text}", finding.what),
                Err(problem) => {
                    let word = if problem.warning { "WARN" } else { "FAIL" };
                    wrong += usize::from(!problem.warning);
                    println!(
                        "{word}  {}: {}\n      to mend it: {}",
                        finding.what, problem.text, problem.remedy
                    );
                }
            }
        }
        anyhow::ensure!(wrong == 0, "{wrong} of the things this installation needs are wrong");
        Ok(())
    }
}
