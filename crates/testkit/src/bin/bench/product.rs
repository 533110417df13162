//! The product on its desk: the program with its seeded cache, a real service on loopback, a
//! visitor in a chat with the agent, and a tray to hide in.

use crate::{
    idle::Hides,
    measure::{
        app::App,
        desk::Desk,
        machine,
        pixels::{Key, WINDOW},
    },
    peers::{Contestant, Receiver},
    seed,
    wire::Wire,
};
use anyhow::{Context, Result};
use bellhop_model::{
    AgentId, CommandId, Seq,
    frame::{ClientFrame, PROTOCOL, ServerFrame},
    live::{Live, Presence},
    people::Page,
    visitor_frame::{VisitorClientFrame, VisitorServerFrame},
};
use bellhop_testkit::{service::ServiceHost, tray::Tray};
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};
use tokio::runtime::Handle;

const PATIENCE: Duration = Duration::from_secs(30);
/// By then a chat that was asked for has been drawn.
const DRAWN: Duration = Duration::from_secs(2);

/// What stands on the product's desk besides what it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum With {
    Nothing,
    /// A notification daemon that draws.
    Dunst,
}

/// The product, ready to be started.
#[derive(Debug)]
pub(crate) struct Product {
    runtime: Handle,
    program: PathBuf,
    token: String,
    mina: AgentId,
    /// The one in the chat with the agent.
    visitor: Option<Visitor>,
    /// Sees who is online.
    colleague: Wire,
    /// Answers as long as it is held.
    _tray: Tray,
    service: ServiceHost,
    rooms: seed::Rooms,
    desk: Desk,
}

impl Product {
    /// Fills the cache where that was not done before, and lays everything out.
    pub(crate) fn prepare(
        runtime: &Handle,
        program: &Path,
        work: &Path,
        with: With,
    ) -> Result<Self> {
        let rooms = seed::Rooms::fresh(runtime, program, work)?;
        let mut product = Self::lay_out(runtime, program, rooms, with)?;
        product.open_chat()?;
        Ok(product)
    }

    /// The same with rooms that are given, and nobody on the site.
    pub(crate) fn lay_out(
        runtime: &Handle,
        program: &Path,
        rooms: seed::Rooms,
        with: With,
    ) -> Result<Self> {
        let mut desk = Desk::new()?;
        rooms.open_key_store(&mut desk)?;
        if with == With::Dunst {
            machine::need(&[("dunst", "dunst")])?;
            desk.keep(Command::new("dunst"), None)?;
        }
        let tray = runtime.block_on(Tray::start(desk.bus()))?;
        let service = runtime.block_on(ServiceHost::start_in("Bench", rooms.service(), |_| {}))?;
        let (mina, token) = runtime.block_on(service.agent("mina"))?;
        let (_, other) = runtime.block_on(service.agent("noor"))?;
        let port = service.address().port();
        let colleague = Wire::open(runtime, port, "/agent", None)?;
        colleague.send(serde_json::to_string(&ClientFrame::Hello {
            protocol: PROTOCOL,
            token: other,
            cursor: Seq(0),
            client: "bench".into(),
        })?)?;
        Ok(Self {
            runtime: runtime.clone(),
            program: program.to_owned(),
            token,
            mina: mina.id,
            visitor: None,
            colleague,
            _tray: tray,
            service,
            rooms,
            desk,
        })
    }

    /// A visitor asks, and the agent serves and answers at another machine, so that her program
    /// finds her in the chat.
    fn open_chat(&mut self) -> Result<()> {
        let mut visitor = Visitor::arrive(self, "jun")?;
        // Different in each run: the service has older ones.
        let question = format!("Is number {} still there?", uuid::Uuid::now_v7());
        visitor.say(&question)?;
        self.visitor = Some(visitor);
        self.runtime.block_on(async {
            let mut elsewhere = self.service.agent_actor("mina").await?;
            let chat_id = elsewhere.wait_message(&question).await?;
            elsewhere.wish(bellhop_model::Command::Serve { chat_id }).await?;
            elsewhere.say(chat_id, "Two are left.").await
        })?;
        let mina = self.mina;
        self.wait_presence("the agent to be gone from there", move |id, presence| {
            id == mina && presence == Presence::Offline
        })
    }

