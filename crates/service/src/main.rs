//! The program `bellhop-service`: the chat service of a team, on a machine of its own.

mod admin;
mod agents;
mod bans;
mod departments;
mod hours;
mod remote;
mod retention;
mod roles;
mod routing;
mod sending;
mod shortcuts;
mod simulate;
mod support;
mod tags;
mod triggers;

use admin::{Admin, Place};
use anyhow::Context as _;
use bellhop_service::{Config, EXAMPLE, LogSettings, Moved, Running, Settings, TlsFiles, start};
use clap::{Args, Parser, Subcommand};
use program::logs;
use remote::Office;
use std::{io::Write as _, net::SocketAddr, path::PathBuf, process::ExitCode};

/// What only the program needs.
mod program {
    pub(super) mod logs;
}

/// The chat service: visitors, queue and history for a team of agents.
#[derive(Debug, Parser)]
#[command(name = "bellhop-service", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service until it is told to stop (Ctrl+C or SIGTERM).
    Serve(Serve),
    /// About the settings file.
    Config(Shown),
    /// Write the whole account to the standard output as JSON lines (docs/export.md). It is chats in
    /// clear. The service must not run meanwhile.
    Export {
        #[command(flatten)]
        place: Place,
        /// The hashes of tokens and passwords, too, so that agents stay signed in.
        #[arg(long)]
        with_secrets: bool,
    },
    /// Make the account that `export` wrote, from the standard input, in a directory that has none.
    Import(Place),
    /// Read the whole journal and every file again and say whether they are whole; the exit code is 1
    /// where they are not. Nothing is changed. The service must not run meanwhile.
    Verify(Place),
    /// Look after the agents and how the account is set up, with the service running or not.
    ///
    /// A service that runs with the data directory does what is said at once; else the directory is
    /// opened for the moment it takes. Most commands say how things are to be, so giving one twice
    /// does no harm. Lists have one line for each thing, parted by tabs, or with --json an object.
    #[command(subcommand)]
    Admin(Admin),
    /// Send scripted visitors and colleagues to a service that runs, and check its word.
    Simulate(simulate::Simulate),
}

/// What is given here goes before what the settings say.
#[derive(Debug, Args)]
struct Serve {
    /// The settings, a TOML file; `bellhop-service config --example` prints one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data directory. The key of what is in it is kept beside it, in <DIR>.key.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The address to listen on; 127.0.0.1:7410 where nothing is said.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// The workspace's name as agents and visitors see it.
    #[arg(long)]
    name: Option<String>,
    /// Serve the demonstration site too.
    #[arg(long)]
    demo_site: bool,
    /// Speak TLS with this certificate, a PEM file.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// The key of the certificate, a PEM file.
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Shown {
    /// Print a settings file in which every setting is described and has its default.
    #[arg(long, required = true)]
    example: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match obey(Cli::parse().command).await {
        Ok(code) => code,
        Err(error) => {
            // Its causes on one line; `main`'s own way would add a backtrace where one is asked for.
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn obey(command: Command) -> anyhow::Result<ExitCode> {
    if !matches!(command, Command::Serve(_)) {
        logs::begin(&LogSettings::default())?;
    }
    match command {
        Command::Serve(serve) => run(serve).await?,
        Command::Config(Shown { .. }) => std::io::stdout().write_all(EXAMPLE.as_bytes())?,
        Command::Export { place, with_secrets } => {
            let out = std::io::BufWriter::new(std::io::stdout());
            let moved = bellhop_service::export(&place.data, None, with_secrets, out).await;
            tell(moved.context("nothing is exported")?, "exported");
        }
        Command::Import(place) => {
            let from = std::io::BufReader::new(std::io::stdin());
            let moved = bellhop_service::import(&place.data, None, from).await;
            tell(moved.context("nothing is imported")?, "imported");
        }
        Command::Verify(place) => return check(&place).await,
        Command::Admin(admin) => print(&admin::look_after(admin).await?),
        Command::Simulate(simulate) => return simulate.run().await,
    }
    Ok(ExitCode::SUCCESS)
}

/// On the error stream, for the other one may be the account.
fn tell(moved: Moved, what: &str) {
    let Moved { events, answers, tickets, tokens, passwords, files } = moved;
    eprintln!(
        "{what}: {events} events, {answers} answers, {tickets} tickets, {tokens} tokens, \
         {passwords} passwords, {files} files"
    );
}

#[expect(clippy::print_stdout, reason = "the report is what was asked for")]
async fn check(place: &Place) -> anyhow::Result<ExitCode> {
    let report = bellhop_service::verify(&place.data, None).await;
    let report = report.context("the journal cannot be checked")?;
    println!("{report}");
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[expect(clippy::print_stdout, reason = "what was asked for is told here, a token once")]
fn print(told: &str) {
    if !told.is_empty() {
        println!("{told}");
    }
}

async fn run(serve: Serve) -> anyhow::Result<()> {
    let config = settled(serve)?;
    let data_dir = config.data_dir.clone();
    let running = start(config).await.context("the service does not start")?;
    let office = Office::open(&data_dir).await;
    if let Err(error) = &office {
        tracing::warn!(%error, "administrators cannot be heard while the service runs");
    }
    announce(&running);
    let heard = async {
        match &office {
            Ok(office) => office.serve(&running).await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        told = told_to_stop() => told?,
        never = heard => match never {},
    }
    drop(office);
    running.stop().await;
    Ok(())
}

/// What the settings say, and before that the command line.
fn settled(serve: Serve) -> anyhow::Result<Config> {
    let settings = serve.config.as_deref().map(Settings::read).transpose()?;
    let Settings { data_dir, config, log, .. } = settings.unwrap_or_default();
    logs::begin(&log)?;
    let data_dir = serve.data.or(data_dir);
    let tls = serve.tls_certificate.zip(serve.tls_key);
    let tls = tls.map(|(certificate, key)| TlsFiles { certificate, key });
    Ok(Config {
        data_dir: data_dir.context("the data directory is not named: --data DIR")?,
        listen: serve.listen.unwrap_or(config.listen),
        workspace_name: serve.name.unwrap_or(config.workspace_name),
        demo_site: serve.demo_site || config.demo_site,
        tls: tls.or(config.tls),
        ..config
    })
}

/// Says where it is reached. Whoever started the program may have stopped listening already; that
/// is no reason not to run.
fn announce(running: &Running) {
    let site = running.site_url().map(|site| format!("site: {site}\n")).unwrap_or_default();
    let told = write!(std::io::stdout(), "agents: {}\n{site}", running.agent_url());
    if let Err(error) = told.and_then(|()| std::io::stdout().flush()) {
        tracing::debug!(%error, "nobody reads the addresses");
    }
}

#[cfg(unix)]
async fn told_to_stop() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn told_to_stop() -> anyhow::Result<()> {
    Ok(tokio::signal::ctrl_c().await?)
}
