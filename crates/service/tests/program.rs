//! The program `bellhop-service` as a team's administrator meets it.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

mod common;

use bellhop_model::visitor_frame::{VisitorClientFrame, VisitorServerFrame};
use bellhop_model::{Fact, Seq, frame::ServerFrame};
use bellhop_service::{Config, start};
use common::{
    Agent, PATIENCE, Socket, Visitor, key, new_id,
    program::{begin, output, program, serve},
};
use std::process::Stdio;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
    time::timeout,
};

#[tokio::test]
async fn r1_killed_in_mid_talk_it_has_everything_it_took() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let add = ["admin", "add-agent", "--name", "Mina", "--email", "mina@shop.example"];
    let first = output(&data, &add).await;
    let token = output(&data, &["admin", "issue-token", "--email", "Mina@shop.example"]).await;
    assert_eq!((first.len(), token.len()), (64, 64));
    assert_ne!(first, token);

    let mut expected = Vec::new();
    for round in 0..3 {
        let (mut child, url) = serve(&data).await;
        let mut jun = Visitor { socket: Socket::open(&url.replace("/agent", "/visitor")).await };
        jun.socket.send(&Visitor::hello(&key(1), Seq(0))).await;
        for number in 0..10 {
            let text = format!("{round}.{number}");
            jun.says(&text).await;
            expected.push(text);
        }
        // One more is under way while the program dies; it was not taken.
        let text = "lost or not, but not doubled".to_owned();
        jun.socket.send(&VisitorClientFrame::Say { id: new_id(), text }).await;
        child.kill().await.unwrap();
    }

    let (mut child, url) = serve(&data).await;
    let mut socket = Socket::open(&url).await;
    socket.send(&Agent::hello(&token, Seq(0))).await;
    let mut said = Vec::new();
    socket
        .until(|frame: &ServerFrame| match frame {
            ServerFrame::Event { event, .. } => {
                if let Fact::MessagePosted { message, .. } = &event.fact {
                    said.push(message.text.clone());
                }
                None
            }
            ServerFrame::CaughtUp { .. } => Some(()),
            _ => None,
        })
        .await;
    said.retain(|text| !text.starts_with("lost"));
    assert_eq!(said, expected);

    // Told to stop, it says so to everybody and ends well.
    let mut jun = Socket::open(&url.replace("/agent", "/visitor")).await;
    jun.send(&Visitor::hello(&key(2), Seq(0))).await;
    jun.until(|frame| matches!(frame, VisitorServerFrame::Welcome { .. }).then_some(())).await;
    let pid = child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").arg(pid).status().unwrap().success());
    jun.until(|frame| matches!(frame, VisitorServerFrame::Rejected(_)).then_some(())).await;
    drop((jun, socket));
    assert!(timeout(PATIENCE, child.wait()).await.unwrap().unwrap().success());
}

#[tokio::test]
async fn domain_10_an_administrator_sets_departments_up_and_may_say_it_twice() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let add = ["admin", "add-agent", "--name", "Mina", "--email", "mina@shop.example"];
    output(&data, &add).await;
    let department = ["admin", "department", "add", "--name", "Orders"];
    let first = output(&data, &department).await;
    assert_eq!(first, "1\tOrders\tno members");
    assert_eq!(output(&data, &department).await, first);
    let members = ["admin", "department", "members", "--name", "orders", "--email"];
    let members: Vec<&str> = members.into_iter().chain(["mina@shop.example"]).collect();
    assert_eq!(output(&data, &members).await, "1\tOrders\tmina@shop.example");
    let disable = ["admin", "department", "disable", "--name", "Orders"];
    output(&data, &disable).await;
    let list = output(&data, &["admin", "department", "list"]).await;
    assert_eq!(list, "1\tOrders (disabled)\tmina@shop.example");

    let unknown = ["admin", "department", "rename", "--name", "Kiln", "--to", "Glazes"];
    let unknown = program(&data, &unknown).stderr(Stdio::piped()).output().await.unwrap();
    let told = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(!unknown.status.success() && told.contains("no department \"Kiln\""), "{told}");
}

#[tokio::test]
async fn domain_12_an_administrator_bans_lists_searches_and_lifts() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let ban = ["admin", "ban", "add", "--address", "192.0.2.1", "--reason", "Floods"];
    assert_eq!(output(&data, &ban).await, "");
    let visitor = ["admin", "ban", "add", "--visitor", "a3f1c2d4e5b697880716253a"];
    output(&data, &visitor).await;
    let list = output(&data, &["admin", "ban", "list"]).await;
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 2, "{list}");
    assert!(lines[0].starts_with("a3f1c2d4e5b697880716253a\t"), "newest first: {list}");
    assert_eq!(lines[1], "192.0.2.1\t\tFloods\tan administrator");
    let search = ["admin", "ban", "list", "--search", "FLOOD"];
    assert_eq!(output(&data, &search).await, lines[1]);
    output(&data, &["admin", "ban", "remove", "--address", "192.0.2.1"]).await;
    assert_eq!(output(&data, &search).await, "");

    let wrong = ["admin", "ban", "add", "--address", "here"];
    let wrong = program(&data, &wrong).stderr(Stdio::piped()).output().await.unwrap();
    let told = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(!wrong.status.success() && told.contains("\"here\" is no address"), "{told}");
}

