//! Departments, transfers and invitations over real sockets, and what survives a restart.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    Command, DepartmentId, Fact, Refusal, Seq, Setup,
    frame::{Outcome, ServerFrame},
    route::Destination,
    visitor_frame::{VisitorChatState, VisitorClientFrame, VisitorServerFrame},
};
use bellhop_service::{AdminWish, Running};
use common::{Agent, Socket, Visitor, agent, chat_of, key, service};

const ORDERS: DepartmentId = DepartmentId(1);
const KILN: DepartmentId = DepartmentId(2);

async fn department(running: &Running, name: &str, emails: &[&str]) {
    let name = name.to_owned();
    let put = AdminWish::PutDepartment { name: name.clone(), description: None };
    running.admin(put).await.unwrap();
    let emails = emails.iter().map(|email| (*email).to_owned()).collect();
    running.admin(AdminWish::SetMembers { name, emails }).await.unwrap();
}

async fn setup_told(running: &Running, token: &str) -> Setup {
    let mut socket = Socket::open(&running.agent_url()).await;
    socket.send(&Agent::hello(token, Seq(0))).await;
    socket
        .until(|frame: &ServerFrame| match frame {
            ServerFrame::Setup(setup) => Some(setup.clone()),
            ServerFrame::Event { .. } => panic!("an event came before the setup"),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn r_090_to_r_114_a_chat_goes_from_hand_to_hand_and_the_visitor_waits_in_between() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let tokens = [agent(&running, "mina").await, agent(&running, "hana").await];
    department(&running, "Orders", &["mina@shop.example", "hana@shop.example"]).await;
    department(&running, "Kiln", &["hana@shop.example"]).await;
    let mut mina = Agent::connect(&running, &tokens[0]).await;

    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("Do you make it left-handed?").await;
    let chat_id = chat_of(&mina.command(Command::ServeNext).await);
    let transfer = |department_id| Command::TransferToDepartment {
        chat_id,
        department_id,
        note: Some("Asks for the left hand.".to_owned()),
    };
    let alone = Refusal::NobodyElseOnline { department: "Orders".to_owned() };
    let outcome = mina.command(transfer(ORDERS)).await;
    assert_eq!(outcome, Outcome::Refused { refusal: alone }, "Hana is not here");

    let mut hana = Agent::connect(&running, &tokens[1]).await;
    assert_eq!((hana.digest.waiting, hana.digest.open), (0, 0));
    chat_of(&mina.command(transfer(ORDERS)).await);
    let digest = mina.ping().await;
    assert_eq!((digest.waiting, digest.open), (0, 0), "not hers any more, and not hers to serve");
    let outcome = mina.command(Command::Serve { chat_id }).await;
    assert_eq!(outcome, Outcome::Refused { refusal: Refusal::Excluded });
    jun.until(|frame| match frame {
        VisitorServerFrame::State { chat: VisitorChatState::Waiting, .. } => Some(()),
        VisitorServerFrame::Line { line, .. } => {
            let told = serde_json::to_string(line).unwrap();
            assert!(!told.contains("left hand"), "the note is for agents alone: {told}");
            None
        }
        _ => None,
    })
    .await;
    let note = |fact: &Fact| match fact {
        Fact::ChatTransferred { note, excluded: true, to, .. } => {
            assert!(matches!(to, Destination::Department { department_id: ORDERS, .. }));
            note.clone()
        }
        _ => None,
    };
    let told = hana.event(|event| note(&event.fact)).await;
    assert_eq!(told, "Asks for the left hand.");
    assert_eq!(hana.ping().await.waiting, 1);

    // A restart changes nothing of it: state is the fold of the journal.
    running.stop().await;
    let running = service(dir.path()).await;
    mina.reconnect(&running, &tokens[0]).await;
    hana.reconnect(&running, &tokens[1]).await;
    assert_eq!((mina.digest.waiting, hana.digest.waiting), (0, 1));
    assert_eq!(chat_of(&hana.command(Command::ServeNext).await), chat_id);
    let invite = Command::Invite { chat_id, agent_id: mina_id(&running).await, note: None };
    chat_of(&hana.command(invite).await);
    assert_eq!(mina.ping().await.open, 1);
    chat_of(&hana.command(Command::LeaveChat { chat_id }).await);
    let text = "Mina again".to_owned();
    chat_of(&mina.command(Command::Say { chat_id, text }).await);
    running.stop().await;
}

async fn mina_id(running: &Running) -> bellhop_model::AgentId {
    running.agent_by_email("mina@shop.example").await.unwrap().id
}

#[tokio::test]
async fn domain_10_a_page_asks_for_a_department_and_its_agents_alone_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let tokens = [agent(&running, "mina").await, agent(&running, "hana").await];
    department(&running, "Orders", &["mina@shop.example"]).await;
    department(&running, "Kiln", &["hana@shop.example"]).await;
    let setup = setup_told(&running, &tokens[0]).await;
    let names: Vec<&str> = setup.departments.iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["Orders", "Kiln"]);

    let mut mina = Agent::connect(&running, &tokens[0]).await;
    let mut hana = Agent::connect(&running, &tokens[1]).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.socket.send(&VisitorClientFrame::Department { department_id: Some(KILN) }).await;
    jun.says("Which glaze is it?").await;
    assert_eq!((mina.ping().await.waiting, hana.ping().await.waiting), (0, 1));

    // Taken out of use, what waits for it waits for everybody.
    let disable = AdminWish::EnableDepartment { name: "Kiln".to_owned(), enabled: false };
    running.admin(disable).await.unwrap();
    assert_eq!((mina.ping().await.waiting, hana.ping().await.waiting), (1, 1));
    running.stop().await;
}
