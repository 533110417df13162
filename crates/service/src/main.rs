//! The program `bellhop-service`: the chat service of a team, on a machine of its own.

mod simulate;

use anyhow::Context as _;
use bellhop_model::Agent;
use bellhop_service::{Config, Running, start};
use clap::{Args, Parser, Subcommand};
use std::{io::Write as _, net::SocketAddr, path::PathBuf, process::ExitCode};
use tracing_subscriber::EnvFilter;

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
    /// Look after the agents. The service must not run meanwhile: it owns the data directory.
    #[command(subcommand)]
    Admin(Admin),
    /// Send scripted visitors and colleagues to a service that runs, and check its word.
    Simulate(simulate::Simulate),
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    place: Place,
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:7410")]
    listen: SocketAddr,
    /// The workspace's name as agents and visitors see it.
    #[arg(long, default_value = "Bellhop")]
    name: String,
    /// Serve the demonstration site too.
    #[arg(long)]
    demo_site: bool,
}

#[derive(Debug, Args)]
struct Place {
    /// The data directory. The key of what is in it is kept beside it, in <DIR>.key.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Admin {
    /// Add an agent, and print a token for her.
    AddAgent {
        #[command(flatten)]
        place: Place,
        /// What visitors and colleagues see.
        #[arg(long)]
        name: String,
        #[arg(long)]
        email: String,
    },
    /// Print another token for an agent.
    IssueToken {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        email: String,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")),
        )
        .with_writer(std::io::stderr)
        .init();
    match Cli::parse().command {
        Command::Serve(serve) => run(serve).await?,
        Command::Admin(admin) => look_after(admin).await?,
        Command::Simulate(simulate) => return simulate.run().await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn run(serve: Serve) -> anyhow::Result<()> {
    let running = start(Config {
        data_dir: serve.place.data,
        listen: serve.listen,
        workspace_name: serve.name,
        demo_site: serve.demo_site,
        ..Config::default()
    })
    .await
    .context("the service does not start")?;
    announce(&running);
    told_to_stop().await?;
    running.stop().await;
    Ok(())
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

async fn look_after(admin: Admin) -> anyhow::Result<()> {
    let (Admin::AddAgent { place, .. } | Admin::IssueToken { place, .. }) = &admin;
    // A free port on loopback for the moment it takes; nobody knows it.
    let config = Config { data_dir: place.data.clone(), ..Config::default() };
    let running = start(config).await.context("the data directory cannot be used")?;
    let done = change(&running, admin).await;
    running.stop().await;
    done
}

#[expect(clippy::print_stdout, reason = "the token is told once, here")]
async fn change(running: &Running, admin: Admin) -> anyhow::Result<()> {
    let agent: Agent = match admin {
        Admin::AddAgent { name, email, .. } => running.add_agent(name, email).await?,
        Admin::IssueToken { email, .. } => {
            let known = running.agent_by_email(email.clone()).await;
            known.with_context(|| format!("there is no agent with the email address {email}"))?
        }
    };
    println!("{}", running.issue_token(agent.id).await?);
    Ok(())
}