#[tokio::test]
async fn admin_on_an_unknown_agent_and_on_a_directory_in_use_is_told_plainly() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let issue = ["admin", "issue-token", "--email", "nobody@shop.example"];
    assert!(refused(&data, &issue).await.contains("nobody@shop.example"));

    // By whatever has no ear for administrators, such as the service in the desktop program.
    let own_key = Config { key: None, ..common::config(&data) };
    let running = start(own_key).await.unwrap();
    let told = refused(&data, &issue).await;
    assert!(told.contains("takes no commands while it runs"), "{told}");
    // Left behind by one that was killed, whose port is another's now.
    let other = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = other.local_addr().unwrap();
    let left = format!(r#"{{"address":"{address}","word":"old"}}"#);
    std::fs::write(data.join("service.admin"), left).unwrap();
    let heard = async { drop(other.accept().await.unwrap()) };
    let (told, ()) = tokio::join!(refused(&data, &issue), heard);
    assert!(told.contains("gave no answer"), "{told}");
    std::fs::write(data.join("service.admin"), "{").unwrap();
    assert!(refused(&data, &issue).await.contains("takes no commands while it runs"));
    running.stop().await;
}

/// What it says where it does not end well.
async fn refused(data: &std::path::Path, words: &[&str]) -> String {
    let output = program(data, words).stderr(Stdio::piped()).output().await.unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{told}");
    told
}

#[tokio::test]
async fn settings_are_read_from_a_file_and_the_command_line_goes_before_it() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("service.toml");
    let example = Command::new(env!("CARGO_BIN_EXE_bellhop-service"))
        .args(["config", "--example"])
        .output()
        .await
        .unwrap();
    assert!(example.status.success());
    let example = String::from_utf8(example.stdout).unwrap();
    let ours = example
        .replace("#data = \"/var/lib/bellhop\"", "data = \"of the file\"")
        .replace("#demo_site = false", "demo_site = true");
    std::fs::write(&file, ours).unwrap();
    let serve = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bellhop-service"));
        command.arg("serve").arg("--config").arg(&file).args(words).kill_on_drop(true);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let mut child = serve(&["--listen", "127.0.0.1:0"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let agents = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
    assert!(
        agents.starts_with("agents: ws://127.0.0.1:") && !agents.contains(":7410/"),
        "{agents}"
    );
    let site = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
    assert!(site.starts_with("site: "), "{site}");
    assert!(parent.path().join("of the file/journal.db").exists());
    child.kill().await.unwrap();

    std::fs::write(&file, "lissten = \"127.0.0.1:0\"").unwrap();
    let refused = serve(&[]).output().await.unwrap();
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && told.contains("lissten"), "{told}");
}

#[tokio::test]
async fn the_log_is_json_where_the_settings_say_so() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("service.toml");
    std::fs::write(&file, "data = \"data\"\nlisten = \"127.0.0.1:0\"\n[log]\nform = \"json\"")
        .unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_bellhop-service"))
        .args(["serve", "--config"])
        .arg(&file)
        .env_remove("RUST_LOG")
        .kill_on_drop(true)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
    let told: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(told["level"], "INFO");
    assert_eq!(told["message"], "the service listens");
    assert_eq!(told["events"], 0);
    child.kill().await.unwrap();
}

#[tokio::test]
async fn an_administrator_sets_a_password_lists_agents_and_revokes_tokens() {
    use tokio::io::AsyncWriteExt as _;
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    output(&data, &["admin", "add-agent", "--name", "Mina", "--email", "mina@shop.example"]).await;
    let set = ["admin", "set-password", "--email", "mina@shop.example"];
    let mut child = program(&data, &set).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"moon jar and celadon\n").await.unwrap();
    assert!(timeout(PATIENCE, child.wait()).await.unwrap().unwrap().success());
    let listed = output(&data, &["admin", "list-agents"]).await;
    assert_eq!(listed, "1\tMina\tmina@shop.example\tpassword\t1 tokens");
    output(&data, &["admin", "revoke-tokens", "--email", "mina@shop.example"]).await;
    assert!(output(&data, &["admin", "list-agents"]).await.ends_with("\t0 tokens"));
}

