//! The program `bellhop-service`: the chat service of a team, on a machine of its own.

mod bans;
mod departments;
mod hours;
mod roles;
mod routing;
mod shortcuts;
mod simulate;
mod support;
mod tags;
mod triggers;

use anyhow::Context as _;
use bellhop_model::Agent;
use bellhop_service::{
    Config, EXAMPLE, Listed, LogSettings, Moved, Running, Settings, TlsFiles, start,
};
use clap::{Args, Parser, Subcommand};
use program::logs;
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
    /// Read the whole journal again and say whether it is whole; the exit code is 1 where it is
    /// not. Nothing is changed. The service must not run meanwhile.
    Verify(Place),
    /// Look after the agents and how the account is set up. The service must not run meanwhile: it owns the
    /// data directory.
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
    /// Print a line for each agent: number, name, e-mail, whether she has a password, how many
    /// tokens.
    ListAgents(Place),
    /// Give an agent a password to sign in with: the first line of the standard input.
    SetPassword {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        email: String,
    },
    /// Say whether chats become tickets, and name the support agents.
    Support(support::Support),
    /// Ask the account of Zendesk Support that the settings name who its support agents are, and
    /// print their addresses. A running service does so by itself from time to time.
    SupportAgents(support::Fetch),
    /// Print a line for each of the newest tickets: chat, state, assignee, subject, and its name
    /// where it was given to or why it could not be.
    Tickets(Place),
    /// Make every token of an agent worthless.
    RevokeTokens {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        email: String,
    },
    /// Print another token for an agent; it never expires.
    IssueToken {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        email: String,
    },
    /// Look after the departments, who serve the requests made for them.
    ///
    /// A request for a department is served by its members alone; a request for none, by every
    /// agent. Each of these commands says how things are to be, so giving it twice does no harm.
    /// Names are compared without regard to upper and lower case.
    #[command(subcommand)]
    Department(departments::Admin),
    /// Look after the operating hours.
    ///
    /// Outside them agents are invisible, whatever they chose, and visitors are told that it is
    /// closed and when it opens. What waits goes on waiting. Without hours it is always open.
    #[command(subcommand)]
    Hours(hours::Admin),
    /// Look after how requests find their agents.
    #[command(subcommand)]
    Routing(routing::Admin),
    /// Say what an agent can, and how many chats she gets.
    AgentRouting(routing::OfAgent),
    /// Look after the roles, which say what agents may do.
    ///
    /// The first agent is the owner, every other one has the role "Agent", until she is given
    /// another. The owner's and the administrators' role allow everything.
    #[command(subcommand)]
    Role(roles::Admin),
    /// Look after the shortcuts, replies that agents write once and use often.
    #[command(subcommand)]
    Shortcut(shortcuts::Admin),
    /// Look after the list of known chat tags.
    #[command(subcommand)]
    Tag(tags::Admin),
    Rating(tags::Rating),
    /// Look after the triggers, which send automatic messages.
    #[command(subcommand)]
    Trigger(triggers::Admin),
    /// Look after the bans, which keep visitors from chatting.
    ///
    /// Who is banned is told that chat is not available, and nothing else.
    #[command(subcommand)]
    Ban(bans::Admin),
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let command = Cli::parse().command;
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
        Command::Admin(admin) => look_after(admin).await?,
        Command::Simulate(simulate) => return simulate.run().await,
    }
    Ok(ExitCode::SUCCESS)
}

/// On the error stream, for the other one may be the account.
fn tell(moved: Moved, what: &str) {
    let Moved { events, answers, tickets, tokens, passwords } = moved;
    eprintln!(
        "{what}: {events} events, {answers} answers, {tickets} tickets, {tokens} tokens, \
         {passwords} passwords"
    );
}

