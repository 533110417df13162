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
    time::Duration,
};
use tokio::runtime::Handle;

const PATIENCE: Duration = Duration::from_secs(30);

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
    visitor: Visitor,
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
        Self::lay_out(runtime, program, rooms, with)
    }

    /// The same with rooms that are given.
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
        let mut visitor = Visitor::at(runtime, port, "jun")?;
        visitor.say("Is the blue one still there in size 38?")?;
        // Served by the agent at another machine, so that her program finds her in it.
        runtime.block_on(async {
            let mut elsewhere = service.agent_actor("mina").await?;
            let chat_id = elsewhere.wait_message("Is the blue one still there in size 38?").await?;
            elsewhere.wish(bellhop_model::Command::Serve { chat_id }).await
        })?;
        Ok(Self {
            runtime: runtime.clone(),
            program: program.to_owned(),
            token,
            mina: mina.id,
            visitor,
            colleague,
            _tray: tray,
            service,
            rooms,
            desk,
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

    /// Waits until the service calls the agent online.
    fn wait_online(&mut self) -> Result<()> {
        let mina = self.mina;
        self.colleague.wait("the agent to be online", |text| {
            let ServerFrame::Live { values, .. } = serde_json::from_str(text)? else {
                return Ok(None);
            };
            let online = |live: &Live| {
                matches!(live, Live::AgentPresence { agent_id, presence: Presence::Online } if *agent_id == mina)
            };
            Ok(values.iter().any(online).then_some(()))
        })
    }

    /// Shows the chat, as the agent would with Ctrl+1.
    fn show_chat(&self) -> Result<()> {
        let screen = &self.desk.screen;
        let window = screen.main_window()?.context("it shows no window")?;
        screen.focus(window)?;
        let before = screen.frame()?;
        screen.press(&[Key::Control, Key::One])?;
        machine::wait_for("the chat after Ctrl+1", PATIENCE, || {
            Ok((screen.frame()?.changed(&before) > 2_000).then_some(()))
        })
    }
}

impl Contestant for Product {
    fn name(&self) -> &'static str {
        "bellhop"
    }

    fn desk(&self) -> &Desk {
        &self.desk
    }

    fn start(&self) -> Result<App> {
        let mut command = Command::new(&self.program);
        command
            .env("BELLHOP_DATA_DIR", self.rooms.data())
            .env("BELLHOP_SERVICE_URL", self.service.agent_url())
            .env("BELLHOP_TOKEN", &self.token)
            .env("BELLHOP_LANG", "en");
        self.desk.start(command)
    }

    fn settle(&mut self, app: &mut App) -> Result<()> {
        app.wait_said("UI_READY", PATIENCE)?;
        self.wait_online().with_context(|| app.words())?;
        self.colleague.forget();
        self.show_chat()
    }
}

impl Receiver for Product {
    fn send(&mut self, text: &str) -> Result<()> {
        self.visitor.say(text)
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
            page: Page { url: "https://shop.example/mugs".into(), title: "Mugs".into() },
            referrer: String::new(),
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
