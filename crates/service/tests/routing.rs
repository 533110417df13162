//! Routing over real sockets: who is told of what, and what survives a restart.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    AgentId, ChatId, Command, Fact, Refusal, Routing, RoutingMode, Seq,
    frame::{Outcome, ServerFrame},
    live::Live,
    routing::ChatLimit,
    visitor_frame::VisitorClientFrame,
};
use bellhop_service::{AdminWish, OwnLimit, Running};
use common::{Agent, Visitor, agent, chat_of, key, service};

async fn route(running: &Running, routing: Routing) {
    running.admin(AdminWish::SetRouting { routing }).await.unwrap();
}

async fn asked(agent: &mut Agent) -> (ChatId, AgentId) {
    agent
        .until(|frame| match frame {
            ServerFrame::Event { event, .. } => match event.fact {
                Fact::ChatAssigned { chat_id, agent_id } => Some((chat_id, agent_id)),
                _ => None,
            },
            _ => None,
        })
        .await
}

#[tokio::test]
async fn domain_8_a_request_is_assigned_in_the_same_breath_and_the_other_agent_is_told_whose_it_is()
{
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let tokens = [agent(&running, "mina").await, agent(&running, "hana").await];
    let chat_limit = Some(ChatLimit { chats: 1, of_each: false, by_agents: false });
    route(&running, Routing { mode: RoutingMode::Assigned, chat_limit, ..Routing::default() })
        .await;
    let mut mina = Agent::connect(&running, &tokens[0]).await;
    let mut hana = Agent::connect(&running, &tokens[1]).await;

    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("Do you make it left-handed?").await;
    let (chat_id, first) = asked(&mut mina).await;
    assert_eq!(asked(&mut hana).await, (chat_id, first));
    let (hers, other, name) = if first == AgentId(1) {
        (&mut mina, &mut hana, "mina")
    } else {
        (&mut hana, &mut mina, "hana")
    };
    assert_eq!((hers.ping().await.waiting, other.ping().await.waiting), (1, 0));
    let refusal = Refusal::HeldForAnother { name: name.to_owned() };
    assert_eq!(other.command(Command::Serve { chat_id }).await, Outcome::Refused { refusal });
    assert_eq!(chat_of(&hers.command(Command::ServeNext).await), chat_id);
    let full = |frame: &ServerFrame| match frame {
        ServerFrame::Live { values, .. } => values.iter().find_map(|value| match value {
            Live::AgentPresence { agent_id, at_limit: true, .. } => Some(*agent_id),
            _ => None,
        }),
        _ => None,
    };
    assert_eq!(hers.until(full).await, first, "her program knows that she gets no more");
    running.stop().await;

    let running = service(dir.path()).await;
    assert_eq!(running.team().await.unwrap().routing.mode, RoutingMode::Assigned);
    running.stop().await;
}

#[tokio::test]
async fn domain_8_a_request_that_asks_for_a_skill_goes_to_who_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let tokens = [agent(&running, "mina").await, agent(&running, "hana").await];
    route(&running, Routing { mode: RoutingMode::Assigned, ..Routing::default() }).await;
    let skills = Some(vec!["glazes".to_owned()]);
    let email = "hana@shop.example".to_owned();
    running
        .admin(AdminWish::SetAgentRouting { email, skills, limit: OwnLimit::Kept })
        .await
        .unwrap();
    let mut mina = Agent::connect(&running, &tokens[0]).await;
    let _hana = Agent::connect(&running, &tokens[1]).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    let skills = vec!["glazes".to_owned()];
    jun.socket.send(&VisitorClientFrame::Skills { skills }).await;
    jun.says("Which glaze is food-safe?").await;
    assert_eq!(asked(&mut mina).await.1, AgentId(2));
    running.stop().await;
}
