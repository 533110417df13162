//! `bellhop-service admin`: roles, shortcuts, tags, ratings and triggers as an administrator sets
//! them.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use std::{path::Path, process::Stdio};
use tokio::{io::AsyncWriteExt as _, process::Command};

/// What the program prints, or why it fails; `input` is its standard input.
async fn admin(data: &Path, words: &[&str], input: &str) -> Result<String, String> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bellhop-service"))
        .arg("admin")
        .args(words)
        .arg("--data")
        .arg(data)
        .kill_on_drop(true)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    // A command that reads nothing may have ended already.
    let _ = pipe.write_all(input.as_bytes()).await;
    drop(pipe);
    let output = child.wait_with_output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

async fn with_agents() -> tempfile::TempDir {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    for (name, email) in [("Mina", "mina@shop.example"), ("Hana", "hana@shop.example")] {
        admin(&data, &["add-agent", "--name", name, "--email", email], "").await.unwrap();
    }
    parent
}

#[tokio::test]
async fn domain_14_an_administrator_makes_a_role_and_gives_it() {
    let parent = with_agents().await;
    let data = parent.path().join("data");
    let put = ["role", "put", "--name", "Trainee", "--grant", "manage_bans=none"];
    let told = admin(&data, &put, "").await.unwrap();
    assert!(told.contains("Owner\t") && told.contains("\tmina@shop.example"), "{told}");
    let give = ["role", "give", "--email", "hana@shop.example", "--role", "trainee"];
    let told = admin(&data, &give, "").await.unwrap();
    let line = told.lines().find(|line| line.starts_with("Trainee")).unwrap();
    assert!(line.contains("manage_bans=none") && line.ends_with("hana@shop.example"), "{line}");
    let wrong = ["role", "put", "--name", "Trainee", "--grant", "manage_bans=own"];
    let told = admin(&data, &wrong, "").await.unwrap_err();
    assert!(told.contains("manage_bans is none or account"), "{told}");
    let last = ["role", "give", "--email", "mina@shop.example", "--role", "Agent"];
    assert!(admin(&data, &last, "").await.unwrap_err().contains("nobody else is the owner"));
}

#[tokio::test]
async fn domain_4_shortcuts_are_put_listed_loaded_and_removed() {
    let parent = with_agents().await;
    let data = parent.path().join("data");
    admin(&data, &["department", "add", "--name", "Kiln"], "").await.unwrap();
    let put = ["shortcut", "put", "--name", "bye", "--message", "Is that all?", "--options"];
    let put = [&put[..], &["Yes / No", "--tag", "solved", "--department", "kiln"]].concat();
    admin(&data, &put, "").await.unwrap();
    let own = ["shortcut", "put", "--name", "hi", "--message", "Hello", "--agent"];
    admin(&data, &[&own[..], &["hana@shop.example"]].concat(), "").await.unwrap();
    let told = admin(&data, &["shortcut", "list"], "").await.unwrap();
    assert_eq!(told, "bye\tKiln\tYes/No\tsolved\tIs that all?\nhi\thana@shop.example\t\t\tHello");

    let json = admin(&data, &["shortcut", "list", "--json"], "").await.unwrap();
    admin(&data, &["shortcut", "remove", "--name", "BYE"], "").await.unwrap();
    assert_eq!(admin(&data, &["shortcut", "load"], &json).await.unwrap(), "2 shortcuts");
    assert_eq!(admin(&data, &["shortcut", "list", "--json"], "").await.unwrap(), json);
    let wrong = r#"{"name":"a/b","message":"Hello","scope":{"kind":"all"}}"#;
    let told = admin(&data, &["shortcut", "load"], wrong).await.unwrap_err();
    assert!(told.contains("line 1") && told.contains("name is not right"), "{told}");
}

#[tokio::test]
async fn domain_5_and_6_tags_and_ratings_are_set() {
    let parent = with_agents().await;
    let data = parent.path().join("data");
    admin(&data, &["tag", "add", "--tag", "refund", "--tag", "환불"], "").await.unwrap();
    admin(&data, &["tag", "remove", "--tag", "refund"], "").await.unwrap();
    admin(&data, &["tag", "creating", "off"], "").await.unwrap();
    assert_eq!(admin(&data, &["tag", "list"], "").await.unwrap(), "환불");
    let told = admin(&data, &["tag", "add", "--tag", "two words"], "").await.unwrap_err();
    assert!(told.contains("contains a blank"), "{told}");
    admin(&data, &["rating", "on"], "").await.unwrap();
}

#[tokio::test]
async fn domain_11_triggers_are_put_enabled_listed_and_removed() {
    let parent = with_agents().await;
    let data = parent.path().join("data");
    let enable = ["trigger", "enable", "--name", "chat rescuer"];
    admin(&data, &enable, "").await.unwrap();
    let json = r#"{"name":"Refunds","enabled":true,"on":"chat_message_sent",
        "conditions":[{"what":"message","is":"matches","value":"(?i).*refund.*"}],
        "actions":[{"do":"add_tag","tag":"refund"}],"once":true}"#;
    admin(&data, &["trigger", "put"], json).await.unwrap();
    admin(&data, &["trigger", "remove", "--name", "First Reply"], "").await.unwrap();
    let told = admin(&data, &["trigger", "list"], "").await.unwrap();
    let expected = "Chat Rescuer\tenabled\tchat_requested\t4 conditions\t1 actions\n\
        Checkout Page\tdisabled\twidget_loaded\t4 conditions\t1 actions\tonce\n\
        Refunds\tenabled\tchat_message_sent\t1 conditions\t1 actions\tonce";
    assert_eq!(told, expected);
    let misspelt = json.replace("conditions", "condtions");
    let told = admin(&data, &["trigger", "put"], &misspelt).await.unwrap_err();
    assert!(told.contains("condtions"), "{told}");
    let broken = json.replace("(?i)", "(?i");
    let told = admin(&data, &["trigger", "put"], &broken).await.unwrap_err();
    assert!(told.contains("no regular expression"), "{told}");
}

#[tokio::test]
async fn r_123_where_tickets_are_kept_here_nobody_is_asked_for_support_agents() {
    let parent = with_agents().await;
    let data = parent.path().join("data");
    let settings = parent.path().join("service.toml");
    std::fs::write(&settings, "").unwrap();
    let fetch = ["support-agents", "--config", settings.to_str().unwrap()];
    let told = admin(&data, &fetch, "").await.unwrap_err();
    assert!(told.contains("those that `admin support` names"), "{told}");
}
