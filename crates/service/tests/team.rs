//! Team chats over real sockets: who is told, what is resumed, and that the numbers agree.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{AgentId, Event, Fact, Refusal, Seq, frame::Outcome, manage::Management};
use bellhop_service::{export, import, start};
use common::{Agent, KEY, Visitor, agent, config, key, service};

fn say(to: &[u64], text: &str) -> Management {
    Management::SayToTeam { to: to.iter().copied().map(AgentId).collect(), text: text.to_owned() }
}

fn texts(agent: &Agent) -> Vec<String> {
    let said = |event: &Event| match &event.fact {
        Fact::TeamSaid { message, .. } => Some(message.text.clone()),
        _ => None,
    };
    agent.events.iter().filter_map(said).collect()
}

async fn accepted(agent: &mut Agent, wish: Management) {
    let outcome = agent.manages(wish).await;
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
}

#[tokio::test]
async fn r_115_only_its_agents_are_told_of_a_team_chat_and_nobody_sees_a_hole() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let mut tokens = Vec::new();
    for name in ["mina", "hana", "yuna"] {
        tokens.push(agent(&running, name).await);
    }
    let mut mina = Agent::connect(&running, &tokens[0]).await;
    let mut yuna = Agent::connect(&running, &tokens[2]).await;
    accepted(&mut mina, say(&[2], "Is the kiln free?")).await;
    accepted(&mut mina, say(&[2, 3], "Kiln at five.")).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("Hello").await;
    accepted(&mut mina, say(&[2], "A secret")).await;
    // `Agent` checks that each event names the one before it, and each digest the last one.
    yuna.ping().await;
    mina.ping().await;
    assert_eq!(texts(&yuna), ["Kiln at five."]);
    assert_eq!(texts(&mina), ["Is the kiln free?", "Kiln at five.", "A secret"]);

    // Who was not there is told later, and who was goes on from her cursor.
    let mut hana = Agent::connect(&running, &tokens[1]).await;
    assert_eq!(texts(&hana), texts(&mina));
    let read = hana.events.iter().rev().find_map(|event| match event.fact {
        Fact::TeamSaid { team_chat_id, .. } => Some((team_chat_id, event.seq)),
        _ => None,
    });
    let (team_chat_id, up_to) = read.unwrap();
    accepted(&mut hana, Management::ReadTeamChat { team_chat_id, up_to }).await;
    accepted(&mut hana, say(&[1], "Yes")).await;
    yuna.reconnect(&running, &tokens[2]).await;
    mina.reconnect(&running, &tokens[0]).await;
    yuna.ping().await;
    mina.ping().await;
    assert_eq!((texts(&yuna).len(), texts(&mina).len()), (1, 4));
    let reads = |agent: &Agent| {
        agent.events.iter().filter(|e| matches!(e.fact, Fact::TeamRead { .. })).count()
    };
    assert_eq!((reads(&mina), reads(&hana)), (0, 1), "what she has read is her own");
    let stranger = yuna.manages(Management::ReadTeamChat { team_chat_id, up_to }).await;
    let refusal = Refusal::NoSuchTeamChat { team_chat_id };
    assert_eq!(stranger, Outcome::Refused { refusal });
    let file = Management::SendFileToTeam { to: vec![AgentId(2)], name: "a.pdf".to_owned() };
    let refusal = Refusal::NoFilesInTeamChats;
    assert_eq!(yuna.manages(file).await, Outcome::Refused { refusal });
    running.stop().await;

    // A whole account that moves takes them along.
    let elsewhere = tempfile::tempdir().unwrap();
    let there = elsewhere.path().join("there");
    let mut stream = Vec::new();
    export(dir.path(), Some(KEY), true, &mut stream).await.unwrap();
    import(&there, Some(KEY), &stream[..]).await.unwrap();
    let running = start(config(&there)).await.unwrap();
    let mut anew = Agent::connect(&running, &tokens[2]).await;
    anew.ping().await;
    assert_eq!(texts(&anew), ["Kiln at five."]);
    accepted(&mut anew, say(&[1, 2], "At six.")).await;
    anew.ping().await;
    let ids = anew.events.iter().filter_map(|event| match &event.fact {
        Fact::TeamSaid { team_chat_id, .. } => Some(*team_chat_id),
        _ => None,
    });
    let ids: Vec<_> = ids.collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "it is the same team chat: {ids:?}");
    running.stop().await;
}
