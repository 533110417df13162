//! What visitors see of an agent (domain.md 1): name, tagline and a picture.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    Command, Fact, Seq, limits::AVATAR_BYTES, manage::Management, visitor_frame::VisitorLine,
    visitor_frame::VisitorServerFrame,
};
use common::{Agent, Visitor, agent, chat_of, key, service};
use image::{ImageFormat, RgbaImage};
use std::io::Cursor;

fn picture() -> Vec<u8> {
    let mut bytes = Vec::new();
    let red = RgbaImage::from_pixel(50, 50, image::Rgba([200, 30, 30, 255]));
    red.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes
}

#[tokio::test]
async fn domain_1_a_visitor_sees_the_name_the_tagline_and_the_picture_that_the_agent_set() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let token = agent(&running, "mina").await;
    let mut mina = Agent::connect(&running, &token).await;
    let wish = Management::SetProfile {
        display_name: Some("Mina K.".to_owned()),
        tagline: Some("Pots and tea".to_owned()),
    };
    mina.manages(wish).await;
    // Nothing here is encrypted, but reqwest wants to know how it would be.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::new();
    let url = format!("http://{}/avatar", running.addr());
    let send = |token: &str, body: Vec<u8>| {
        http.put(&url).header("authorization", format!("Bearer {token}")).body(body).send()
    };
    assert_eq!(send("nobody's", picture()).await.unwrap().status(), 401);
    assert_eq!(send(&token, b"GIF89a <script>".to_vec()).await.unwrap().status(), 415);
    assert_eq!(send(&token, vec![0; AVATAR_BYTES + 1]).await.unwrap().status(), 413);
    let page = http.put(&url).header("origin", "https://shop.example").body(picture());
    assert_eq!(page.send().await.unwrap().status(), 403);
    assert_eq!(send(&token, picture()).await.unwrap().status(), 200);
    let name = mina
        .event(|event| match &event.fact {
            Fact::AvatarChanged { name: Some(name), .. } => Some(name.clone()),
            _ => None,
        })
        .await;

    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("Hello").await;
    chat_of(&mina.command(Command::ServeNext).await);
    let joined = jun
        .until(|frame| match frame {
            VisitorServerFrame::Line { line, .. } => {
                matches!(line, VisitorLine::Joined { .. }).then(|| line.clone())
            }
            _ => None,
        })
        .await;
    let expected = VisitorLine::Joined {
        name: "Mina K.".to_owned(),
        tagline: Some("Pots and tea".to_owned()),
        avatar: Some(name.clone()),
    };
    assert_eq!(joined, expected);
    let served = http.get(format!("{url}/{name}")).send().await.unwrap();
    let headers = served.headers().clone();
    assert_eq!(headers["content-type"], "image/png");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    let bytes = served.bytes().await.unwrap();
    let drawn = image::load_from_memory_with_format(&bytes, ImageFormat::Png).unwrap();
    assert_eq!(drawn.width(), 100);
    assert_eq!(http.get(format!("{url}/nothing")).send().await.unwrap().status(), 404);

    // A program that was not here meanwhile is told of the picture, and not the picture.
    let later = Agent::connect(&running, &token).await;
    let told = serde_json::to_string(&later.events).unwrap();
    assert!(told.contains("avatar_changed") && !told.contains("89504e47"), "{told}");
    mina.manages(Management::RemoveAvatar).await;
    assert_eq!(http.get(format!("{url}/{name}")).send().await.unwrap().status(), 404);
    running.stop().await;
}

#[tokio::test]
async fn a_picture_is_there_after_a_restart_and_what_is_no_picture_counts_among_those_sent() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let token = agent(&running, "mina").await;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::new();
    let send = |url: String, body: Vec<u8>| {
        http.put(url).header("authorization", format!("Bearer {token}")).body(body).send()
    };
    let url = |addr: std::net::SocketAddr| format!("http://{addr}/avatar");
    let told = send(url(running.addr()), picture()).await.unwrap().text().await.unwrap();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let name = told["avatar"].as_str().unwrap().to_owned();
    for _ in 1..10 {
        let told = send(url(running.addr()), b"no picture".to_vec()).await.unwrap();
        assert_eq!(told.status(), 415);
    }
    let told = send(url(running.addr()), b"no picture".to_vec()).await.unwrap();
    assert_eq!(told.status(), 429);
    running.stop().await;
    let running = service(dir.path()).await;
    let served = http.get(format!("{}/{name}", url(running.addr()))).send().await.unwrap();
    assert_eq!(served.status(), 200);
    running.stop().await;
}
