//! Nothing of a chat is readable on the disk: known words are looked for in the raw bytes of
//! every file, write-ahead logs and the window's own storage included.

#![cfg(target_os = "linux")]

use anyhow::{Context, Result, ensure};
use bellhop_model::Command;
use bellhop_testkit::{
    actors::SocketVisitor,
    desk::Desk,
    service::ServiceHost,
    surface::hook,
    window::{self, Window},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Words that stand nowhere else. The visitor's, the agent's, a tag, a name, one never sent.
const WORDS: [&str; 5] =
    ["marmalade-visitor", "비밀스러운답장", "quince-tag", "Persimmona", "unsent-rhubarb"];

/// Every file below, with its bytes.
fn files(dir: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            found.extend(files(&path)?);
        } else if kind.is_file() {
            // A file may go while the program runs; what is gone is not readable.
            if let Ok(bytes) = fs::read(&path) {
                found.push((path, bytes));
            }
        }
    }
    Ok(found)
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

/// No file below has one of the words, in UTF-8 or in UTF-16.
fn nothing_readable(dir: &Path) -> Result<usize> {
    let files = files(dir)?;
    for (path, bytes) in &files {
        for word in WORDS {
            let wide: Vec<u8> = word.encode_utf16().flat_map(u16::to_le_bytes).collect();
            ensure!(!contains(bytes, word.as_bytes()), "{word:?} in {}", path.display());
            ensure!(!contains(bytes, &wide), "{word:?} (UTF-16) in {}", path.display());
        }
    }
    Ok(files.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_chat_is_readable_in_any_file_of_the_program() -> Result<()> {
    let mut desk = Desk::new("bytes").await?;
    let program = window::program(env!("CARGO_BIN_EXE_bellhop"));
    let window = Window::open(&mut desk, &program).await?;
    window.wait_connection("Online").await?;
    let site = window.wait_text("site-url", "http://127.0.0.1:").await?.text;
    let host = site.split("http://").nth(1).context("the shop's address")?;
    let host = host.split(|c: char| c == '/' || c.is_whitespace()).next().unwrap_or_default();
    let mut jun = SocketVisitor::arrive(&format!("ws://{host}/visitor"), WORDS[3]).await?;
    jun.say(WORDS[0]).await?;
    window.wait_text("serve", "1").await?;
    window.click("serve").await?;
    window.wait_line("joined", "").await?;
    window.say(WORDS[1]).await?;
    jun.wait_answer(WORDS[1]).await?;
    window.surface().type_text(&hook("composer"), WORDS[4]).await?;
    let while_running = nothing_readable(desk.dir())?;
    ensure!(while_running > 2, "the data directory has {while_running} files only");

    window.click("tab-close").await?;
    window.click("end-tags").await?;
    window.surface().type_and_enter(&hook("end-tag-input"), WORDS[2]).await?;
    window.click("end-confirm").await?;
    window.click("nav-history").await?;
    window.wait_text("history-row", WORDS[2]).await?;
    let log = window.log().text();
    for word in WORDS {
        ensure!(!log.contains(word), "{word:?} in the program's log");
    }
    nothing_readable(desk.dir())?;
    window.quit().await;
    nothing_readable(desk.dir())?;
    desk.passed();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_chat_is_readable_in_any_file_of_a_stand_alone_service() -> Result<()> {
    let mut service = ServiceHost::start("Moon & Kettle").await?;
    let mut mina = service.agent_actor("mina").await?;
    let mut jun = service.visitor_actor(WORDS[3]).await?;
    jun.say(WORDS[0]).await?;
    let chat_id = mina.wait_message(WORDS[0]).await?;
    mina.wish(Command::Serve { chat_id }).await?;
    mina.say(chat_id, WORDS[1]).await?;
    mina.wish(Command::SetTags { chat_id, tags: vec![WORDS[2].into()] }).await?;
    jun.wait_answer(WORDS[1]).await?;
    nothing_readable(service.data_dir())?;
    service.stop().await?;
    ensure!(nothing_readable(service.data_dir())? > 0, "the service has stored nothing");
    Ok(())
}
