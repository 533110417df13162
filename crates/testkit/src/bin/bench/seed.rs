//! A cache with a million messages, made once and kept under `target/bench`.
//!
//! The program itself makes the cache and its key at a first start; the messages are then written
//! through the store, as ended chats that the agent had. Each run works on a copy, always under
//! the same path, so that what a run leaves behind does not change the next one.

use crate::{
    measure::{desk::Desk, machine},
    peers::Contestant,
    product::{Product, With},
};
use anyhow::{Context, Result, bail};
use bellhop_model::{
    AgentId, Author, Chat, ChatId, ChatState, CommandId, EndedBy, Message, Seq, Timestamp,
    TranscriptLine, VisitorId, VisitorProfile, chat::LineBody, people::Page, stored::StoreOp,
};
use bellhop_store::{SealKey, Store};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};
use tokio::runtime::Handle;

/// Raised when what is seeded changes, so that an older one is made anew.
const EDITION: u32 = 3;
const CHATS: u64 = 20_000;
const MESSAGES: u64 = 50;
/// Chats in one transaction.
const BATCH: u64 = 250;
/// Above everything that the service of a run will number.
const FIRST_CHAT: u64 = 1_000_000;
const FIRST_SEQ: u64 = 100_000_000;
const NIGHT: Timestamp = Timestamp(1_750_000_000_000);

/// The folders of one run: the program's data, the service's, and the key store's.
#[derive(Debug)]
pub(crate) struct Rooms(PathBuf);

impl Rooms {
    /// A fresh copy of the seeded ones, which are made where they are missing.
    pub(crate) fn fresh(runtime: &Handle, program: &Path, work: &Path) -> Result<Self> {
        let kept = work.join("seed");
        let mark = kept.join("edition");
        // The key store has the key under the name of the folder it was made in.
        let edition = format!("{EDITION} {}", work.display());
        if fs::read_to_string(&mark).ok().as_deref() != Some(&*edition) {
            Self::make(runtime, program, work, &kept).context("filling the cache")?;
            fs::write(&mark, edition)?;
        }
        let rooms = Self::empty(work)?;
        for name in ["data", "service", "keys"] {
            let mut command = Command::new("cp");
            command.arg("-a").arg(kept.join(name)).arg(&rooms.0);
            machine::run(command).context("copying the seeded cache")?;
        }
        Ok(rooms)
    }

    fn empty(work: &Path) -> Result<Self> {
        let run = work.join("run");
        if run.exists() {
            fs::remove_dir_all(&run)?;
        }
        fs::create_dir_all(&run)?;
        Ok(Self(run))
    }

    fn make(runtime: &Handle, program: &Path, work: &Path, kept: &Path) -> Result<()> {
        crate::say(format_args!("writing {} messages into a cache (once)", CHATS * MESSAGES));
        let begun = Instant::now();
        if kept.exists() {
            fs::remove_dir_all(kept)?;
        }
        let rooms = Self::empty(work)?;
        for folder in [rooms.data(), rooms.service(), rooms.keys()] {
            fs::create_dir_all(folder)?;
        }
        let rooms_data = rooms.data();
        let mut product = Product::lay_out(runtime, program, rooms, With::Nothing)?;
        let mut app = product.start()?;
        product.wait_online(&mut app)?;
        drop(app);
        let key = cache_key(product.desk(), &rooms_data)?;
        let rooms = product.clear_away()?;
        runtime.block_on(fill(&rooms.data().join("cache"), &key))?;
        fs::rename(&rooms.0, kept)?;
        crate::say(format_args!("the cache is filled: {} s", begun.elapsed().as_secs()));
        Ok(())
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    pub(crate) fn service(&self) -> PathBuf {
        self.0.join("service")
    }

    fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    /// Starts a key store on the desk that has its file here.
    pub(crate) fn open_key_store(&self, desk: &mut Desk) -> Result<()> {
        machine::need(&[
            ("gnome-keyring-daemon", "gnome-keyring"),
            ("secret-tool", "libsecret-tools"),
        ])?;
        desk.set("XDG_DATA_HOME", &self.keys().to_string_lossy());
        let mut command = Command::new("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets", "--unlock"]);
        desk.keep(command, Some(b"the password of the bench"))?;
        machine::wait_for("the key store", Duration::from_secs(10), || {
            let mut command = Command::new("dbus-send");
            desk.dress(&mut command);
            command.args(["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/"]);
            command.args(["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"]);
            Ok(machine::run(command)?.contains("boolean true").then_some(()))
        })
    }
}