#[tokio::test]
async fn an_account_is_piped_from_one_directory_to_another() {
    let parent = tempfile::tempdir().unwrap();
    let (old, new) = (parent.path().join("old"), parent.path().join("new"));
    output(&old, &["admin", "add-agent", "--name", "Mina", "--email", "mina@shop.example"]).await;
    let stream = program(&old, &["export", "--with-secrets"]).output().await.unwrap();
    assert!(stream.status.success());
    let mut child = program(&new, &["import"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut pipe, &stream.stdout).await.unwrap();
    drop(pipe);
    assert!(timeout(PATIENCE, child.wait()).await.unwrap().unwrap().success());
    let listed = output(&new, &["admin", "list-agents"]).await;
    assert_eq!(listed, "1\tMina\tmina@shop.example\tno password\t1 tokens");
    assert!(output(&new, &["verify"]).await.ends_with("The journal is whole."));
}

#[tokio::test]
async fn domain_10_an_administrator_sets_the_hours_and_sees_them() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let hours = |words: &[&'static str]| [&["admin", "hours"], words].concat();
    assert_eq!(output(&data, &hours(&["list"])).await, "always open");
    let zone = ["--time-zone", "Asia/Seoul", "--open"];
    let set = hours(&[&["set"][..], &zone, &["daily 00:00-24:00"]].concat());
    assert_eq!(
        output(&data, &set).await,
        "(account)\tAsia/Seoul\tmon 00:00-24:00, tue 00:00-24:00, wed 00:00-24:00, \
         thu 00:00-24:00, fri 00:00-24:00, sat 00:00-24:00, sun 00:00-24:00\topen"
    );
    let disabled = output(&data, &hours(&["disable"])).await;
    assert!(disabled.ends_with("\tdisabled"), "{disabled}");
    let wrong = hours(&["set", "--time-zone", "Asia/Nowhere"]);
    let wrong = program(&data, &wrong).stderr(Stdio::piped()).output().await.unwrap();
    let told = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(!wrong.status.success() && told.contains("no time zone \"Asia/Nowhere\""), "{told}");
}

#[tokio::test]
async fn domain_8_an_administrator_says_how_requests_are_routed_and_sees_it() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let add = ["admin", "add-agent", "--name", "Mina", "--email", "mina@shop.example"];
    output(&data, &add).await;
    let first = output(&data, &["admin", "routing", "show"]).await;
    assert_eq!(
        first,
        "mode\tbroadcast\nchat limit\toff\nreassign after\t30 s\nidle\toff\nauto accept\toff\n\
         skill wait\t30 s"
    );
    let set = ["admin", "routing", "set", "--mode", "assigned", "--chat-limit", "3"];
    let more = ["--limit-by-agents", "yes", "--reassign-after", "off", "--idle-after", "2"];
    let set: Vec<&str> = set.into_iter().chain(more).collect();
    output(&data, &set).await;
    let of = ["admin", "agent-routing", "--email", "mina@shop.example", "--skill", "korean"];
    let told = output(&data, &of).await;
    assert_eq!(
        told,
        "mode\tassigned\nchat limit\t3, agents may choose\nreassign after\toff\n\
         idle\taway after 2 misses\nauto accept\toff\nskill wait\t30 s\n\
         mina@shop.example\tkorean"
    );
    for (words, wrong) in [
        (&["admin", "routing", "set", "--skill-wait", "4"][..], "5 to 300 seconds"),
        (&["admin", "routing", "set", "--chat-limit", "21"], "0 to 20"),
        (&["admin", "routing", "set"], "--mode"),
    ] {
        let refused = program(&data, words).stderr(Stdio::piped()).output().await.unwrap();
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && told.contains(wrong), "{told}");
    }
}

#[tokio::test]
async fn law_11_no_log_holds_words_or_tokens_whatever_detail_is_asked_for() {
    for form in ["text", "json"] {
        let parent = tempfile::tempdir().unwrap();
        let data = parent.path().join("data");
        let add = ["admin", "add-agent", "--name", "Mina", "--email", "mina@shop.example"];
        let token = output(&data, &add).await;
        let (settings, log) = (parent.path().join("service.toml"), parent.path().join("log"));
        std::fs::write(&settings, format!("[log]\nform = \"{form}\"")).unwrap();
        let words = ["serve", "--listen", "127.0.0.1:0", "--config", settings.to_str().unwrap()];
        let mut command = program(&data, &words);
        command.env("RUST_LOG", "trace").stderr(std::fs::File::create(&log).unwrap());
        let (mut child, url) = begin(command).await;

        let mut jun = Visitor { socket: Socket::open(&url.replace("/agent", "/visitor")).await };
        jun.socket.send(&Visitor::hello(&key(1), Seq(0))).await;
        jun.says("celadon").await;
        let mut mina = Socket::open(&url).await;
        mina.send(&Agent::hello(&token, Seq(0))).await;
        mina.until(|frame: &ServerFrame| {
            matches!(frame, ServerFrame::CaughtUp { .. }).then_some(())
        })
        .await;
        mina.send_text(r#"{"frame":"moonjar"}"#).await;
        mina.until(|frame: &ServerFrame| matches!(frame, ServerFrame::Rejected(_)).then_some(()))
            .await;
        child.kill().await.unwrap();

        let told = std::fs::read_to_string(&log).unwrap();
        assert!(told.contains("an agent's line ends"), "no detail of our own: {told}");
        for secret in ["celadon", "moonjar", token.as_str()] {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    }
}
