//! A full disk: nothing is acknowledged that is not stored, `/healthz` says so, and the service
//! goes on by itself once there is room.
//!
//! The disk is a limit on the size of the program's files (`RLIMIT_FSIZE`), which needs no rights
//! and no disk of its own; what SQLite is told is that a write failed half-way.

#![allow(clippy::unwrap_used)]
#![cfg(target_os = "linux")]

mod common;

use bellhop_model::{
    CommandId, Fact, Refusal, Seq,
    frame::ServerFrame,
    visitor_frame::{VisitorClientFrame, VisitorServerFrame},
};
use common::{
    Agent, PATIENCE, Socket, Visitor, key, new_id,
    program::{begin, output, program},
};
use std::{path::Path, process::Command, time::Instant};

/// Enough for an empty journal, not for what is said here.
const ROOM_KIB: u64 = 256;

/// The program with room for files of so many KiB. `ulimit` counts halves of them.
fn with_little_room(data: &Path) -> tokio::process::Command {
    let inner = program(data, &["serve", "--listen", "127.0.0.1:0"]);
    let inner = inner.as_std();
    let mut command = tokio::process::Command::new("sh");
    // Without the trap the first write beyond the limit is a signal that kills.
    let script = format!("trap '' XFSZ; ulimit -S -f {}; exec \"$0\" \"$@\"", ROOM_KIB * 2);
    command.arg("-c").arg(script).arg(inner.get_program()).args(inner.get_args());
    command.kill_on_drop(true).stderr(std::process::Stdio::null());
    command
}

/// What the service says about itself.
async fn health(agent_url: &str) -> (u16, String) {
    common::get(&agent_url.replace("ws://", "http://").replace("/agent", "/healthz")).await
}

/// Sends a word and says whether it was taken; refused it may only be for the storage.
async fn says(jun: &mut Visitor, id: CommandId, text: &str) -> bool {
    jun.socket.send(&VisitorClientFrame::Say { id, text: text.to_owned() }).await;
    jun.until(|frame| match frame {
        VisitorServerFrame::Taken { id: taken } if *taken == id => Some(true),
        VisitorServerFrame::Refused { id: refused, refusal } if *refused == id => {
            assert_eq!(*refusal, Refusal::StorageUnavailable);
            Some(false)
        }
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_full_disk_stops_acknowledging_is_told_and_is_got_over() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let add = ["admin", "add-agent", "--name", "Mina", "--email", "mina@shop.example"];
    let token = output(&data, &add).await;
    let (child, url) = begin(with_little_room(&data)).await;
    let mut jun = Visitor { socket: Socket::open(&url.replace("/agent", "/visitor")).await };
    jun.socket.send(&Visitor::hello(&key(1), Seq(0))).await;
    assert_eq!(health(&url).await, (200, "ok\n".to_owned()));

    // Said until the disk is full: until one is refused, and the service says why.
    let mut taken = Vec::new();
    let begun = Instant::now();
    let refused = loop {
        assert!(begun.elapsed() < PATIENCE, "the disk does not fill");
        let (id, text) = (new_id(), format!("{} {}", taken.len(), "full ".repeat(500)));
        if says(&mut jun, id, &text).await {
            taken.push((id, text));
            continue;
        }
        // A small write may still find a place and end the failure for a moment.
        let (status, told) = health(&url).await;
        if status == 503 {
            assert!(told.starts_with("storage: "), "{told}");
            break (id, text);
        }
    };
    assert!(!taken.is_empty());
    // What is stored is still read.
    assert_eq!(said(&url, &token).await, taken);

    let pid = child.id().unwrap().to_string();
    let room = Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]).status();
    assert!(room.unwrap().success());
    let begun = Instant::now();
    // The same wish again, as the widget does.
    while !says(&mut jun, refused.0, &refused.1).await {
        assert!(begun.elapsed() < PATIENCE, "it does not recover");
    }
    taken.push(refused);
    assert_eq!(health(&url).await, (200, "ok\n".to_owned()));
    assert_eq!(said(&url, &token).await, taken);
}

/// Every word of the visitor's, as an agent gets them.
async fn said(url: &str, token: &str) -> Vec<(CommandId, String)> {
    let mut socket = Socket::open(url).await;
    socket.send(&Agent::hello(token, Seq(0))).await;
    let mut said = Vec::new();
    socket
        .until(|frame: &ServerFrame| match frame {
            ServerFrame::Event { event, .. } => {
                if let Fact::MessagePosted { message, .. } = &event.fact
                    && message.author == bellhop_model::Author::Visitor
                {
                    said.push((message.id, message.text.clone()));
                }
                None
            }
            ServerFrame::CaughtUp { .. } => Some(()),
            _ => None,
        })
        .await;
    said
}
