//! Roles and permissions over real sockets, and what survives a restart (domain.md 14).

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    AgentId, ChatId, Command, DepartmentId, Extent, Permission, Rating, Refusal, Seq,
    frame::{ClientFrame, Outcome, Rejection, ServerFrame},
    listing::{Listing, Page},
    live::{Live, Presence},
    manage::{Management, NamedManagement},
    permission::OwnRole,
    record::{Figures, RecordRefusal},
    visitor_frame::VisitorClientFrame,
};
use bellhop_service::{AdminWish, Running};
use common::{Agent, Socket, Visitor, agent, chat_of, key, new_id, service};
use std::collections::BTreeSet;

async fn agents_may(running: &Running, permission: Permission, extent: Extent) {
    let grants = vec![(permission, extent)];
    running.admin(AdminWish::PutRole { name: "Agent".to_owned(), grants }).await.unwrap();
}

fn own_role(frame: &ServerFrame) -> Option<OwnRole> {
    match frame {
        ServerFrame::Permissions(own) => Some(own.clone()),
        _ => None,
    }
}

/// Says hello, and gives what the agent is told of her role and of visitors.
async fn opens(running: &Running, token: &str) -> (Socket, OwnRole, Vec<Live>) {
    let mut socket = Socket::open(&running.agent_url()).await;
    socket.send(&Agent::hello(token, Seq(0))).await;
    let own = socket.until(own_role).await;
    let live = socket
        .until(|frame: &ServerFrame| match frame {
            ServerFrame::Live { reset: true, values } => Some(values.clone()),
            _ => None,
        })
        .await;
    let visitors = live.into_iter().filter(|value| matches!(value, Live::VisitorHere { .. }));
    (socket, own, visitors.collect())
}

async fn manages(socket: &mut Socket, wish: Management) -> Outcome {
    let id = new_id();
    socket.send(&ClientFrame::Manage(NamedManagement { id, wish })).await;
    socket
        .until(|frame: &ServerFrame| match frame {
            ServerFrame::Answer { id: answered, outcome } if *answered == id => {
                Some(outcome.clone())
            }
            _ => None,
        })
        .await
}

fn not_permitted(permission: &str) -> Outcome {
    let permission = permission.to_owned();
    Outcome::Refused { refusal: Refusal::NotPermitted { permission } }
}

#[tokio::test]
async fn domain_14_an_agent_is_told_her_role_and_what_it_does_not_allow_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let tokens = [agent(&running, "mina").await, agent(&running, "hana").await];
    let put = AdminWish::PutDepartment { name: "Kiln".to_owned(), description: None };
    running.admin(put).await.unwrap();
    let members = Management::SetDepartmentMembers {
        department_id: DepartmentId(1),
        members: vec![AgentId(2)],
    };

    let (_mina, own, _) = opens(&running, &tokens[0]).await;
    assert_eq!(own.role, "Owner");
    let (mut hana, own, _) = opens(&running, &tokens[1]).await;
    assert_eq!((own.role.as_str(), own.permissions.len()), ("Agent", 13));
    assert_eq!(own.permissions[&Permission::EditDepartmentAgents], Extent::None);
    let outcome = manages(&mut hana, members.clone()).await;
    assert_eq!(outcome, not_permitted("edit_department_agents"));

    agents_may(&running, Permission::EditDepartmentAgents, Extent::Account).await;
    let told = hana.until(own_role).await;
    assert_eq!(told.permissions[&Permission::EditDepartmentAgents], Extent::Account);
    assert!(matches!(manages(&mut hana, members).await, Outcome::Accepted { .. }));

    running.stop().await;
    let running = service(dir.path()).await;
    let (_, own, _) = opens(&running, &tokens[1]).await;
    assert_eq!(own, told, "a role is still there after a restart");
    running.stop().await;
}

#[tokio::test]
async fn domain_14_who_may_not_see_visitors_is_told_of_none_but_serves_their_chats() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let tokens = [agent(&running, "mina").await, agent(&running, "hana").await];
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    let (mut hana, _, visitors) = opens(&running, &tokens[1]).await;
    assert_eq!(visitors.len(), 1);

    agents_may(&running, Permission::VisitorsSeen, Extent::None).await;
    let cut = hana
        .until(|frame: &ServerFrame| match frame {
            ServerFrame::Rejected(why) => Some(why.clone()),
            _ => None,
        })
        .await;
    assert_eq!(cut, Rejection::RightsChanged, "what she saw is void");
    let (mut socket, own, visitors) = opens(&running, &tokens[1]).await;
    assert_eq!((own.permissions[&Permission::VisitorsSeen], visitors.len()), (Extent::None, 0));
    let (_mina, _, visitors) = opens(&running, &tokens[0]).await;
    assert_eq!(visitors.len(), 1, "the owner sees them still");

    let (_ara, _) = Visitor::connect(&running, &key(2), Seq(0)).await;
    jun.says("Hello").await;
    // Whoever comes after Ara is told of not before her.
    let sora = agent(&running, "sora").await;
    let _sora = opens(&running, &sora).await;
    let mut passed = Vec::new();
    let is_sora = |value: &Live| {
        matches!(
            value,
            Live::AgentPresence { agent_id: AgentId(3), presence: Presence::Online, .. }
        )
    };
    socket
        .until(|frame: &ServerFrame| {
            passed.push(frame.clone());
            match frame {
                ServerFrame::Live { values, .. } => values.iter().any(is_sora).then_some(()),
                _ => None,
            }
        })
        .await;
    drop(socket);
    let told = serde_json::to_string(&passed).unwrap();
    assert!(told.contains("chat_requested") && !told.contains("visitor_here"), "{told}");
    let mut hana = Agent::connect(&running, &tokens[1]).await;
    chat_of(&hana.command(Command::ServeNext).await);
    running.stop().await;
}