    /// Waits until the service tells this of an agent.
    fn wait_presence(
        &mut self,
        what: &str,
        is_it: impl Fn(AgentId, Presence) -> bool,
    ) -> Result<()> {
        self.colleague.wait(what, |text| {
            let ServerFrame::Live { values, .. } = serde_json::from_str(text)? else {
                return Ok(None);
            };
            let told = |live: &Live| {
                matches!(live, Live::AgentPresence { agent_id, presence, .. } if is_it(*agent_id, *presence))
            };
            Ok(values.iter().any(told).then_some(()))
        })
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Stops the service in an orderly way; what was stored stays in the rooms.
    pub(crate) fn clear_away(mut self) -> Result<seed::Rooms> {
        self.runtime.clone().block_on(self.service.stop())?;
        Ok(self.rooms)
    }

    /// Waits until the program is signed in.
    pub(crate) fn wait_online(&mut self, app: &mut App) -> Result<()> {
        app.wait_said("UI_READY", PATIENCE)?;
        let mina = self.mina;
        let seen = self.wait_presence("the agent to be online", move |id, presence| {
            id == mina && presence == Presence::Online
        });
        self.colleague.forget();
        seen.with_context(|| app.words())
    }

    /// Shows the chat, as the agent would with Ctrl+1. The window opens on it, unless the program
    /// learned of it after that.
    fn show_chat(&self) -> Result<()> {
        let screen = &self.desk.screen;
        let window = screen.main_window()?.context("it shows no window")?;
        screen.focus(window)?;
        let before = screen.frame()?;
        screen.press(&[Key::Control, Key::One])?;
        let until = Instant::now() + DRAWN;
        while Instant::now() < until && screen.frame()?.changed(&before) <= 2_000 {
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Contestant for Product {
    fn name(&self) -> &'static str {
        "bellhop"
    }

    fn desk(&self) -> &Desk {
        &self.desk
    }

    fn start(&mut self) -> Result<App> {
        // Whoever was online before does not count.
        self.colleague.forget();
        let mut command = Command::new(&self.program);
        command
            .env("BELLHOP_DATA_DIR", self.rooms.data())
            .env("BELLHOP_SERVICE_URL", self.service.agent_url())
            .env("BELLHOP_TOKEN", &self.token)
            .env("BELLHOP_LANG", "en");
        self.desk.start(command)
    }

    fn settle(&mut self, app: &mut App) -> Result<()> {
        self.wait_online(app)?;
        self.show_chat()
    }
}

impl Receiver for Product {
    fn send(&mut self, text: &str) -> Result<()> {
        self.visitor.as_mut().context("nobody is on the site")?.say(text)
    }
}

impl Hides for Product {
    fn hide(&mut self, app: &mut App) -> Result<()> {
        let screen = &self.desk.screen;
        let window = screen.main_window()?.context("it shows no window")?;
        screen.close(window)?;
        machine::wait_for("the window to close", PATIENCE, || {
            app.still_runs().context("closing the window ended the program")?;
            let left = screen.main_window()?.map(|window| screen.size(window)).transpose()?;
            Ok(left.is_none_or(|(width, height)| width < WINDOW || height < WINDOW).then_some(()))
        })
    }
}

/// A visitor at the socket, kept alive in the background.
#[derive(Debug)]
pub(crate) struct Visitor {
    wire: Wire,
}

impl Visitor {
    /// Comes to the product's site.
    pub(crate) fn arrive(product: &Product, name: &str) -> Result<Self> {
        Self::at(&product.runtime, product.service.address().port(), name)
    }

    fn at(runtime: &Handle, port: u16, name: &str) -> Result<Self> {
        let mut wire = Wire::open(runtime, port, "/visitor", None)?;
        wire.send(serde_json::to_string(&VisitorClientFrame::Hello {
            protocol: PROTOCOL,
            key: uuid::Uuid::now_v7().simple().to_string(),
            cursor: Seq(0),
            language: "en".into(),
            page: Page {
                url: "https://shop.example/mugs".into(),
                title: "Mugs".into(),
                ..Page::default()
            },
            referrer: String::new(),
            time_zone: String::new(),
            visits: 0,
        })?)?;
        wire.wait("a welcome to the site", |text| {
            let frame: VisitorServerFrame = serde_json::from_str(text)?;
            Ok(matches!(frame, VisitorServerFrame::Welcome { .. }).then_some(()))
        })?;
        let visitor = Self { wire };
        visitor.frame(&VisitorClientFrame::Name { name: name.to_owned() })?;
        Ok(visitor)
    }

    /// Says something and does not wait for anything.
    pub(crate) fn say(&mut self, text: &str) -> Result<()> {
        self.wire.forget();
        let id = CommandId(uuid::Uuid::now_v7());
        self.frame(&VisitorClientFrame::Say { id, text: text.to_owned() })
    }

    pub(crate) fn end(&mut self) -> Result<()> {
        let id = CommandId(uuid::Uuid::now_v7());
        self.frame(&VisitorClientFrame::End { id })
    }

    fn frame(&self, frame: &VisitorClientFrame) -> Result<()> {
        self.wire.send(serde_json::to_string(frame)?)
    }
}
