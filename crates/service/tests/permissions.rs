//! Roles and permissions over real sockets, and what survives a restart (domain.md 14).

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    AgentId, Command, DepartmentId, Extent, Permission, Refusal, Seq,
    frame::{ClientFrame, Outcome, Rejection, ServerFrame},
    live::{Live, Presence},
    manage::{Management, NamedManagement},
    permission::OwnRole,
};
use bellhop_service::{AdminWish, Running};
use common::{Agent, Socket, Visitor, agent, chat_of, key, new_id, service};

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