#[tokio::test]
async fn domain_14_the_monitor_and_limits_of_chats_are_for_whom_a_role_allows_them() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let tokens = [agent(&running, "mina").await, agent(&running, "hana").await];
    let put = AdminWish::PutDepartment { name: "Kiln".to_owned(), description: None };
    running.admin(put).await.unwrap();
    let mut mina = Agent::connect(&running, &tokens[0]).await;
    let mut hana = Agent::connect(&running, &tokens[1]).await;
    for (number, words) in [(1, "Hello"), (2, "Anybody?")] {
        let (mut visitor, _) = Visitor::connect(&running, &key(number), Seq(0)).await;
        visitor.says(words).await;
    }
    chat_of(&mina.command(Command::ServeNext).await);
    let listed = hana.list(Listing::Monitor { after: None }).await;
    let Page::Monitor { served, queues, agents, .. } = listed.page else { panic!("{listed:?}") };
    assert_eq!((served, listed.more), (1, false));
    let told: Vec<_> = queues
        .iter()
        .map(|queue| (queue.department_id, queue.waiting, queue.waits_since.is_some()))
        .collect();
    assert_eq!(told, [(None, 1, true), (Some(DepartmentId(1)), 0, false)]);
    let told: Vec<_> = agents.iter().map(|one| (one.agent_id.0, one.presence, one.chats)).collect();
    assert_eq!(told, [(1, Presence::Online, 1), (2, Presence::Online, 0)]);
    let listed = hana.list(Listing::Monitor { after: Some(AgentId(2)) }).await;
    assert!(matches!(&listed.page, Page::Monitor { agents, .. } if agents.is_empty()));

    agents_may(&running, Permission::ViewMonitor, Extent::None).await;
    let refusal = Refusal::not_permitted(Permission::ViewMonitor);
    let listed = hana.list(Listing::Monitor { after: None }).await;
    assert_eq!(listed.page, Page::Refused { refusal });

    let set = |id| Management::SetAgentChatLimit { agent_id: AgentId(id), chat_limit: Some(2) };
    assert_eq!(hana.manages(set(2)).await, not_permitted("set_agent_chat_limit"));
    agents_may(&running, Permission::SetAgentChatLimit, Extent::Own).await;
    assert_eq!(hana.manages(set(1)).await, not_permitted("set_agent_chat_limit"));
    assert!(matches!(hana.manages(set(2)).await, Outcome::Accepted { .. }));
    let desks = running.team().await.unwrap().desks;
    let hers = desks.iter().find(|desk| desk.agent_id == AgentId(2)).unwrap();
    assert_eq!(hers.chat_limit, Some(2));
    running.stop().await;
}

