//! `bellhop-service admin`: what an administrator says at the service's machine.
//!
//! Each command says what is to be done and gives back what there is to tell; where it is done, in
//! this process or in a service that runs, is [`crate::remote`]'s.

use crate::{
    agents, bans, departments, hours, remote, retention, roles, routing, sending, shortcuts,
    support, tags, triggers,
};
use anyhow::{Context as _, anyhow};
use bellhop_model::Agent;
use bellhop_service::{Config, Running, Sink, StartError, start};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::{ffi::OsString, io::Read as _, path::PathBuf};

#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The data directory. The key of what is in it is kept beside it, in <DIR>.key.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
}

/// See the module.
#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    #[command(flatten)]
    Agents(agents::Admin),
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
    Retention(retention::Retention),
    /// Look after the files that are sent in chats.
    ///
    /// Pictures may always be sent; documents may, until they are switched off. What is sent is looked
    /// into, and is refused where its name, its type and its content do not agree.
    #[command(subcommand)]
    File(sending::Admin),
    /// Look after the triggers, which send automatic messages.
    #[command(subcommand)]
    Trigger(triggers::Admin),
    /// Look after the bans, which keep visitors from chatting.
    ///
    /// Who is banned is told that chat is not available, and nothing else.
    #[command(subcommand)]
    Ban(bans::Admin),
    /// Say whether chats become tickets, and name the support agents.
    Support(support::Support),
    /// Ask the account of Zendesk Support that the settings name who its support agents are, and
    /// print their addresses. A running service does so by itself from time to time.
    SupportAgents(support::Fetch),
    /// Print a line for each of the newest tickets: chat, state, assignee, subject, and its name
    /// where it was given to or why it could not be.
    Tickets(support::Tickets),
}

/// What a command reads of the standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reads {
    Nothing,
    /// Its first line, so that it can be typed.
    Line,
    All,
}

impl Admin {
    /// How the service is started that does it.
    fn service(&self) -> anyhow::Result<Config> {
        let place = match self {
            Self::SupportAgents(fetch) => return fetch.service(),
            Self::Agents(wish) => wish.place(),
            Self::Department(wish) => wish.place(),
            Self::Hours(wish) => wish.place(),
            Self::Routing(wish) => wish.place(),
            Self::AgentRouting(of) => &of.place,
            Self::Role(wish) => wish.place(),
            Self::Shortcut(wish) => wish.place(),
            Self::Tag(wish) => wish.place(),
            Self::Rating(wish) => &wish.place,
            Self::Retention(wish) => &wish.place,
            Self::File(wish) => wish.place(),
            Self::Trigger(wish) => wish.place(),
            Self::Ban(wish) => wish.place(),
            Self::Support(wish) => &wish.place,
            Self::Tickets(wish) => &wish.place,
        };
        // A free port on loopback; nobody knows it.
        let tickets = Sink::AsBefore;
        Ok(Config { data_dir: place.data.clone(), tickets, ..Config::default() })
    }

    fn reads(&self) -> Reads {
        match self {
            Self::Agents(agents::Admin::SetPassword { .. }) => Reads::Line,
            Self::Shortcut(shortcuts::Admin::Load(_)) | Self::Trigger(triggers::Admin::Put(_)) => {
                Reads::All
            }
            _ => Reads::Nothing,
        }
    }

    /// Does it, and gives back what there is to tell, without a last line break. `input` is what
    /// it reads.
    ///
    /// # Errors
    /// What is wrong with it, for whoever gave it.
    pub(crate) async fn change(self, running: &Running, input: &str) -> anyhow::Result<String> {
        match self {
            Self::Agents(wish) => agents::change(running, wish, input).await,
            Self::Department(wish) => departments::change(running, wish).await,
            Self::Hours(wish) => hours::change(running, wish).await,
            Self::Routing(wish) => routing::change(running, wish).await,
            Self::AgentRouting(of) => routing::of_agent(running, of).await,
            Self::Role(wish) => roles::change(running, wish).await,
            Self::Shortcut(wish) => shortcuts::change(running, wish, input).await,
            Self::Tag(wish) => tags::change(running, wish).await,
            Self::Rating(wish) => tags::rating(running, &wish).await,
            Self::Retention(wish) => retention::set(running, &wish).await,
            Self::File(wish) => sending::change(running, wish).await,
            Self::Trigger(wish) => triggers::change(running, wish, input).await,
            Self::Ban(wish) => bans::change(running, wish).await,
            Self::Support(wish) => support::set(running, wish).await,
            Self::SupportAgents(_) => support::fetch(running).await,
            Self::Tickets(wish) => support::list(running, &wish).await,
        }
    }
}

/// Does it: by the service that has the data directory, or else with the directory opened for the
/// moment it takes.
pub(crate) async fn look_after(admin: Admin) -> anyhow::Result<String> {
    let input = read(admin.reads()).context("the standard input cannot be read")?;
    let config = admin.service()?;
    let data_dir = config.data_dir.clone();
    match start(config).await {
        Ok(running) => {
            let done = admin.change(&running, &input).await;
            running.stop().await;
            done
        }
        Err(StartError::InUse { .. }) => {
            let words = std::env::args_os().skip(1).map(OsString::into_string);
            let words = words.collect::<Result<Vec<_>, _>>();
            let words = words.map_err(|word| anyhow!("{} is no text", word.display()))?;
            remote::ask(&data_dir, words, input).await
        }
        Err(error) => Err(error).context("the data directory cannot be used"),
    }
}

fn read(what: Reads) -> std::io::Result<String> {
    let mut text = String::new();
    match what {
        Reads::Nothing => {}
        Reads::Line => drop(std::io::stdin().read_line(&mut text)?),
        Reads::All => drop(std::io::stdin().read_to_string(&mut text)?),
    }
    Ok(text)
}

/// The agent with this address.
pub(crate) async fn known(running: &Running, email: &str) -> anyhow::Result<Agent> {
    let known = running.agent_by_email(email).await;
    known.with_context(|| format!("there is no agent with the email address {email}"))
}

/// Each as JSON on a line of its own.
pub(crate) fn lines<T: Serialize>(all: impl IntoIterator<Item = T>) -> anyhow::Result<String> {
    let lines: Result<Vec<String>, _> =
        all.into_iter().map(|one| serde_json::to_string(&one)).collect();
    Ok(lines?.join("\n"))
}
