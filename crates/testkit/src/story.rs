//! The whole line once: from a visitor's question to a transcript read with no connection.
//!
//! The steps are written here and nowhere else; the test walks them, and so does the demo, which
//! takes a picture after each. A step is over when its last part was *observed*: in the window, on
//! the visitor's page, or on the session bus.

mod acts;
mod words;

use crate::{
    desk::{Desk, Furniture},
    notifications::{Notifications, Shown as Notification},
    service::ServiceHost,
    tray::Tray,
    visitor::{Shown, Visitor},
    window::Window,
};
use anyhow::{Context, Result};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// One step of the story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Open,
    Ask,
    Notified,
    Automatic,
    Serve,
    AgentTypes,
    AgentAnswers,
    VisitorTypes,
    VisitorAnswers,
    ServiceDies,
    ServiceReturns,
    EndDialog,
    Cancel,
    Tag,
    End,
    RestartOffline,
    History,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Self; 17] = [
        Self::Open,
        Self::Ask,
        Self::Notified,
        Self::Automatic,
        Self::Serve,
        Self::AgentTypes,
        Self::AgentAnswers,
        Self::VisitorTypes,
        Self::VisitorAnswers,
        Self::ServiceDies,
        Self::ServiceReturns,
        Self::EndDialog,
        Self::Cancel,
        Self::Tag,
        Self::End,
        Self::RestartOffline,
        Self::History,
    ];

    /// Its place in the story, from 1.
    pub fn number(self) -> usize {
        Self::ALL.iter().position(|s| *s == self).map_or(0, |at| at + 1)
    }

    /// A short name for files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Ask => "question",
            Self::Notified => "notification",
            Self::Automatic => "automatic-message",
            Self::Serve => "served",
            Self::AgentTypes => "agent-types",
            Self::AgentAnswers => "agent-answers",
            Self::VisitorTypes => "visitor-types",
            Self::VisitorAnswers => "visitor-answers",
            Self::ServiceDies => "service-killed",
            Self::ServiceReturns => "service-back",
            Self::EndDialog => "end-dialog",
            Self::Cancel => "cancelled",
            Self::Tag => "tag",
            Self::End => "ended",
            Self::RestartOffline => "restarted-offline",
            Self::History => "history",
        }
    }

    /// What happens, for the one who watches.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Open => "Bellhop is open and online; nobody waits.",
            Self::Ask => "A visitor of the shop asks a question in the widget.",
            Self::Notified => "The desktop notifies, and the button counts one request.",
            Self::Automatic => "Nobody has answered yet: the visitor gets an automatic message.",
            Self::Serve => "The notification's \"Serve\" opens exactly this chat, joined.",
            Self::AgentTypes => "Mina types; the visitor sees it.",
            Self::AgentAnswers => "Enter sends the answer.",
            Self::VisitorTypes => "The visitor types; Mina sees it.",
            Self::VisitorAnswers => "They talk in two scripts, line breaks and all.",
            Self::ServiceDies => "The service is killed. Both write on.",
            Self::ServiceReturns => "It is back: nothing lost, nothing twice, nothing reloaded.",
            Self::EndDialog => "The X beside the visitor's name asks first: three choices.",
            Self::Cancel => "Cancel changes nothing; the half-written reply still stands there.",
            Self::Tag => "Once more, and a tag for the chat.",
            Self::End => "The chat is ended; the visitor is told.",
            Self::RestartOffline => "The next day: the program starts, the service does not.",
            Self::History => "The history opens from the encrypted cache, tags and all.",
        }
    }
}

/// Where and how the story is walked.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The program to walk it with.
    pub program: PathBuf,
    pub furniture: Furniture,
    pub browser: Shown,
    /// The dashboard's language, `en` or `ko`.
    pub language: String,
    /// How long a key takes; zero for a test.
    pub per_key: Duration,
}

impl Stage {
    /// For a test: no time is wasted.
    pub fn test(program: &Path) -> Self {
        Self {
            program: program.to_owned(),
            furniture: Furniture::default(),
            browser: Shown::Headless,
            language: "en".into(),
            per_key: Duration::ZERO,
        }
    }
}

/// The story under way. Fields are dropped in order: windows before the desk they stand on.
#[derive(Debug)]
pub struct Story {
    stage: Stage,
    window: Option<Window>,
    visitor: Option<Visitor>,
    notification: Option<Notification>,
    notifications: Notifications,
    _tray: Tray,
    service: ServiceHost,
    desk: Desk,
}

impl Story {
    /// Lays out the desk and starts the service; the program starts with the first step.
    pub async fn begin(name: &str, stage: Stage) -> Result<Self> {
        let mut desk = Desk::furnished(name, &stage.furniture).await?;
        let service = ServiceHost::start("Moon & Kettle").await?;
        let (_, token) = service.agent("mina").await?;
        desk.set_env("BELLHOP_SERVICE_URL", service.agent_url());
        desk.set_env("BELLHOP_TOKEN", token);
        desk.speak(&stage.language);
        let notifications = Notifications::start(desk.bus()).await?;
        let tray = Tray::start(desk.bus()).await?;
        Ok(Self {
            stage,
            window: None,
            visitor: None,
            notification: None,
            notifications,
            _tray: tray,
            service,
            desk,
        })
    }

    /// Walks every step; `after` is told of each one that was observed.
    ///
    /// # Errors
    /// The first step that was not observed, by its name, with what was seen instead.
    pub async fn walk(
        &mut self,
        mut after: impl AsyncFnMut(&Self, Step) -> Result<()>,
    ) -> Result<()> {
        for step in Step::ALL {
            let named = || format!("step {} ({})", step.number(), step.name());
            self.take(step).await.with_context(named)?;
            after(self, step).await.with_context(named)?;
        }
        Ok(())
    }

    /// The story is told; nothing needs to be printed.
    pub async fn end(mut self) {
        if let Some(window) = self.window.take() {
            window.quit().await;
        }
        if let Some(visitor) = self.visitor.take() {
            visitor.close().await;
        }
        self.desk.passed();
    }

    /// The program's window, where it is open.
    pub fn window(&self) -> Result<&Window> {
        self.window.as_ref().context("the program is not running")
    }

    /// The visitor's page, where it is open.
    pub fn visitor(&self) -> Result<&Visitor> {
        self.visitor.as_ref().context("the visitor has not come yet")
    }

    /// The notification as it was on the bus.
    pub fn notification(&self) -> Option<&Notification> {
        self.notification.as_ref()
    }

    pub fn desk(&self) -> &Desk {
        &self.desk
    }
}
