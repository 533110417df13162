//! What the agent is told when something she cannot see is wrong.

use super::{opened, program, wait_requests};
use anyhow::{Context, Result};
use bellhop_testkit::{
    cache, desk::Desk, notifications::Notifications, service::ServiceHost, tray::Tray,
    window::Window,
};
use std::{
    fs::{self, OpenOptions},
    io::{Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// The cache's file, wherever below it lies.
fn cache_below(dir: &Path) -> Option<PathBuf> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(dir).ok()?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            folders.push(path);
        } else if path.file_name().is_some_and(|name| name == "cache.db") {
            return Some(path);
        }
    }
    folders.iter().find_map(|folder| cache_below(folder))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_cache_is_put_aside_and_said_and_the_chats_come_back() -> Result<()> {
    let mut desk = Desk::new("damaged").await?;
    let _daemon = Notifications::start(desk.bus()).await?;
    let _tray = Tray::start(desk.bus()).await?;
    let (window, shop) = opened(&mut desk).await?;
    let mut jun = shop.visitor("jun").await?;
    jun.say("Do you keep my question?").await?;
    wait_requests(&window, 1).await?;
    window.quit().await;

    let cache = cache_below(&desk.data_dir()).context("the cache's file")?;
    let mut file = OpenOptions::new().write(true).open(&cache)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&vec![0xA5; usize::try_from(length)?])?;
    drop(file);

    let window = Window::open(&mut desk, &program()).await?;
    window.wait_connection("Online").await?;
    window.wait_text("notice", "put aside").await?;
    wait_requests(&window, 1).await?;
    let folder = cache.parent().context("the cache's folder")?;
    let kept = fs::read_dir(folder)?.flatten().any(|entry| {
        let name = entry.file_name();
        name != "cache.db" && name.to_string_lossy().starts_with("cache") && {
            fs::read(entry.path()).is_ok_and(|bytes| bytes.starts_with(&[0xA5; 64]))
        }
    });
    assert!(kept, "the damaged file is not beside the fresh one in {}", folder.display());
    window.quit().await;
    desk.passed();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_of_a_newer_version_is_named_with_what_to_do_and_is_left_as_it_is() -> Result<()> {
    let mut desk = Desk::new("newer").await?;
    let _tray = Tray::start(desk.bus()).await?;
    let (window, _shop) = opened(&mut desk).await?;
    window.quit().await;

    let path = cache_below(&desk.data_dir()).context("the cache's file")?;
    let key = cache::key(desk.command("secret-tool"), &desk.data_dir())?;
    cache::make_newer(&path, &key).await?;
    let before = fs::read(&path)?;
    let window = Window::open(&mut desk, &program()).await?;
    window.wait_text("stuck", "made by a newer version of Bellhop (format 99").await?;
    window.quit().await;
    assert!(fs::read(&path)? == before, "the file was changed");
    desk.passed();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_named_as_the_reason() -> Result<()> {
    let mut desk = Desk::new("wrong-token").await?;
    let _tray = Tray::start(desk.bus()).await?;
    let mut service = ServiceHost::start("Moon & Kettle").await?;
    desk.set_env("BELLHOP_SERVICE_URL", service.agent_url());
    desk.set_env("BELLHOP_TOKEN", "not a token of this service");
    let window = Window::open(&mut desk, &program()).await?;
    window.wait_text("stale", "does not accept this sign-in").await?;
    window.wait_connection("Offline").await?;
    window.quit().await;
    desk.passed();
    service.stop().await
}
