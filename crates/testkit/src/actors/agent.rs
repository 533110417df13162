//! An agent at the socket.

use super::{Line, new_command_id};
use anyhow::{Context, Result, bail, ensure};
use bellhop_model::{
    Agent, ChatId, Command, CommandId, Event, Fact, Seq, VisitorId,
    command::NamedCommand,
    frame::{ClientFrame, Digest, Outcome, PROTOCOL, ServerFrame, Workspace},
    live::Live,
    manage::{Management, NamedManagement},
};

/// An agent who is signed in. Every event she is sent is kept, in order.
#[derive(Debug)]
pub struct SocketAgent {
    line: Line,
    pub me: Agent,
    pub workspace: Workspace,
    pub events: Vec<Event>,
    pub live: Vec<Live>,
    last: Seq,
}

impl SocketAgent {
    /// Signs in with nothing stored, and catches up.
    pub async fn connect(url: &str, token: &str) -> Result<Self> {
        Self::resume(url, token, Seq(0)).await.map(|(agent, _)| agent)
    }

    /// Signs in with everything up to `cursor` stored, and catches up.
    pub async fn resume(url: &str, token: &str, cursor: Seq) -> Result<(Self, Digest)> {
        let mut line = Line::open(url).await?;
        line.send(&ClientFrame::Hello {
            protocol: PROTOCOL,
            token: token.to_owned(),
            cursor,
            client: "testkit".into(),
        })
        .await?;
        let (me, workspace) = match line.receive().await? {
            ServerFrame::Welcome { me, workspace, .. } => (me, workspace),
            other => bail!("instead of a welcome: {other:?}"),
        };
        let (events, live) = (Vec::new(), Vec::new());
        let mut agent = Self { line, me, workspace, events, live, last: cursor };
        loop {
            if let ServerFrame::CaughtUp { digest } = agent.receive().await? {
                return Ok((agent, digest));
            }
        }
    }

    /// The number of the last event delivered.
    pub fn last(&self) -> Seq {
        self.last
    }

    /// The next frame, already kept: events and live values are in `events` and `live`.
    pub async fn receive(&mut self) -> Result<ServerFrame> {
        let frame: ServerFrame = self.line.receive().await?;
        match &frame {
            ServerFrame::Event { prev, event } => {
                ensure!(*prev == self.last, "a hole: {prev} does not follow {}", self.last);
                ensure!(event.seq > self.last, "event {} came twice", event.seq);
                self.last = event.seq;
                self.events.push(event.clone());
            }
            ServerFrame::Live { reset, values } => {
                if *reset {
                    self.live.clear();
                }
                self.live.extend(values.iter().cloned());
            }
            ServerFrame::Rejected(why) => bail!("rejected: {why}"),
            _ => {}
        }
        Ok(frame)
    }

    /// Waits for an event; one that was delivered already counts.
    pub async fn wait_event(
        &mut self,
        what: &str,
        is_it: impl Fn(&Event) -> bool,
    ) -> Result<Event> {
        loop {
            if let Some(event) = self.events.iter().find(|e| is_it(e)) {
                return Ok(event.clone());
            }
            let seen =
                |agent: &Self| format!("waiting for {what}; events so far {:?}", agent.events);
            if let Err(error) = self.receive().await {
                return Err(error).with_context(|| seen(self));
            }
        }
    }

    /// Waits until a chat has this message.
    pub async fn wait_message(&mut self, text: &str) -> Result<ChatId> {
        let says = |event: &Event| match &event.fact {
            Fact::MessagePosted { chat_id, message } if message.text == text => Some(*chat_id),
            _ => None,
        };
        let event = self.wait_event(&format!("{text:?}"), |e| says(e).is_some()).await?;
        says(&event).context("the message's chat")
    }

    /// Waits until somebody is on the site.
    pub async fn wait_visitor(&mut self) -> Result<VisitorId> {
        loop {
            let here = self.live.iter().find_map(|value| match value {
                Live::VisitorHere { visitor, .. } => Some(visitor.id.clone()),
                _ => None,
            });
            if let Some(id) = here {
                return Ok(id);
            }
            self.receive().await.context("waiting for a visitor")?;
        }
    }

    /// Wishes something about the account, which must be granted.
    pub async fn manage(&mut self, wish: Management) -> Result<()> {
        let id = new_command_id();
        self.line.send(&ClientFrame::Manage(NamedManagement { id, wish })).await?;
        match self.answer(id).await? {
            Outcome::Accepted { .. } => Ok(()),
            Outcome::Refused { refusal } => bail!("refused: {refusal}"),
        }
    }

    /// Wishes something and waits for the answer.
    pub async fn command(&mut self, command: Command) -> Result<Outcome> {
        let id = new_command_id();
        self.named(NamedCommand { id, command }).await
    }

    /// The same with an id of the test's, so that it can be repeated.
    pub async fn named(&mut self, command: NamedCommand) -> Result<Outcome> {
        let wanted = command.id;
        self.line.send(&ClientFrame::Command(command)).await?;
        self.answer(wanted).await
    }

    async fn answer(&mut self, wanted: CommandId) -> Result<Outcome> {
        loop {
            if let ServerFrame::Answer { id, outcome } = self.receive().await?
                && id == wanted
            {
                return Ok(outcome);
            }
        }
    }

    /// The same, and it must be granted.
    pub async fn wish(&mut self, command: Command) -> Result<Option<ChatId>> {
        match self.command(command).await? {
            Outcome::Accepted { chat_id, .. } => Ok(chat_id),
            Outcome::Refused { refusal } => bail!("refused: {refusal}"),
        }
    }

    pub async fn say(&mut self, chat_id: ChatId, text: &str) -> Result<()> {
        self.wish(Command::Say { chat_id, text: text.to_owned() }).await.map(drop)
    }

    pub async fn typing(&mut self, chat_id: ChatId, on: bool) -> Result<()> {
        self.line.send(&ClientFrame::Typing { chat_id, on }).await
    }

    /// The socket itself, for what a well-behaved client never says.
    pub fn line(&mut self) -> &mut Line {
        &mut self.line
    }
}
