//! What is done and seen at each step.

use super::{
    Step, Story,
    words::{
        ANSWER, HALF_WRITTEN, KOREAN_FROM_VISITOR, QUESTION, SAID, TAG, TWO_LINES, VISITOR,
        WHILE_DOWN_AGENT, WHILE_DOWN_VISITOR,
    },
};
use crate::{
    screen::ScreenView,
    surface::{Key, Surface, hook},
    visitor::{Shown, Visitor},
    wait::{NotYet, wait_for},
    window::{TITLE, Window},
};
use anyhow::{Context, Result, ensure};

const ONLINE: &str = "Online|온라인";

impl Story {
    pub(super) async fn take(&mut self, step: Step) -> Result<()> {
        match step {
            Step::Open => self.open().await,
            Step::Ask => self.ask().await,
            Step::Notified => self.notified().await,
            Step::Automatic => self.automatic().await,
            Step::Serve => self.serve().await,
            Step::AgentTypes => self.agent_types().await,
            Step::AgentAnswers => self.agent_answers().await,
            Step::VisitorTypes => self.visitor_types().await,
            Step::VisitorAnswers => self.visitor_answers().await,
            Step::ServiceDies => self.service_dies().await,
            Step::ServiceReturns => self.service_returns().await,
            Step::EndDialog => self.end_dialog().await,
            Step::Cancel => self.cancel().await,
            Step::Tag => self.tag().await,
            Step::End => self.end_chat().await,
            Step::RestartOffline => self.restart_offline().await,
            Step::History => self.history().await,
        }
    }

    async fn open(&mut self) -> Result<()> {
        let window = Window::open(&mut self.desk, &self.stage.program).await?;
        self.window = Some(window);
        self.place_windows().await?;
        let window = self.window()?;
        window.wait_connection(ONLINE).await?;
        if self.stage.language == "ko" {
            // As a person chooses it; the webview knows only the languages that are installed.
            window.click("nav-settings").await?;
            let second = format!("{} [role=radio]:nth-of-type(2)", hook("setting-language"));
            window.surface().click(&second).await?;
            window.click("nav-home").await?;
        }
        window.wait_gone("serve").await
    }

    async fn ask(&mut self) -> Result<()> {
        let korean = if self.stage.language == "ko" { "ko/" } else { "" };
        let url = self.service.site_url(&format!("shop/{korean}moon-jar"));
        let shown = self.stage.browser;
        self.visitor = Some(Visitor::open(&mut self.desk, "jun", &url, shown).await?);
        self.place_windows().await?;
        let visitor = self.visitor()?;
        visitor.open_widget().await?;
        visitor.give_name(VISITOR).await?;
        self.type_slowly(visitor.widget(), "input", QUESTION).await?;
        visitor.widget().press(&hook("input"), Key::Enter).await?;
        visitor.wait_line("mine", QUESTION).await?;
        Ok(())
    }

    async fn notified(&mut self) -> Result<()> {
        let notification = self.notifications.wait_shown(QUESTION).await?;
        let said = format!("{} {}", notification.summary, notification.body);
        ensure!(said.contains(VISITOR), "the notification does not name the visitor: {said}");
        self.notification = Some(notification);
        self.window()?.wait_text("serve", "1").await?;
        Ok(())
    }

    async fn automatic(&mut self) -> Result<()> {
        self.visitor()?.wait_line("theirs", "").await?;
        Ok(())
    }

    async fn serve(&mut self) -> Result<()> {
        let notification = self.notification.as_ref().context("there is no notification")?;
        let serve = notification.action("serve").context("the notification has no Serve")?;
        self.notifications.invoke(notification.id, serve).await?;
        let window = self.window()?;
        window.wait_line("joined", "").await?;
        // the first comment, the automatic message, the joined line, in order.
        let seen: Vec<_> =
            window.lines().await?.into_iter().map(|l| (l.kind, l.from, l.text)).collect();
        let kinds: Vec<_> = seen.iter().map(|l| (l.0.as_str(), l.1.as_str())).collect();
        let wanted = [("said", "visitor"), ("said", "trigger"), ("joined", "")];
        let in_order = kinds.len() == 3
            && kinds.iter().zip(wanted).all(|(k, w)| k.0 == w.0 && (w.1.is_empty() || k.1 == w.1));
        ensure!(in_order && seen[0].2.contains(QUESTION), "the chat opened with {seen:?}");
        window.wait_gone("serve").await?;
        self.visitor()?.wait_line("joined", "Mina").await?;
        Ok(())
    }