#[expect(clippy::print_stdout, reason = "the report is what was asked for")]
async fn check(place: &Place) -> anyhow::Result<ExitCode> {
    let report = bellhop_service::verify(&place.data, None).await;
    let report = report.context("the journal cannot be checked")?;
    println!("{report}");
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run(serve: Serve) -> anyhow::Result<()> {
    let running = start(settled(serve)?).await.context("the service does not start")?;
    announce(&running);
    told_to_stop().await?;
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

async fn look_after(admin: Admin) -> anyhow::Result<()> {
    let running = start(service_for(&admin)?).await.context("the data directory cannot be used")?;
    let done = change(&running, admin).await;
    running.stop().await;
    done
}

/// On a free port of loopback for the moment it takes; nobody knows it.
fn service_for(admin: &Admin) -> anyhow::Result<Config> {
    let place = match admin {
        Admin::SupportAgents(fetch) => return fetch.service(),
        Admin::AddAgent { place, .. }
        | Admin::ListAgents(place)
        | Admin::Tickets(place)
        | Admin::Support(support::Support { place, .. })
        | Admin::SetPassword { place, .. }
        | Admin::RevokeTokens { place, .. }
        | Admin::IssueToken { place, .. } => place,
        Admin::Department(wish) => wish.place(),
        Admin::Hours(wish) => wish.place(),
        Admin::Routing(wish) => wish.place(),
        Admin::AgentRouting(of) => &of.place,
        Admin::Role(wish) => wish.place(),
        Admin::Shortcut(wish) => wish.place(),
        Admin::Tag(wish) => wish.place(),
        Admin::Rating(wish) => &wish.place,
        Admin::Trigger(wish) => wish.place(),
        Admin::Ban(wish) => wish.place(),
    };
    Ok(Config { data_dir: place.data.clone(), ..Config::default() })
}

#[expect(clippy::print_stdout, reason = "what was asked for is told here, a token once")]
async fn change(running: &Running, admin: Admin) -> anyhow::Result<()> {
    match admin {
        Admin::AddAgent { name, email, .. } => {
            let agent = running.add_agent(name, email).await?;
            println!("{}", running.issue_token(agent.id).await?);
        }
        Admin::Department(wish) => return departments::change(running, wish).await,
        Admin::Hours(wish) => return hours::change(running, wish).await,
        Admin::Routing(wish) => return routing::change(running, wish).await,
        Admin::AgentRouting(of) => return routing::of_agent(running, of).await,
        Admin::Role(wish) => return roles::change(running, wish).await,
        Admin::Shortcut(wish) => return shortcuts::change(running, wish).await,
        Admin::Tag(wish) => return tags::change(running, wish).await,
        Admin::Rating(wish) => return tags::rating(running, &wish).await,
        Admin::Trigger(wish) => return triggers::change(running, wish).await,
        Admin::Ban(wish) => return bans::change(running, wish).await,
        Admin::Support(wish) => return support::set(running, wish).await,
        Admin::SupportAgents(_) => return support::fetch(running).await,
        Admin::Tickets(_) => return support::list(running).await,
        Admin::IssueToken { email, .. } => {
            let agent = known(running, &email).await?;
            println!("{}", running.issue_token(agent.id).await?);
        }
        Admin::SetPassword { email, .. } => {
            let agent = known(running, &email).await?;
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).context("no password can be read")?;
            running.set_password(agent.id, line.trim_end_matches(['\r', '\n'])).await?;
        }
        Admin::RevokeTokens { email, .. } => {
            let agent = known(running, &email).await?;
            println!("{} tokens revoked", running.revoke_tokens(agent.id).await?);
        }
        Admin::ListAgents(_) => {
            for Listed { agent, has_password, tokens } in running.agents().await? {
                let password = if has_password { "password" } else { "no password" };
                let Agent { id, display_name, email, .. } = agent;
                println!("{id}\t{display_name}\t{email}\t{password}\t{tokens} tokens");
            }
        }
    }
    Ok(())
}

async fn known(running: &Running, email: &str) -> anyhow::Result<Agent> {
    let known = running.agent_by_email(email).await;
    known.with_context(|| format!("there is no agent with the email address {email}"))
}
