//! The program `bellhop-service` as an administrator runs it.

use super::PATIENCE;
use std::{path::Path, process::Stdio};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

pub fn program(data: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bellhop-service"));
    command.args(words).arg("--data").arg(data).kill_on_drop(true).stderr(Stdio::null());
    command
}

/// What it says, where it ends well.
pub async fn output(data: &Path, words: &[&str]) -> String {
    let output = program(data, words).stderr(Stdio::piped()).output().await.unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The running program and where agents reach it.
pub async fn serve(data: &Path) -> (Child, String) {
    let words = ["serve", "--listen", "127.0.0.1:0", "--name", "Moon & Kettle", "--demo-site"];
    begin(program(data, &words)).await
}

/// Starts a program that serves, and waits until it says where agents reach it.
pub async fn begin(mut command: Command) -> (Child, String) {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
    let url = line.strip_prefix("agents: ").unwrap().to_owned();
    (child, url)
}