/// The status and the text of an answer over HTTP to whom this token lets in.
async fn get(running: &Running, token: &str, path: &str) -> (u16, String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = format!("http://{}{path}", running.addr());
    let answer = reqwest::Client::new().get(url).bearer_auth(token).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn ends(visitor: &mut Visitor) {
    let id = new_id();
    visitor.socket.send(&VisitorClientFrame::End { id }).await;
    visitor.taken(id).await;
}

#[tokio::test]
async fn domain_14_figures_of_the_past_are_for_whom_a_role_allows_them() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let tokens = [agent(&running, "mina").await, agent(&running, "hana").await];
    let mut mina = Agent::connect(&running, &tokens[0]).await;
    let figures = async |token: &str, query: &str| -> Figures {
        let (status, text) = get(&running, token, &format!("/history/figures?{query}")).await;
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    };
    assert_eq!(figures(&tokens[0], "").await, Figures::default());
    running.admin(AdminWish::SwitchRatings { enabled: true }).await.unwrap();

    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("Hello").await;
    let chat_id = chat_of(&mina.command(Command::ServeNext).await);
    mina.command(Command::Say { chat_id, text: "Hello, Jun".to_owned() }).await;
    let id = new_id();
    jun.socket
        .send(&VisitorClientFrame::Rate { id, rating: Some(Rating::Good), comment: None })
        .await;
    jun.taken(id).await;
    mina.command(Command::EndChat { chat_id }).await;
    let (mut ara, _) = Visitor::connect(&running, &key(2), Seq(0)).await;
    ara.says("Anybody?").await;
    let chat_id = chat_of(&mina.command(Command::ServeNext).await);
    mina.command(Command::EndChat { chat_id }).await;
    let (mut sol, _) = Visitor::connect(&running, &key(3), Seq(0)).await;
    sol.says("Anybody?").await;
    ends(&mut sol).await;

    let all = figures(&tokens[0], "").await;
    let Figures { waited_ms, first_response_ms, duration_ms, .. } = all;
    assert!([waited_ms, first_response_ms, duration_ms].iter().all(|mean| mean >= &Some(0)));
    let means = Figures { waited_ms, first_response_ms, duration_ms, ..Figures::default() };
    assert_eq!(all, Figures { chats: 3, missed: 1, dropped: 1, good: 1, ..means });
    let hers = figures(&tokens[0], "agent=1&from=5").await;
    assert_eq!((hers.chats, hers.missed, hers.duration_ms), (2, 0, duration_ms));
    for nothing in ["agent=2", "department=1", "to=5"] {
        assert_eq!(figures(&tokens[0], nothing).await, Figures::default(), "{nothing}");
    }
    for bad in ["text=Anybody", "from=yesterday"] {
        let (status, text) = get(&running, &tokens[0], &format!("/history/figures?{bad}")).await;
        assert_eq!((status, text.as_str()), (400, r#"{"code":"bad_request"}"#), "{bad}");
    }

    let refused = |text: &str, permission: &str| {
        let permission = permission.to_owned();
        let refusal: RecordRefusal = serde_json::from_str(text).unwrap();
        assert_eq!(refusal, RecordRefusal::NotPermitted { permission });
    };
    let (status, text) = get(&running, &tokens[1], "/history/figures").await;
    assert_eq!(status, 403);
    refused(&text, "access_analytics");
    let grants = vec![
        (Permission::AccessAnalytics, Extent::Account),
        (Permission::ViewPastChats, Extent::None),
    ];
    running.admin(AdminWish::PutRole { name: "Agent".to_owned(), grants }).await.unwrap();
    assert_eq!(figures(&tokens[1], "").await, all);
    let (status, text) = get(&running, &tokens[1], "/history").await;
    assert_eq!(status, 403);
    refused(&text, "view_past_chats");
    running.stop().await;
}

#[tokio::test]
async fn domain_14_who_may_not_view_past_chats_is_not_told_of_them_by_the_stream_either() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let tokens = [agent(&running, "mina").await, agent(&running, "hana").await];
    agents_may(&running, Permission::ViewPastChats, Extent::None).await;
    let mut mina = Agent::connect(&running, &tokens[0]).await;
    let mut hana = Agent::connect(&running, &tokens[1]).await;
    let mut asked = Vec::new();
    let mut visitors = Vec::new();
    for (number, words) in [(1, "marmalade"), (2, "celadon"), (3, "moon jar")] {
        let (mut visitor, _) = Visitor::connect(&running, &key(number), Seq(0)).await;
        visitor.says(words).await;
        let server = match number {
            1 => Some(&mut mina),
            2 => Some(&mut hana),
            _ => None,
        };
        if let Some(server) = server {
            let chat_id = chat_of(&server.command(Command::ServeNext).await);
            ends(&mut visitor).await;
            server.command(Command::EndChat { chat_id }).await;
            asked.push(chat_id);
        }
        visitors.push(visitor);
    }
    let [others, hers] = asked[..] else { panic!("{asked:?}") };
    let told = |hana: &Agent| -> BTreeSet<ChatId> {
        hana.events.iter().filter_map(|event| event.fact.chat_id()).collect()
    };
    hana.ping().await;
    assert_eq!(told(&hana).len(), 3, "she is told of all that goes on");

    let mut hana = Agent::connect(&running, &tokens[1]).await;
    let waits = ChatId(3);
    assert_eq!(told(&hana), [hers, waits].into());
    let text = serde_json::to_string(&hana.events).unwrap();
    assert!(text.contains("celadon") && !text.contains("marmalade"), "{text}");
    assert_eq!((hana.digest.waiting, hana.digest.open), (1, 0));

    let tag = |tag: &str| Command::SetTags { chat_id: others, tags: vec![tag.to_owned()] };
    let tagged = mina.command(tag("toast")).await;
    assert!(matches!(tagged, Outcome::Accepted { .. }), "{tagged:?}");
    mina.event(|event| (event.fact.chat_id() == Some(others)).then_some(())).await;
    hana.ping().await;
    assert!(!told(&hana).contains(&others));
    visitors[2].says("Anybody?").await;
    hana.ping().await;
    assert_eq!(hana.events.last().and_then(|event| event.fact.chat_id()), Some(waits));

    agents_may(&running, Permission::ViewPastChats, Extent::Account).await;
    mina.command(tag("butter")).await;
    hana.event(|event| (event.fact.chat_id() == Some(others)).then_some(())).await;
    let again = Agent::connect(&running, &tokens[1]).await;
    assert_eq!(told(&again), [others, hers, waits].into());
    running.stop().await;
}
