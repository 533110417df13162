//! `bellhop-service admin`: agents, departments, hours, routing, roles, shortcuts, tags, ratings,
//! triggers and bans as an administrator sets them, beside a service that runs and without one.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

mod common;

use bellhop_model::{
    Seq,
    frame::{Rejection, ServerFrame},
    sign_in::{SignIn, SignedIn},
};
use common::{Agent, Socket, program::serve, rejection};
use serde_json::{Value, json};
use std::{path::Path, process::Stdio};
use tokio::{io::AsyncWriteExt as _, process::Command};

/// What the program prints, or why it fails; `input` is its standard input.
async fn admin(data: &Path, words: &[&str], input: &str) -> Result<String, String> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bellhop-service"))
        .arg("admin")
        .args(words)
        .arg("--data")
        .arg(data)
        // An operator is told what is wrong and never where in our code it was found.
        .env("RUST_BACKTRACE", "1")
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

/// What is printed as JSON, a value on each line.
async fn list(data: &Path, words: &[&str]) -> Vec<Value> {
    let told = admin(data, &[words, &["--json"]].concat(), "").await.unwrap();
    told.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
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

#[tokio::test]
async fn agents_are_added_renamed_disabled_enabled_and_listed() {
    let parent = with_agents().await;
    let data = parent.path().join("data");
    let do_it = async |words: &[&str], input: &str| admin(&data, words, input).await;
    let hana = ["--email", "hana@shop.example"];
    let rename = ["rename-agent", "--name", "Hana Kim", "--new-email", "kim@shop.example"];
    assert_eq!(do_it(&[&rename[..], &hana].concat(), "").await.unwrap(), "");
    let kim = ["--email", "KIM@shop.example"];
    do_it(&["department", "add", "--name", "Kiln"], "").await.unwrap();
    do_it(&[&["department", "members", "--name", "kiln"][..], &kim].concat(), "").await.unwrap();
    let password = "moon jar and celadon\n";
    do_it(&[&["set-password"][..], &kim].concat(), password).await.unwrap();
    do_it(&[&["disable-agent"][..], &kim].concat(), "").await.unwrap();
    let told = do_it(&["list-agents"], "").await.unwrap();
    let hers = "2\tHana Kim\tkim@shop.example\tpassword\t0 tokens\tdisabled";
    assert_eq!(told.lines().nth(1), Some(hers), "{told}");
    let agents = list(&data, &["list-agents"]).await;
    let expected = json!({
        "id": 2, "name": "Hana Kim", "email": "kim@shop.example", "enabled": false,
        "availability": "online", "role": "Agent", "departments": ["Kiln"],
        "has_password": true, "tokens": 0,
    });
    assert_eq!((&agents[1], &agents[0]["role"]), (&expected, &json!("Owner")));
    let issue = [&["issue-token"][..], &kim].concat();
    assert!(do_it(&issue, "").await.unwrap_err().contains("disabled; enable her first"));
    do_it(&[&["enable-agent"][..], &kim].concat(), "").await.unwrap();
    assert_eq!(do_it(&issue, "").await.unwrap().len(), 64);
    let reset = [&["set-password", "--revoke-tokens"][..], &kim].concat();
    assert_eq!(do_it(&reset, password).await.unwrap(), "1 tokens revoked");

    let wrong: [(&[&str], &str, &str); 7] = [
        (&["disable-agent", "--email", "mina@shop.example"], "", "nobody else is the owner"),
        (&["disable-agent", "--email", "hana@shop.example"], "", "hana@shop.example"),
        (&["rename-agent", "--email", "kim@shop.example"], "", "--new-email"),
        (&["add-agent", "--name", "Sora", "--email", "sora"], "", "\"sora\" is no email address"),
        (&["add-agent", "--name", "", "--email", "sora@shop.example"], "", "needs a name"),
        (&["add-agent", "--name", "S", "--email", "Kim@shop.example"], "", "already an agent"),
        (&reset, "", "has no password"),
    ];
    for (words, input, why) in wrong {
        let told = do_it(words, input).await.unwrap_err();
        assert!(told.contains(why), "{words:?}: {told}");
    }
}

#[tokio::test]
async fn every_list_is_there_as_json() {
    let parent = with_agents().await;
    let data = parent.path().join("data");
    let setup: [&[&str]; 8] = [
        &["department", "add", "--name", "Kiln", "--description", "Pots"],
        &["department", "members", "--name", "Kiln", "--email", "hana@shop.example"],
        &["department", "disable", "--name", "Kiln"],
        &["hours", "set", "--time-zone", "Asia/Seoul", "--open", "mon,wed 09:00-18:00"],
        &["routing", "set", "--mode", "hybrid", "--chat-limit", "4", "--reassign-after", "off"],
        &["agent-routing", "--email", "hana@shop.example", "--skill", "glazes"],
        &["tag", "add", "--tag", "환불"],
        &["ban", "add", "--address", "192.0.2.1", "--reason", "Floods"],
    ];
    for words in setup {
        admin(&data, words, "").await.unwrap();
    }
    let kiln = json!({
        "id": 1, "name": "Kiln", "description": "Pots", "enabled": false,
        "members": ["hana@shop.example"],
    });
    assert_eq!(list(&data, &["department", "list"]).await, [kiln]);
    let hours = list(&data, &["hours", "list"]).await;
    let week = &hours[0]["week"];
    assert_eq!((&hours[0]["department"], &hours[0]["enabled"]), (&Value::Null, &json!(true)));
    assert_eq!((&week["mon"], &week["tue"]), (&json!(["09:00-18:00"]), &json!([])));
    assert!(hours[0]["open_now"].is_boolean() && hours[0]["until"].is_number(), "{}", hours[0]);
    let routing = list(&data, &["routing", "show"]).await.remove(0);
    assert_eq!(routing["routing"]["mode"], "hybrid");
    assert_eq!(routing["routing"]["chat_limit"]["chats"], 4);
    let hana = json!({ "email": "hana@shop.example", "skills": ["glazes"], "chat_limit": null });
    assert!(routing["agents"].as_array().unwrap().contains(&hana), "{routing}");
    let roles = list(&data, &["role", "list"]).await;
    assert_eq!(
        (&roles[0]["name"], &roles[0]["agents"]),
        (&json!("Owner"), &json!(["mina@shop.example"]))
    );
    assert_eq!(roles[2]["permissions"]["manage_bans"], "account");
    assert_eq!(list(&data, &["tag", "list"]).await, ["환불"]);
    let bans = list(&data, &["ban", "list", "--search", "flood"]).await;
    assert_eq!((bans.len(), &bans[0]["banned"]["address"]), (1, &json!("192.0.2.1")));
    assert_eq!(list(&data, &["ban", "list", "--search", "nobody"]).await, [] as [Value; 0]);
    assert_eq!(list(&data, &["tickets"]).await, [] as [Value; 0]);
    assert_eq!(admin(&data, &["rating"], "").await.unwrap(), "off");
    admin(&data, &["rating", "on"], "").await.unwrap();
    assert_eq!(admin(&data, &["rating"], "").await.unwrap(), "on");
}

#[tokio::test]
async fn domain_11_a_trigger_may_wait_for_each_of_the_three_events() {
    let parent = with_agents().await;
    let data = parent.path().join("data");
    let events = ["widget_loaded", "chat_requested", "chat_message_sent"];
    for on in events {
        let trigger = json!({
            "name": on, "enabled": true, "on": on,
            "actions": [{ "do": "say", "text": "Hi" }],
        });
        admin(&data, &["trigger", "put"], &trigger.to_string()).await.unwrap();
    }
    let all = list(&data, &["trigger", "list"]).await;
    for on in events {
        let put = all.iter().find(|trigger| trigger["name"] == on).unwrap();
        assert_eq!(put["on"], on);
        admin(&data, &["trigger", "put"], &put.to_string()).await.unwrap();
    }
    assert_eq!(list(&data, &["trigger", "list"]).await, all, "what was printed is what it was");
    let unknown = r#"{"name":"x","enabled":true,"on":"chat_ended","actions":[]}"#;
    let told = admin(&data, &["trigger", "put"], unknown).await.unwrap_err();
    assert!(told.contains("on is not right"), "{told}");
    for words in [["trigger", "enable"], ["trigger", "disable"], ["trigger", "remove"]] {
        let told = admin(&data, &[&words[..], &["--name", "y"]].concat(), "").await.unwrap_err();
        assert!(told.contains("there is no trigger \"y\""), "{told}");
    }
}

/// A line that a token opened, with everything before it.
async fn opened(url: &str, token: &str) -> Result<Socket, Rejection> {
    let mut socket = Socket::open(url).await;
    socket.send(&Agent::hello(token, Seq(0))).await;
    let told = socket.until(|frame: &ServerFrame| match frame {
        ServerFrame::CaughtUp { .. } => Some(Ok(())),
        ServerFrame::Rejected(why) => Some(Err(why.clone())),
        _ => None,
    });
    told.await.map(|()| socket)
}

#[tokio::test]
async fn a_service_that_runs_does_what_an_administrator_says_at_once() {
    let parent = with_agents().await;
    let data = parent.path().join("data");
    let (mut child, url) = serve(&data).await;
    let add = ["add-agent", "--name", "소라", "--email", "sora@shop.example"];
    let token = admin(&data, &add, "").await.unwrap();
    let mut sora = opened(&url, &token).await.unwrap();
    admin(&data, &["rename-agent", "--email", "sora@shop.example", "--name", "Sora"], "")
        .await
        .unwrap();
    sora.until(|frame: &ServerFrame| match frame {
        ServerFrame::Event { event, .. } => format!("{event:?}").contains("Sora").then_some(()),
        _ => None,
    })
    .await;

    let whom = ["--email", "sora@shop.example"];
    let revoke = [&["revoke-tokens"][..], &whom].concat();
    assert_eq!(admin(&data, &revoke, "").await.unwrap(), "1 tokens revoked");
    assert_eq!(rejection(&mut sora).await, Rejection::BadToken, "her line ends at once");
    let password = "moon jar and celadon";
    admin(&data, &[&["set-password"][..], &whom].concat(), password).await.unwrap();
    let signed_in = signs_in(&url, password).await.unwrap();
    let mut sora = opened(&url, &signed_in.token).await.unwrap();
    admin(&data, &[&["disable-agent"][..], &whom].concat(), "").await.unwrap();
    assert_eq!(rejection(&mut sora).await, Rejection::BadToken);
    assert_eq!(opened(&url, &signed_in.token).await.map(|_| ()), Err(Rejection::BadToken));
    assert_eq!(signs_in(&url, password).await.map(|_| ()), Err(401));
    admin(&data, &[&["enable-agent"][..], &whom].concat(), "").await.unwrap();
    assert_eq!(opened(&url, &signed_in.token).await.map(|_| ()), Err(Rejection::BadToken));
    assert!(signs_in(&url, password).await.is_ok());

    let shortcut = r#"{"name":"hi","message":"안녕하세요","scope":{"kind":"all"}}"#;
    let many = format!("{shortcut}\n").repeat(3);
    assert_eq!(admin(&data, &["shortcut", "load"], &many).await.unwrap(), "3 shortcuts");
    let told = admin(&data, &["ban", "add", "--address", "here"], "").await.unwrap_err();
    assert_eq!(told, "Error: \"here\" is no address");
    child.kill().await.unwrap();
    assert_eq!(
        admin(&data, &["rating"], "").await.unwrap(),
        "off",
        "what was left is no hindrance"
    );
}

/// The status where it is not well.
async fn signs_in(url: &str, password: &str) -> Result<SignedIn, u16> {
    // Nothing here is encrypted, but reqwest wants to know how it would be.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let email = "sora@shop.example".to_owned();
    let body = serde_json::to_string(&SignIn { email, password: password.to_owned() }).unwrap();
    let url = url.replace("ws://", "http://").replace("/agent", "/sign-in");
    let response = reqwest::Client::new().post(url).body(body).send().await.unwrap();
    let status = response.status().as_u16();
    if status != 200 {
        return Err(status);
    }
    Ok(serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

#[tokio::test]
async fn a_running_service_hears_nobody_who_does_not_know_its_word() {
    use std::os::unix::fs::PermissionsExt as _;
    use tokio::io::AsyncReadExt as _;
    let parent = with_agents().await;
    let data = parent.path().join("data");
    let (mut child, _) = serve(&data).await;
    let file = data.join("service.admin");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let found: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let (address, word) = (found["address"].as_str().unwrap(), found["word"].as_str().unwrap());
    assert!(address.starts_with("127.0.0.1:") && word.len() == 64, "{found}");
    let words = json!({ "words": ["admin", "list-agents", "--data", "x"], "input": "" });
    let serve_words = json!({ "words": ["serve", "--data", "x"], "input": "" });
    let said = |word: &str, wish: &Value| format!("{word}\n{wish}");
    let told = [
        (said("", &words), None),
        (said(&word[1..], &words), None),
        ("x".repeat(100_000), None),
        (format!("{word}\n{{"), None),
        (said(word, &serve_words), Some("only administrators' commands")),
        (said(word, &words), Some("mina@shop.example")),
    ];
    for (text, expected) in told {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        // Whoever is not heard is not read to the end either.
        let _ = stream.write_all(text.as_bytes()).await;
        let _ = stream.shutdown().await;
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        match expected {
            None => assert_eq!(answer, ""),
            Some(part) => assert!(answer.contains(part), "{answer}"),
        }
    }
    child.kill().await.unwrap();
}

#[tokio::test]
async fn domain_13_an_administrator_says_for_how_long_chats_are_kept() {
    let parent = with_agents().await;
    let data = parent.path().join("data");
    let forever = "chats are kept until somebody deletes them";
    assert_eq!(admin(&data, &["retention"], "").await.unwrap(), forever);
    let told = admin(&data, &["retention", "--days", "30"], "").await.unwrap();
    assert_eq!(told, "chats are kept for 30 days after their end");
    assert_eq!(admin(&data, &["retention"], "").await.unwrap(), told);
    assert!(
        admin(&data, &["retention", "--days", "0"], "").await.unwrap_err().contains("1 to 36500")
    );
    assert_eq!(admin(&data, &["retention", "--forever"], "").await.unwrap(), forever);
}