    async fn agent_types(&mut self) -> Result<()> {
        let (first, _) = ANSWER.split_at(ANSWER.len() / 2);
        self.type_slowly(self.window()?.surface(), "composer", first).await?;
        self.visitor()?.widget().wait(&hook("typing")).await?;
        Ok(())
    }

    async fn agent_answers(&mut self) -> Result<()> {
        let (_, rest) = ANSWER.split_at(ANSWER.len() / 2);
        let window = self.window()?;
        self.type_slowly(window.surface(), "composer", rest).await?;
        window.surface().press(&hook("composer"), Key::Enter).await?;
        window.wait_line("said", ANSWER).await?;
        let visitor = self.visitor()?;
        visitor.wait_line("theirs", ANSWER).await?;
        // sending ends the typing sign.
        visitor.widget().wait_gone(&hook("typing")).await
    }

    async fn visitor_types(&mut self) -> Result<()> {
        let half = KOREAN_FROM_VISITOR.find(' ').unwrap_or_default();
        let widget = self.visitor()?.widget();
        self.type_slowly(widget, "input", &KOREAN_FROM_VISITOR[..half]).await?;
        self.window()?.wait("visitor-typing").await?;
        Ok(())
    }

    async fn visitor_answers(&mut self) -> Result<()> {
        let half = KOREAN_FROM_VISITOR.find(' ').unwrap_or_default();
        let visitor = self.visitor()?;
        self.type_slowly(visitor.widget(), "input", &KOREAN_FROM_VISITOR[half..]).await?;
        visitor.widget().press(&hook("input"), Key::Enter).await?;
        let window = self.window()?;
        window.wait_line("said", KOREAN_FROM_VISITOR).await?;
        window.wait_gone("visitor-typing").await?;
        // Shift+Enter breaks the line and sends nothing.
        let surface = window.surface();
        self.type_slowly(surface, "composer", TWO_LINES[0]).await?;
        surface.type_text(&hook("composer"), &(Key::Shift + &Key::Enter)).await?;
        self.type_slowly(surface, "composer", TWO_LINES[1]).await?;
        surface.press(&hook("composer"), Key::Enter).await?;
        let line = visitor.wait_line("theirs", TWO_LINES[1]).await?;
        window.wait_line("said", TWO_LINES[1]).await?;
        ensure!(line.text.contains(TWO_LINES[0]), "two messages instead of two lines: {line:?}");
        Ok(())
    }

    async fn service_dies(&mut self) -> Result<()> {
        self.window()?.mark().await?;
        self.service.kill().await?;
        let window = self.window()?;
        window.wait_connection("Offline|Connecting|오프라인|연결 중").await?;
        window.say(WHILE_DOWN_AGENT).await?;
        window.wait_line("said", WHILE_DOWN_AGENT).await?;
        self.visitor()?.say(WHILE_DOWN_VISITOR).await
    }

    async fn service_returns(&mut self) -> Result<()> {
        self.service.start_again().await?;
        let (window, visitor) = (self.window()?, self.visitor()?);
        window.wait_connection(ONLINE).await?;
        visitor.wait_line("theirs", WHILE_DOWN_AGENT).await?;
        window.wait_line("said", WHILE_DOWN_VISITOR).await?;
        wait_for("every message once, on both sides", async || {
            let seen = window.lines().await.map_err(|e| format!("{e:#}"))?;
            let lines = seen.into_iter().filter(|l| l.kind == "said" && l.from != "trigger");
            each_once(&lines.map(|l| (l.from, l.text)).collect::<Vec<_>>())?;
            let seen = visitor.lines().await.map_err(|e| format!("{e:#}"))?;
            let said = seen.into_iter().filter(|l| ["mine", "theirs"].contains(&&*l.kind));
            let side = |kind: &str| if kind == "mine" { "visitor" } else { "agent" };
            let mut lines: Vec<_> = said.map(|l| (side(&l.kind).to_owned(), l.text)).collect();
            // The automatic message stands after the question.
            if lines.len() > 1 {
                lines.remove(1);
            }
            each_once(&lines)
        })
        .await?;
        ensure!(window.is_marked().await?, "the window was loaded anew");
        Ok(())
    }

