//! `bellhop-service admin routing` and `admin agent-routing`: how requests find their agents.

use crate::admin::Place;
use bellhop_model::{
    Agent, Availability,
    routing::{ChatLimit, IdleRule, Routing, RoutingMode},
};
use bellhop_service::{AdminWish, AgentRouting, OwnLimit, Running, Team};
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use serde_json::json;

/// See the module.
#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Change what is named here, and leave the rest.
    Set(Box<Change>),
    /// Print how requests are routed, and each agent's skills and limit.
    Show {
        #[command(flatten)]
        place: Place,
        /// As a JSON object; times in milliseconds.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("change").required(true).multiple(true))]
pub(crate) struct Change {
    #[command(flatten)]
    place: Place,
    /// Who is told of a request: everybody, one agent at a time, or one agent at a time while
    /// agents may also take what waits by hand.
    #[arg(long, group = "change")]
    mode: Option<Mode>,
    /// How many chats an agent gets, 0 to 20, or "off". Chats that she answered within the last ten
    /// minutes count.
    #[arg(long, group = "change", value_name = "CHATS")]
    chat_limit: Option<Off<u8>>,
    /// Whether agents have limits of their own (agent-routing --chat-limit).
    #[arg(long, group = "change", value_name = "YES")]
    limit_of_each: Option<Switch>,
    /// Whether an agent may choose her own limit.
    #[arg(long, group = "change", value_name = "YES")]
    limit_by_agents: Option<Switch>,
    /// For how many seconds a request waits for one agent alone, or "off": until she takes it or is
    /// gone.
    #[arg(long, group = "change", value_name = "SECONDS")]
    reassign_after: Option<Off<u32>>,
    /// After how many requests in a row that she did not take an agent is made away, or "off".
    #[arg(long, group = "change", value_name = "MISSES")]
    idle_after: Option<Off<u8>>,
    /// What she is made then.
    #[arg(long, group = "change")]
    idle_to: Option<Idle>,
    /// Whether an agent serves what is assigned to her at once, without a click.
    #[arg(long, group = "change", value_name = "YES")]
    auto_accept: Option<Switch>,
    /// For how many seconds a request waits for an agent with all skills it asks for, 5 to 300.
    #[arg(long, group = "change", value_name = "SECONDS")]
    skill_wait: Option<u32>,
}

/// What an administrator says of one agent.
#[derive(Debug, Args)]
pub(crate) struct OfAgent {
    #[command(flatten)]
    pub(crate) place: Place,
    #[arg(long)]
    email: String,
    /// A skill; once for each, at most 5. All that she has are replaced.
    #[arg(long = "skill", value_name = "SKILL", conflicts_with = "no_skills")]
    skills: Vec<String>,
    /// She has no skills.
    #[arg(long)]
    no_skills: bool,
    /// Her own limit of chats, 0 to 20, or "off": that of the account.
    #[arg(long, value_name = "CHATS")]
    chat_limit: Option<Off<u8>>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Mode {
    Broadcast,
    Assigned,
    Hybrid,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Switch {
    Yes,
    No,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Idle {
    Away,
    Invisible,
}

/// A number, or "off".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Off<T>(Option<T>);

impl<T: std::str::FromStr> std::str::FromStr for Off<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        if text == "off" { Ok(Self(None)) } else { Ok(Self(Some(text.parse()?))) }
    }
}

impl Admin {
    pub(crate) fn place(&self) -> &Place {
        match self {
            Self::Set(change) => &change.place,
            Self::Show { place, .. } => place,
        }
    }
}

impl Change {
    fn of(&self, before: Routing) -> Routing {
        let mut routing = before;
        if let Some(mode) = self.mode {
            routing.mode = match mode {
                Mode::Broadcast => RoutingMode::Broadcast,
                Mode::Assigned => RoutingMode::Assigned,
                Mode::Hybrid => RoutingMode::Hybrid,
            };
        }
        if let Some(Off(chats)) = self.chat_limit {
            let rule = routing.chat_limit;
            let none = ChatLimit { chats: 0, of_each: false, by_agents: false };
            routing.chat_limit = chats.map(|chats| ChatLimit { chats, ..rule.unwrap_or(none) });
        }
        if let Some(rule) = &mut routing.chat_limit {
            set(&mut rule.of_each, self.limit_of_each);
            set(&mut rule.by_agents, self.limit_by_agents);
        }
        if let Some(Off(seconds)) = self.reassign_after {
            routing.hold_for_ms = seconds.map(millis);
        }
        if let Some(Off(misses)) = self.idle_after {
            let to = routing.idle.map_or(Availability::Away, |idle| idle.to);
            routing.idle = misses.map(|misses| IdleRule { misses, to });
        }
        if let Some((idle, to)) = routing.idle.as_mut().zip(self.idle_to) {
            idle.to = match to {
                Idle::Away => Availability::Away,
                Idle::Invisible => Availability::Invisible,
            };
        }
        set(&mut routing.auto_accept, self.auto_accept);
        if let Some(seconds) = self.skill_wait {
            routing.skills_for_ms = millis(seconds);
        }
        routing
    }
}

fn millis(seconds: u32) -> i64 {
    i64::from(seconds) * 1000
}

fn set(place: &mut bool, switch: Option<Switch>) {
    if let Some(switch) = switch {
        *place = matches!(switch, Switch::Yes);
    }
}

/// Does it, and tells how requests are routed then.
pub(crate) async fn change(running: &Running, admin: Admin) -> anyhow::Result<String> {
    let json = matches!(admin, Admin::Show { json: true, .. });
    if let Admin::Set(change) = admin {
        let before = running.team().await?.routing;
        let without_limit = before.chat_limit.is_none() && change.chat_limit.is_none();
        anyhow::ensure!(
            !without_limit || (change.limit_of_each.is_none() && change.limit_by_agents.is_none()),
            "there is no chat limit; set one with --chat-limit"
        );
        let without_idle = before.idle.is_none() && change.idle_after.is_none();
        anyhow::ensure!(
            !without_idle || change.idle_to.is_none(),
            "agents are not made idle; say after how many misses with --idle-after"
        );
        running.admin(AdminWish::SetRouting { routing: change.of(before) }).await?;
    }
    show(running, json).await
}

/// Says what an agent can and gets, and tells how requests are routed then.
pub(crate) async fn of_agent(running: &Running, of: OfAgent) -> anyhow::Result<String> {
    let OfAgent { email, skills, no_skills, chat_limit, .. } = of;
    let skills = (no_skills || !skills.is_empty()).then_some(skills);
    let limit = chat_limit
        .map_or(OwnLimit::Kept, |Off(chats)| chats.map_or(OwnLimit::None, OwnLimit::Chats));
    running.admin(AdminWish::SetAgentRouting { email, skills, limit }).await?;
    show(running, false).await
}

async fn show(running: &Running, json: bool) -> anyhow::Result<String> {
    let Team { routing, desks, agents, .. } = running.team().await?;
    let of = |agent: &Agent| desks.iter().find(|of| of.agent_id == agent.id);
    let known = agents.iter().filter_map(|agent| Some((agent.email.as_str(), of(agent)?)));
    if json {
        let agents: Vec<_> = known
            .map(|(email, AgentRouting { skills, chat_limit, .. })| {
                json!({ "email": email, "skills": skills, "chat_limit": chat_limit })
            })
            .collect();
        return Ok(json!({ "routing": routing, "agents": agents }).to_string());
    }
    let agents = known.map(|(email, AgentRouting { skills, chat_limit, .. })| {
        let skills = if skills.is_empty() { "no skills".to_owned() } else { skills.join(", ") };
        let limit = chat_limit.map_or_else(String::new, |limit| format!("\tlimit {limit}"));
        format!("\n{email}\t{skills}{limit}")
    });
    Ok(told(&routing) + &agents.collect::<String>())
}

fn told(routing: &Routing) -> String {
    let Routing { mode, chat_limit, hold_for_ms, idle, auto_accept, skills_for_ms } = routing;
    let mode = match mode {
        RoutingMode::Broadcast => "broadcast",
        RoutingMode::Assigned => "assigned",
        RoutingMode::Hybrid => "hybrid",
    };
    let off = || "off".to_owned();
    let limit = chat_limit.map_or_else(off, |limit| {
        let each = if limit.of_each { ", of each agent" } else { "" };
        let own = if limit.by_agents { ", agents may choose" } else { "" };
        format!("{}{each}{own}", limit.chats)
    });
    let hold = hold_for_ms.map_or_else(off, |ms| format!("{} s", ms / 1000));
    let idle = idle.map_or_else(off, |idle| {
        let to = if idle.to == Availability::Away { "away" } else { "invisible" };
        format!("{to} after {} misses", idle.misses)
    });
    let accept = if *auto_accept { "on" } else { "off" };
    let skills = skills_for_ms / 1000;
    format!(
        "mode\t{mode}\nchat limit\t{limit}\nreassign after\t{hold}\nidle\t{idle}\n\
         auto accept\t{accept}\nskill wait\t{skills} s"
    )
}
