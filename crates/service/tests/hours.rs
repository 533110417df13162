//! Operating hours over real sockets: who is told what, and when.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    Availability, Command, DepartmentId, Refusal, Seq,
    frame::{Outcome, ServerFrame},
    hours::{OutsideHours, Week},
    live::{Live, Presence},
    visitor_frame::{VisitorClientFrame, VisitorServerFrame},
};
use bellhop_service::{AdminWish, Running};
use common::{Agent, Visitor, agent, chat_of, key, service};

/// Never open: so that no test waits for a clock.
fn never(department: Option<&str>) -> AdminWish {
    let department = department.map(ToOwned::to_owned);
    AdminWish::SetHours { department, time_zone: "Asia/Seoul".to_owned(), week: Week::default() }
}

async fn until_open(visitor: &mut Visitor, wanted: bool) -> bool {
    visitor
        .until(|frame| match frame {
            VisitorServerFrame::State { open, staffed, .. } if *open == wanted => Some(*staffed),
            _ => None,
        })
        .await
}

/// What her own program is told she is.
async fn until_presence(agent: &mut Agent, wanted: Presence) -> Option<OutsideHours> {
    agent
        .until(|frame| match frame {
            ServerFrame::Live { values, .. } => values.iter().find_map(|value| match value {
                Live::AgentPresence { presence, outside_hours, .. } if *presence == wanted => {
                    Some(*outside_hours)
                }
                _ => None,
            }),
            _ => None,
        })
        .await
}

async fn set(running: &Running, wish: AdminWish) {
    running.admin(wish).await.unwrap();
}

#[tokio::test]
async fn domain_10_closing_and_opening_reach_agents_and_visitors() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let token = agent(&running, "mina").await;
    let mut mina = Agent::connect(&running, &token).await;
    let (mut jun, welcome) = Visitor::connect(&running, &key(1), Seq(0)).await;
    assert!(matches!(welcome, VisitorServerFrame::Welcome { open: true, staffed: true, .. }));
    jun.says("Do you make it left-handed?").await;

    set(&running, never(None)).await;
    assert!(!until_open(&mut jun, false).await, "nobody is seen there");
    let outside = until_presence(&mut mina, Presence::Invisible).await;
    assert_eq!(outside, Some(OutsideHours { opens_at: None }));
    let online = Command::SetAvailability { availability: Availability::Online };
    let refusal = Refusal::OutsideHours { opens_at: None };
    assert_eq!(mina.command(online).await, Outcome::Refused { refusal });
    let (_ara, welcome) = Visitor::connect(&running, &key(2), Seq(0)).await;
    assert!(matches!(welcome, VisitorServerFrame::Welcome { open: false, staffed: false, .. }));
    assert_eq!(mina.ping().await.waiting, 1, "what waits is kept");
    chat_of(&mina.command(Command::ServeNext).await);

    set(&running, AdminWish::EnableHours { department: None, enabled: false }).await;
    assert!(until_open(&mut jun, true).await);
    assert_eq!(until_presence(&mut mina, Presence::Online).await, None);
    running.stop().await;
}

#[tokio::test]
async fn domain_10_a_visitor_finds_open_or_closed_the_department_that_they_chose() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    agent(&running, "mina").await;
    for name in ["Orders", "Kiln"] {
        let name = name.to_owned();
        set(&running, AdminWish::PutDepartment { name, description: None }).await;
    }
    set(&running, never(Some("Kiln"))).await;
    let (mut jun, welcome) = Visitor::connect(&running, &key(1), Seq(0)).await;
    assert!(matches!(welcome, VisitorServerFrame::Welcome { open: true, .. }));
    let department_id = Some(DepartmentId(2));
    jun.socket.send(&VisitorClientFrame::Department { department_id }).await;
    until_open(&mut jun, false).await;
    jun.socket.send(&VisitorClientFrame::Department { department_id: None }).await;
    until_open(&mut jun, true).await;
    running.stop().await;
}

#[tokio::test]
async fn domain_10_hours_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    agent(&running, "mina").await;
    set(&running, never(None)).await;
    running.stop().await;
    let running = service(dir.path()).await;
    let (_jun, welcome) = Visitor::connect(&running, &key(1), Seq(0)).await;
    assert!(matches!(welcome, VisitorServerFrame::Welcome { open: false, opens_at: None, .. }));
    assert!(!running.team().await.unwrap().hours[0].opening.open);
    running.stop().await;
}
