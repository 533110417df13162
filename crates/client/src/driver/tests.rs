//! An engine that panics: the driver begins anew from the cache (reliability.md S15).

use super::*;
use crate::{AlertIntent, BoxFuture, Line, SealKey, Store};
use bellhop_link::{FrameReceiver, FrameSender};
use bellhop_model::{
    Agent, AgentId, Author, Availability, Event, Fact, Message, PersonalSettings, VisitorId,
    VisitorProfile,
    frame::{ClientFrame, Digest, PROTOCOL, ServerFrame, Workspace},
    people::Origin,
    view::{Connection, Update, View, WorkspaceView},
};
use tokio::sync::watch;

/// A service that says the same to everybody who comes.
struct Script {
    events: Vec<Event>,
}

struct Outgoing {
    events: Vec<Event>,
    out: mpsc::UnboundedSender<ServerFrame>,
}

struct Incoming(mpsc::UnboundedReceiver<ServerFrame>);

impl ChatService for Script {
    fn connect(&self) -> BoxFuture<'_, Result<Line, LinkProblem>> {
        Box::pin(async {
            let (out, frames) = mpsc::unbounded_channel();
            let outgoing = Outgoing { events: self.events.clone(), out };
            Ok(Line::new(Box::new(outgoing), Box::new(Incoming(frames))))
        })
    }
}

impl FrameSender for Outgoing {
    fn send(&mut self, frame: ClientFrame) -> BoxFuture<'_, Result<(), LinkProblem>> {
        if let ClientFrame::Hello { cursor, .. } = frame {
            let me = Agent {
                id: AgentId(1),
                display_name: "Mina".into(),
                email: "mina@example.org".into(),
                availability: Availability::Online,
            };
            let workspace = Workspace { id: "w".into(), name: "Shop".into(), site_url: None };
            let head = self.events.last().unwrap().seq;
            let now = Timestamp(0);
            let say = |frame| self.out.send(frame).unwrap();
            say(ServerFrame::Welcome { protocol: PROTOCOL, me, workspace, head, now });
            for event in self.events.iter().filter(|event| event.seq > cursor) {
                let prev = Seq(event.seq.0 - 1);
                say(ServerFrame::Event { prev, event: event.clone() });
            }
            say(ServerFrame::CaughtUp { digest: Digest { last: head, waiting: 1, open: 0 } });
        }
        Box::pin(async { Ok(()) })
    }
}

impl FrameReceiver for Incoming {
    fn recv(&mut self) -> BoxFuture<'_, Result<ServerFrame, LinkProblem>> {
        Box::pin(async {
            match self.0.recv().await {
                Some(frame) => Ok(frame),
                None => std::future::pending().await,
            }
        })
    }
}

struct NoShell;

impl Shell for NoShell {
    fn alert(&self, _: AlertIntent) {}
    fn withdraw(&self, _: ChatId) {}
    fn waiting(&self, _: u32) {}
    fn show_window(&self) {}
    fn settings(&self, _: &PersonalSettings) {}
    fn me(&self, _: &Agent) {}
    fn connection(&self, _: Connection) {}
}

/// A request with three messages, numbered 1 to 4.
fn script() -> Script {
    let chat_id = ChatId(1);
    let visitor = VisitorProfile {
        id: VisitorId("a".repeat(24)),
        name: None,
        language: String::new(),
        browser: String::new(),
        platform: String::new(),
        page: bellhop_model::people::Page::default(),
        referrer: String::new(),
        place: bellhop_model::visit::Place::default(),
        contact: bellhop_model::Contact::default(),
        arrived_at: Timestamp(0),
    };
    let origin = Origin::default();
    let mut facts = vec![Fact::ChatRequested { chat_id, visitor, origin }];
    facts.extend(["one", "two", "three"].map(|text| {
        let at = Timestamp(0);
        let message =
            Message { id: fresh_id(), author: Author::Visitor, text: text.into(), at, file: None };
        Fact::MessagePosted { chat_id, message }
    }));
    let numbered = facts.into_iter().zip(1..);
    let event = |(fact, seq)| Event { seq: Seq(seq), at: Timestamp(0), fact };
    Script { events: numbered.map(event).collect() }
}

async fn start(
    handle: Handle,
) -> (mpsc::UnboundedSender<Request>, watch::Receiver<View>, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &SealKey::new([1; 32])).await.unwrap().store;
    let (requests, inbox) = mpsc::unbounded_channel();
    let config = ClientConfig {
        service: Arc::new(script()),
        store,
        token: "t".into(),
        workspace: WorkspaceView::default(),
        client: "test".into(),
        shell: Arc::new(NoShell),
    };
    let mut driver = Driver::new(config, inbox).await.unwrap();
    driver.handle = handle;
    tokio::spawn(driver.run());
    let (tell, view) = watch::channel(View::default());
    let watcher: Watcher = Arc::new(move |update| {
        tell.send_modify(|view| match update {
            Update::Snapshot { view: all, .. } => *view = *all,
            Update::Patches { patches, .. } => patches.into_iter().for_each(|p| view.apply(p)),
        });
    });
    assert!(requests.send(Request::Watch { watcher }).is_ok());
    (requests, view, dir)
}

async fn wait(view: &mut watch::Receiver<View>, is_so: impl Fn(&View) -> bool) -> View {
    let found = tokio::time::timeout(Duration::from_secs(30), view.wait_for(is_so)).await;
    found.expect("it comes to that").expect("the driver runs").clone()
}

fn words(view: &View) -> Vec<&str> {
    let lines = view.chats.iter().flat_map(|chat| &chat.lines);
    lines
        .map(|line| match &line.body {
            bellhop_model::chat::LineBody::Said { message } => message.text.as_str(),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[tokio::test]
async fn s15_an_event_the_engine_cannot_bear_is_skipped_and_the_rest_arrives() {
    let (_requests, mut view, _dir) = start(|engine, input, now| {
        if let Input::Frame { frame: ServerFrame::Event { event, .. } } = &input {
            let poison = event.seq == Seq(3) && event.fact != Fact::Unknown;
            assert!(!poison, "a poisoned event");
        }
        engine.handle(input, now)
    })
    .await;
    let view = wait(&mut view, |view| view.connection.word == Connection::Online).await;
    assert_eq!(words(&view), ["one", "three"]);
    let skipped = NoticeBody::Resynced { detail: "event 3 was skipped".into() };
    assert!(view.notices.iter().any(|notice| notice.body == skipped), "{:?}", view.notices);
}

#[tokio::test]
async fn s15_an_ask_the_engine_cannot_bear_is_not_ready_and_the_rest_goes_on() {
    let (requests, mut view, _dir) = start(|engine, input, now| {
        let poison = matches!(&input, Input::Ask { ask: Ask::Typing { .. }, .. });
        assert!(!poison, "a poisoned ask");
        engine.handle(input, now)
    })
    .await;
    wait(&mut view, |view| view.connection.word == Connection::Online).await;
    let (reply, answer) = oneshot::channel();
    let ask = Box::new(Ask::Typing { chat_id: ChatId(1), on: true });
    assert!(requests.send(Request::Ask { ask, reply }).is_ok());
    assert!(answer.await.is_err(), "the client answers NotReady then");
    let again =
        |view: &View| view.connection.word == Connection::Online && !view.notices.is_empty();
    let view = wait(&mut view, again).await;
    assert_eq!(words(&view), ["one", "two", "three"], "from the cache");
}
