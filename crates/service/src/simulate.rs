//! `bellhop-service simulate`: scripted visitors and colleagues at a service that runs.

use crate::told_to_stop;
use anyhow::bail;
use bellhop_simulator::{Plan, run};
use clap::Args;
use std::{io::Write as _, process::ExitCode, time::Duration};
use tokio::sync::watch;

#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// Where the service is, such as ws://127.0.0.1:7410.
    #[arg(long)]
    url: String,
    /// Visitors at one time.
    #[arg(long, default_value_t = 10)]
    visitors: usize,
    /// Colleagues; as many as there are tokens unless told otherwise.
    #[arg(long)]
    agents: Option<usize>,
    /// A colleague's token; give it once for each.
    #[arg(long)]
    token: Vec<String>,
    /// The same seed decides the same.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many times faster than people. The service's own times stay as they are: somebody who
    /// just closes the page waits in the queue for two minutes, at any pace.
    #[arg(long, default_value_t = 1.0)]
    pace: f64,
    /// How long visitors follow each other, such as 90s, 10m or 2h. Without it each comes once.
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    lasts: Option<Duration>,
    /// Cut lines, stall them and repeat commands.
    #[arg(long)]
    faults: bool,
    /// Allow more than 200 visitors, and a service on another machine.
    #[arg(long)]
    i_own_this_service: bool,
}

impl Simulate {
    pub(crate) async fn run(mut self) -> anyhow::Result<ExitCode> {
        if let Some(agents) = self.agents {
            if agents > self.token.len() {
                bail!(
                    "{agents} colleagues need a token each, and there are {}: \
                     `bellhop-service admin add-agent` prints one",
                    self.token.len()
                );
            }
            self.token.truncate(agents);
        }
        let plan = Plan {
            url: self.url,
            visitors: self.visitors,
            tokens: self.token,
            seed: self.seed,
            pace: self.pace,
            lasts: self.lasts,
            faults: self.faults,
            owned: self.i_own_this_service,
        };
        let (stop, stopping) = watch::channel(false);
        tokio::spawn(async move {
            // Without signals it ends by itself, or with the process.
            if told_to_stop().await.is_ok() {
                let _ = stop.send(true);
            } else {
                std::future::pending::<()>().await;
            }
        });
        let report = run(plan, stopping).await?;
        for violation in &report.violations {
            tracing::error!("the service broke its word: {violation}");
        }
        writeln!(std::io::stdout(), "{}", report.totals)?;
        let kept = report.totals.protocol_errors == 0;
        Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a number and s, m or h, such as 90s")]
struct NoDuration;

fn duration(text: &str) -> Result<Duration, NoDuration> {
    let units = [("s", 1), ("m", 60), ("h", 3_600)];
    units
        .iter()
        .find_map(|(unit, seconds)| {
            let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
            number.checked_mul(*seconds).map(Duration::from_secs)
        })
        .ok_or(NoDuration)
}

#[cfg(test)]
mod tests {
    use super::duration;
    use std::time::Duration;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("10m"), Ok(Duration::from_mins(10)));
        assert_eq!(duration("2h"), Ok(Duration::from_hours(2)));
        for wrong in ["", "10", "m", "1.5h", "-1s", "99999999999999999999s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
