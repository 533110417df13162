//! A `WebDriver` with one session: `WebKitGTK`'s for the program's window, Chromium's for the
//! visitor's page.

use crate::{
    desk::{Desk, free_port},
    process::{Log, Process},
    wait::{NotYet, wait_for},
};
use anyhow::{Context, Result, bail};
use fantoccini::{Client, ClientBuilder, wd::Capabilities};
use hyper_util::client::legacy::connect::HttpConnector;
use std::{net::TcpStream, path::PathBuf, process::Command};

/// The driver's process (and, below it, what it drives) with its session.
#[derive(Debug)]
pub(crate) struct Driver {
    pub(crate) client: Client,
    process: Process,
    /// Takes a picture of the screen when the driver is dropped without [`Driver::close`].
    camera: Option<(Command, PathBuf)>,
}

impl Driver {
    /// Starts a driver at the desk and opens a session with these capabilities.
    pub(crate) async fn start(
        desk: &mut Desk,
        label: &str,
        command: impl Fn(&Desk, u16) -> Command,
        capabilities: Capabilities,
    ) -> Result<Self> {
        // The free port may be taken by another test in between; then another one is tried.
        for _ in 0..3 {
            let port = free_port()?;
            let mut process = desk.start(label, command(desk, port), None)?;
            if !listens(label, port, &mut process).await? {
                continue;
            }
            let client = ClientBuilder::new(HttpConnector::new())
                .capabilities(capabilities)
                .connect(&format!("http://127.0.0.1:{port}"))
                .await
                .with_context(|| format!("{label} opens no session:\n{}", process.log().text()))?;
            return Ok(Self { client, process, camera: desk.failure_camera() });
        }
        bail!("{label} found no free port in three tries")
    }

    pub(crate) fn log(&self) -> &Log {
        self.process.log()
    }

    /// Ends the session, what it drives, and the driver.
    pub(crate) async fn close(mut self) {
        self.camera = None;
        // A window that has gone already cannot be closed; the process group ends either way.
        let _ = self.client.clone().close().await;
    }

    /// What was driven ends by itself; only the driver is left to end.
    pub(crate) fn abandon(mut self) {
        self.camera = None;
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some((camera, shot)) = &mut self.camera {
            match camera.status() {
                Ok(done) if done.success() => eprintln!("the screen: {}", shot.display()),
                other => eprintln!("no picture of the screen: {other:?}"),
            }
        }
    }
}

/// The driver answers on its port; `false` when it ended because somebody else has the port.
async fn listens(label: &str, port: u16, process: &mut Process) -> Result<bool> {
    wait_for(&format!("{label} to listen"), async || {
        if process.ended().is_some() {
            return Ok(false);
        }
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(_) => Ok(true),
            Err(error) => Err(NotYet::seen(format!("{error}; {}", process.log().text()))),
        }
    })
    .await
}
