//! A visitor at the socket: what the widget does, without a browser.

use super::{Line, new_command_id};
use anyhow::{Context, Result, bail, ensure};
use bellhop_model::{
    CommandId, Seq,
    frame::PROTOCOL,
    people::Page,
    visitor_frame::{VisitorChatState, VisitorClientFrame, VisitorLine, VisitorServerFrame},
};

/// A visitor who is on the site. Every line they are sent is kept, in order.
#[derive(Debug)]
pub struct SocketVisitor {
    line: Line,
    key: String,
    pub lines: Vec<VisitorLine>,
    pub state: VisitorChatState,
    /// Who of the team is typing.
    pub typing: Option<String>,
    last: Seq,
}

impl SocketVisitor {
    /// Comes to the site for the first time and gives a name.
    pub async fn arrive(url: &str, name: &str) -> Result<Self> {
        let key = uuid::Uuid::now_v7().simple().to_string();
        let mut visitor = Self::with_key(url, &key, Seq(0)).await?;
        let name = super::capital(name);
        visitor.line.send(&VisitorClientFrame::Name { name }).await?;
        Ok(visitor)
    }

    /// Opens the site with this key and everything up to `cursor` kept.
    pub async fn with_key(url: &str, key: &str, cursor: Seq) -> Result<Self> {
        let mut line = Line::open(url).await?;
        line.send(&VisitorClientFrame::Hello {
            protocol: PROTOCOL,
            key: key.to_owned(),
            cursor,
            language: "ko-KR".into(),
            page: Page {
                url: "https://shop.example/mugs".into(),
                title: "Mugs".into(),
                ..Page::default()
            },
            referrer: String::new(),
            time_zone: String::new(),
            visits: 0,
        })
        .await?;
        let (state, reset) = match line.receive().await? {
            VisitorServerFrame::Welcome { chat, reset, .. } => (chat, reset),
            other => bail!("instead of a welcome: {other:?}"),
        };
        let last = if reset { Seq(0) } else { cursor };
        let (lines, key) = (Vec::new(), key.to_owned());
        Ok(Self { line, key, lines, state, typing: None, last })
    }

    /// The browser's secret, to come back with.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The number of the last line delivered.
    pub fn last(&self) -> Seq {
        self.last
    }

    /// The next frame, already kept.
    pub async fn receive(&mut self) -> Result<VisitorServerFrame> {
        let frame: VisitorServerFrame = self.line.receive().await?;
        match &frame {
            VisitorServerFrame::Line { prev, seq, line, .. } => {
                ensure!(*prev == self.last, "a hole: {prev} does not follow {}", self.last);
                ensure!(*seq > self.last, "line {seq} came twice");
                self.last = *seq;
                self.lines.push(line.clone());
            }
            VisitorServerFrame::State { chat, .. } => self.state = *chat,
            VisitorServerFrame::Typing { name, on } => {
                self.typing = on.then(|| name.clone());
            }
            VisitorServerFrame::Rejected(why) => bail!("rejected: {why}"),
            _ => {}
        }
        Ok(frame)
    }

    /// Receives until `is_so`.
    pub async fn wait_until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) -> Result<()> {
        while !is_so(self) {
            if let Err(error) = self.receive().await {
                let lines = &self.lines;
                return Err(error)
                    .with_context(|| format!("waiting for {what}; lines so far {lines:?}"));
            }
        }
        Ok(())
    }

    /// Waits until somebody of the team said this.
    pub async fn wait_answer(&mut self, wanted: &str) -> Result<()> {
        let said =
            |l: &VisitorLine| matches!(l, VisitorLine::Theirs { text, .. } if text == wanted);
        self.wait_until(&format!("the answer {wanted:?}"), |v| v.lines.iter().any(said)).await
    }

    /// Says something and waits until it is taken.
    pub async fn say(&mut self, text: &str) -> Result<CommandId> {
        let id = new_command_id();
        self.say_as(id, text).await?;
        Ok(id)
    }

    /// The same with an id of the test's, so that it can be repeated.
    pub async fn say_as(&mut self, id: CommandId, text: &str) -> Result<()> {
        self.line.send(&VisitorClientFrame::Say { id, text: text.to_owned() }).await?;
        self.wait_taken(id).await
    }

    /// Ends the chat and waits until that is taken.
    pub async fn end(&mut self) -> Result<()> {
        let id = new_command_id();
        self.line.send(&VisitorClientFrame::End { id }).await?;
        self.wait_taken(id).await
    }

    async fn wait_taken(&mut self, wanted: CommandId) -> Result<()> {
        loop {
            match self.receive().await? {
                VisitorServerFrame::Taken { id } if id == wanted => return Ok(()),
                VisitorServerFrame::Refused { id, refusal } if id == wanted => {
                    bail!("refused: {refusal}")
                }
                _ => {}
            }
        }
    }

    pub async fn type_sign(&mut self, on: bool) -> Result<()> {
        self.line.send(&VisitorClientFrame::Typing { on }).await
    }

    pub async fn go(&mut self, url: &str, title: &str) -> Result<()> {
        let page = Page { url: url.to_owned(), title: title.to_owned(), ..Page::default() };
        self.line.send(&VisitorClientFrame::Page { page }).await
    }

    /// The socket itself, for what a well-behaved widget never says.
    pub fn line(&mut self) -> &mut Line {
        &mut self.line
    }
}