    async fn end_dialog(&mut self) -> Result<()> {
        let window = self.window()?;
        self.type_slowly(window.surface(), "composer", HALF_WRITTEN).await?;
        window.click("tab-close").await?;
        window.wait("end-dialog").await?;
        for choice in ["end-tags", "end-confirm", "end-cancel"] {
            window.wait(choice).await?;
        }
        Ok(())
    }

    async fn cancel(&mut self) -> Result<()> {
        let window = self.window()?;
        window.click("end-cancel").await?;
        window.wait_gone("end-dialog").await?;
        let stands = |s: &crate::surface::Seen| s.value.as_deref() == Some(HALF_WRITTEN);
        let composer = hook("composer");
        window.surface().wait_seen("the half-written reply", &composer, stands).await?;
        Ok(())
    }

    async fn tag(&mut self) -> Result<()> {
        let window = self.window()?;
        window.click("tab-close").await?;
        window.click("end-tags").await?;
        self.type_slowly(window.surface(), "end-tag-input", TAG).await?;
        window.surface().press(&hook("end-tag-input"), Key::Enter).await?;
        window.wait_text("end-dialog", TAG).await?;
        Ok(())
    }

    async fn end_chat(&mut self) -> Result<()> {
        let window = self.window()?;
        window.click("end-confirm").await?;
        window.wait_gone("end-dialog").await?;
        window.wait_gone("tab").await?;
        let visitor = self.visitor()?;
        wait_for("the visitor to be told", async || {
            let lines = visitor.lines().await.map_err(|e| format!("{e:#}"))?;
            let told = lines.iter().any(|l| ["left", "ended"].contains(&&*l.kind));
            if told { Ok(()) } else { Err(NotYet::seen(format!("{lines:?}"))) }
        })
        .await
    }

    async fn restart_offline(&mut self) -> Result<()> {
        self.window.take().context("the program is not running")?.quit().await;
        self.service.stop().await?;
        let window = Window::open(&mut self.desk, &self.stage.program).await?;
        self.window = Some(window);
        self.place_windows().await?;
        self.window()?.wait_connection("Offline|Connecting|오프라인|연결 중").await
    }

    async fn history(&mut self) -> Result<()> {
        let window = self.window()?;
        window.click("nav-history").await?;
        window.wait_text("history-row", TAG).await?;
        window.wait_text("history-row", VISITOR).await?;
        window.click("history-row").await?;
        wait_for("the whole transcript", async || {
            let seen = window.lines().await.map_err(|e| format!("{e:#}"))?;
            if !seen.iter().any(|l| l.kind == "tagged" && l.text.contains(TAG)) {
                return Err(NotYet::seen(format!("no tag in {seen:?}")));
            }
            let lines = seen.into_iter().filter(|l| l.kind == "said" && l.from != "trigger");
            each_once(&lines.map(|l| (l.from, l.text)).collect::<Vec<_>>())
        })
        .await
    }

    /// Side by side, where a person watches: the program left, the browser right.
    async fn place_windows(&self) -> Result<()> {
        if self.stage.browser == Shown::Headless {
            return Ok(());
        }
        let screen = ScreenView::of(self.desk.display())?;
        let (width, height) = screen.size();
        let (middle, height) = (width * 11 / 20, height * 9 / 10);
        for window in screen.windows(TITLE)? {
            screen.place(window.id, [0, 0, middle, height])?;
        }
        match &self.visitor {
            Some(visitor) => visitor.place([middle, 0, width - middle, height]).await,
            None => Ok(()),
        }
    }

    /// Types into a thing, as fast as the stage says.
    async fn type_slowly(&self, surface: &Surface, name: &str, text: &str) -> Result<()> {
        let selector = hook(name);
        if self.stage.per_key.is_zero() {
            return surface.type_text(&selector, text).await;
        }
        for letter in text.chars() {
            surface.type_text(&selector, &letter.to_string()).await?;
            tokio::time::sleep(self.stage.per_key).await;
        }
        Ok(())
    }
}

/// The messages seen are exactly those that were said, in their order. What was said on both
/// sides while the line was down may come in either order.
fn each_once(seen: &[(String, String)]) -> Result<(), NotYet> {
    let mut wanted = SAID;
    if seen.get(4).is_some_and(|l| l.0 == "visitor") {
        wanted.swap(4, 5);
    }
    let same = seen.len() == wanted.len()
        && seen.iter().zip(wanted).all(|(s, w)| s.0 == w.0 && s.1.contains(w.1));
    if same { Ok(()) } else { Err(NotYet::seen(format!("{seen:?}"))) }
}