/// The key that the program made.
fn cache_key(desk: &Desk, data: &Path) -> Result<SealKey> {
    let mut secret_tool = Command::new("secret-tool");
    desk.dress(&mut secret_tool);
    bellhop_testkit::cache::key(secret_tool, data)
}

/// Writes the ended chats. The cache is the program's own; its key and cursor are there.
async fn fill(folder: &Path, key: &SealKey) -> Result<()> {
    let opened = Store::open(folder, key).await?;
    if let Some(aside) = opened.set_aside {
        bail!("the fresh cache was set aside: {}", aside.detail);
    }
    for first in (0..CHATS).step_by(BATCH as usize) {
        let chats = (first..CHATS.min(first + BATCH)).map(chat);
        opened.store.write(chats.flat_map(ops).collect()).await?;
    }
    let page = opened.store.history_page(None, 1).await?;
    opened.store.close().await;
    let newest = page.entries.first().context("nothing was stored")?;
    if newest.chat_id != ChatId(FIRST_CHAT + CHATS - 1) {
        bail!("the newest chat of the history is {}", newest.chat_id);
    }
    Ok(())
}

fn ops(chat: Chat) -> impl Iterator<Item = StoreOp> {
    let (chat_id, transcript) = (chat.id, chat.transcript.clone());
    let lines = transcript.into_iter().map(move |line| StoreOp::AddLine { chat_id, line });
    std::iter::once(StoreOp::PutChat { chat: Box::new(chat) }).chain(lines)
}

/// An ended chat of [`MESSAGES`] messages by two who take turns.
fn chat(number: u64) -> Chat {
    const WORDS: [&str; 4] = [
        "Is the blue one still there in size 38? The page says two are left.",
        "파란색 38 사이즈 아직 있나요? 오늘 주문하면 언제 도착하나요?",
        "I am looking; one moment, please. The shop in Mapo has one.",
        "네, 확인해 드리겠습니다. 잠시만 기다려 주세요.",
    ];
    let mina = AgentId(1);
    let requested_at = NIGHT.plus((number * 600_000).cast_signed());
    let transcript = (0..MESSAGES).map(|n| {
        let at = requested_at.plus((n * 5_000).cast_signed());
        let author = if n % 2 == 0 { Author::Visitor } else { Author::Agent { agent_id: mina } };
        let message = Message {
            id: CommandId(uuid::Uuid::now_v7()),
            author,
            text: format!("{} ({number}.{n})", WORDS[(n % 4) as usize]),
            at,
            file: None,
        };
        TranscriptLine {
            seq: Seq(FIRST_SEQ + number * MESSAGES + n),
            at,
            body: LineBody::Said { message },
        }
    });
    Chat {
        id: ChatId(FIRST_CHAT + number),
        visitor: visitor(number, requested_at),
        state: ChatState::Ended,
        requested_at,
        waiting_since: requested_at,
        agents: Vec::new(),
        tags: vec!["order".into()],
        route: bellhop_model::Route::default(),
        ended_at: Some(requested_at.plus(300_000)),
        ended_by: Some(EndedBy::Visitor),
        transcript: transcript.collect(),
    }
}

fn visitor(number: u64, arrived_at: Timestamp) -> VisitorProfile {
    VisitorProfile {
        id: VisitorId(format!("{number:024x}")),
        name: Some(format!("Jun {number}")),
        language: "ko-KR".into(),
        browser: "Chromium 156".into(),
        platform: "Linux".into(),
        page: Page {
            url: format!("https://shop.example/mugs/{number}"),
            title: "Mugs".into(),
            ..Page::default()
        },
        referrer: "https://search.example/".into(),
        place: bellhop_model::visit::Place::default(),
        contact: bellhop_model::Contact::default(),
        arrived_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seeded_chat_is_over_and_its_lines_have_numbers_of_their_own() {
        let (first, second) = (chat(0), chat(1));
        assert!(first.state.is_over() && first.agents.is_empty());
        assert_eq!(first.transcript.len() as u64 * CHATS, 1_000_000);
        assert!(first.transcript.last().unwrap().seq < second.transcript[0].seq);
    }
}
