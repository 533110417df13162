//! Files in chats over real HTTP (domain.md 15): what is taken and what is given.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    Command, FileKind, Seq,
    limits::{FILE_BYTES, FILE_NAME_CHARS},
    visitor_frame::{VisitorLine, VisitorServerFrame},
};
use bellhop_service::{AdminWish, Config, FileWish, Rate, start};
use common::{
    PATIENCE, Visitor, agent, config,
    files::{Hand, Sent, animated, files, id_of, picture, shelf, talk},
    key, new_id, service, tuning,
};
use image::ImageFormat;
use std::{path::Path, time::Instant};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, time};

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF\n";

#[tokio::test]
async fn domain_15_each_kind_goes_from_the_visitor_to_the_agent_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let mut talk = talk(&running).await;
    assert_eq!(talk.terms.extensions, ["gif", "jpeg", "jpg", "pdf", "png", "txt"]);
    assert_eq!(talk.terms.bytes, FILE_BYTES);
    let (png, jpeg) = (picture(ImageFormat::Png), picture(ImageFormat::Jpeg));
    let text = "달항아리, moon jar\n".as_bytes();
    for (sent, kind, media_type, how) in [
        (Sent::new("사진.png", "image/png", &png), FileKind::Png, "image/png", "inline"),
        (Sent::new("a b.JPG", "image/jpeg", &jpeg), FileKind::Jpeg, "image/jpeg", "inline"),
        (
            Sent::new("order.pdf", "application/pdf", PDF),
            FileKind::Pdf,
            "application/pdf",
            "attachment",
        ),
        (Sent::text("words.txt", text), FileKind::Text, "text/plain; charset=utf-8", "attachment"),
    ] {
        let message = talk.jun_sends(&sent).await;
        assert_eq!(message.text, sent.name.replace("JPG", "jpg"));
        let file = message.file.clone().unwrap();
        assert_eq!((file.kind, file.bytes), (kind, sent.bytes.len() as u64));
        assert_eq!(file.pixels.is_some(), kind.is_picture());
        let given = talk.of_mina.file(&file.id).await;
        assert_eq!((given.status, given.body.as_slice()), (200, sent.bytes));
        assert_eq!(given.header("content-type"), media_type);
        assert_eq!(given.header("x-content-type-options"), "nosniff");
        assert_eq!(given.header("cross-origin-resource-policy"), "cross-origin");
        assert!(given.header("content-security-policy").contains("sandbox"));
        assert!(given.header("cache-control").starts_with("private"));
        assert!(given.header("content-disposition").starts_with(how), "{kind:?}");
        assert_eq!(given.header("content-length"), sent.bytes.len().to_string());
    }
    assert_eq!(shelf(dir.path()).len(), 4);
    running.stop().await;
}

#[tokio::test]
async fn domain_15_an_animated_gif_becomes_a_png_of_its_first_frame() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let mut talk = talk(&running).await;
    let gif = animated();
    let message = talk.jun_sends(&Sent::new("cat.gif", "image/gif", &gif)).await;
    let file = message.file.clone().unwrap();
    assert_eq!((message.text.as_str(), file.kind), ("cat.png", FileKind::Png));
    assert_eq!(file.pixels, Some((40, 30)));
    let given = talk.of_mina.file(&file.id).await;
    assert_eq!(given.header("content-type"), "image/png");
    assert_eq!(given.body.len() as u64, file.bytes);
    let drawn = image::load_from_memory_with_format(&given.body, ImageFormat::Png).unwrap();
    let pixel = drawn.to_rgba8().get_pixel(20, 15).0;
    assert!(pixel[0] > 150 && pixel[2] < 50, "{pixel:?}");

    // One that says it is huge is not drawn, and nothing is left of it.
    let mut bomb = animated();
    bomb[6..10].copy_from_slice(&[0xff; 4]);
    let refused = talk.of_jun.put(&Sent::new("bomb.gif", "image/gif", &bomb)).await;
    assert_eq!(refused.code(), (422, "picture_too_large".to_owned()));
    assert_eq!(shelf(dir.path()).len(), 1);
    running.stop().await;
}

#[tokio::test]
async fn domain_15_an_agent_sends_a_file_and_the_visitor_opens_it_by_key_and_by_pass() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let mut talk = talk(&running).await;
    let png = picture(ImageFormat::Png);
    let sent = Sent::new("glaze.png", "image/png", &png).into_chat(talk.chat_id);
    talk.of_mina.sends(&sent).await;
    let seen = talk
        .jun
        .until(|frame| match frame {
            VisitorServerFrame::Line {
                line: VisitorLine::Theirs { name, text, file: Some(file), .. },
                ..
            } => Some((name.clone(), text.clone(), file.clone())),
            _ => None,
        })
        .await;
    assert_eq!((seen.0.as_str(), seen.1.as_str()), ("mina", "glaze.png"));
    assert_eq!(seen.2.pixels, Some((60, 40)));
    let id = &seen.2.id;
    assert_eq!(talk.of_jun.file(id).await.body, png);
    // An address alone, as an <img> has it.
    let pass = &talk.terms.pass;
    let nobody = Hand::with(running.addr(), String::new());
    let by_pass = nobody.get(&format!("/file/{id}?pass={pass}")).await;
    assert_eq!((by_pass.status, by_pass.body.as_slice()), (200, png.as_slice()));
    let spoilt = nobody.get(&format!("/file/{id}?pass={pass}0")).await;
    assert_eq!(spoilt.code(), (401, "bad_token".to_owned()));
    assert_eq!(nobody.file(id).await.code(), (401, "bad_token".to_owned()));

    // A pass is given again, and an agent gets one as well.
    for hand in [&talk.of_jun, &talk.of_mina] {
        let terms = hand.post("/file-pass").await.json();
        let pass = terms["pass"].as_str().unwrap();
        assert_eq!(nobody.get(&format!("/file/{id}?pass={pass}")).await.status, 200);
    }
    // Whoever comes later finds the file among the lines.
    let (mut again, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    again
        .until(|frame| match frame {
            VisitorServerFrame::Line { line: VisitorLine::Theirs { file, .. }, .. } => {
                file.as_ref().filter(|file| file.id == *id).map(|_| ())
            }
            _ => None,
        })
        .await;
    running.stop().await;
}

#[tokio::test]
async fn domain_15_where_name_type_and_content_do_not_agree_nothing_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let mut roomy = config(dir.path());
    roomy.tuning.files_per_sender.at_once = 100.0;
    let running = start(roomy).await.unwrap();
    let talk = talk(&running).await;
    let png = picture(ImageFormat::Png);
    let html = b"<html><script>alert(1)</script></html>";
    let differs = (422, "content_differs");
    let not_allowed = (415, "kind_not_allowed");
    for (sent, told) in [
        (Sent::new("a.pdf", "application/pdf", &png), differs),
        (Sent::new("a.png", "image/jpeg", &png), differs),
        (Sent::new("a.png", "", &png), differs),
        (Sent::new("a.png", "image/png", html), differs),
        (Sent::new("a.txt", "text/html", html), differs),
        (Sent::text("a.txt", b"one\0two"), differs),
        (Sent::text("a.txt", b"caf\xe9"), differs),
        (Sent::new("a.gif", "image/gif", b"GIF89a"), differs),
        (Sent::new("a.html", "text/html", html), not_allowed),
        (Sent::new("a.svg", "image/svg+xml", b"<svg/>"), not_allowed),
        (Sent::new("a.png.exe", "image/png", &png), not_allowed),
        (Sent::text("no extension", b"x"), not_allowed),
        (Sent::text(".txt", b"x"), not_allowed),
        (Sent::text("a.txt", b""), (422, "empty")),
    ] {
        let refused = talk.of_jun.put(&sent).await;
        assert_eq!(refused.code(), (told.0, told.1.to_owned()), "{} {}", sent.name, sent.kind);
    }
    assert_eq!(shelf(dir.path()).len(), 0);

    // A page that calls itself text is text, and no browser is told otherwise.
    let mut talk = talk;
    let message = talk.jun_sends(&Sent::text("page.txt", html)).await;
    let given = talk.of_mina.file(&id_of(&message)).await;
    assert_eq!(given.body, html);
    assert_eq!(given.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(given.header("x-content-type-options"), "nosniff");
    assert!(given.header("content-disposition").starts_with("attachment;"));
    running.stop().await;
}

#[tokio::test]
async fn domain_15_twenty_megabytes_are_taken_and_one_byte_more_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let mut talk = talk(&running).await;
    let mut long = vec![b'a'; FILE_BYTES as usize];
    let message = talk.jun_sends(&Sent::text("long.txt", &long)).await;
    assert_eq!(talk.of_mina.file(&id_of(&message)).await.body, long);
    long.push(b'a');
    let refused = talk.of_jun.put(&Sent::text("longer.txt", &long)).await;
    assert_eq!(refused.code(), (413, "too_large".to_owned()));
    assert_eq!(refused.json()["limit"], FILE_BYTES);
    assert_eq!(shelf(dir.path()).len(), 1);

    // Nor is it where nobody says beforehand how much it is.
    let (mut line, _) = begin_upload(&running.addr().to_string(), "longer.txt", "chunked").await;
    let mut sent = 0;
    while sent <= FILE_BYTES as usize {
        let part = vec![b'a'; 1024 * 1024];
        line.write_all(format!("{:x}\r\n", part.len()).as_bytes()).await.unwrap();
        line.write_all(&part).await.unwrap();
        line.write_all(b"\r\n").await.unwrap();
        sent += part.len();
    }
    line.write_all(b"0\r\n\r\n").await.unwrap();
    let told = read_some(&mut line).await;
    assert!(told.starts_with("HTTP/1.1 413") && told.contains("too_large"), "{told}");
    assert_eq!(shelf(dir.path()).len(), 1);
    running.stop().await;
}

/// The head of an upload over a bare connection; `length` may be "chunked".
async fn begin_upload(addr: &str, name: &str, length: &str) -> (TcpStream, String) {
    let mut line = TcpStream::connect(addr).await.unwrap();
    let framing = if length == "chunked" {
        "transfer-encoding: chunked".to_owned()
    } else {
        format!("content-length: {length}")
    };
    let id = new_id();
    let head = format!(
        "PUT /file/{id}?name={name} HTTP/1.1\r\nhost: {addr}\r\nauthorization: Visitor {}\r\n\
         content-type: text/plain\r\n{framing}\r\n\r\n",
        key(1)
    );
    line.write_all(head.as_bytes()).await.unwrap();
    (line, id.to_string())
}

/// What is answered first.
async fn read_some(line: &mut TcpStream) -> String {
    use tokio::io::AsyncReadExt as _;
    let mut told = Vec::new();
    let mut part = [0; 4096];
    while !told.ends_with(b"}") {
        let read = time::timeout(PATIENCE, line.read(&mut part)).await.unwrap().unwrap();
        assert!(read > 0, "the line ended after {}", String::from_utf8_lossy(&told));
        told.extend_from_slice(&part[..read]);
    }
    String::from_utf8(told).unwrap()
}

/// Waits until so many things lie there.
async fn wait_shelf(data: &Path, wanted: usize) {
    let begun = Instant::now();
    while shelf(data).len() != wanted {
        assert!(begun.elapsed() < PATIENCE, "{:?}", shelf(data));
        time::sleep(time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_upload_that_breaks_off_or_stalls_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let mut hasty = tuning();
    hasty.request_timeout = time::Duration::from_millis(300);
    let running = start(Config { tuning: hasty, ..config(dir.path()) }).await.unwrap();
    let mut talk = talk(&running).await;
    let addr = running.addr().to_string();
    let (mut line, _) = begin_upload(&addr, "a.txt", "1000000").await;
    line.write_all(&vec![b'a'; 100_000]).await.unwrap();
    wait_shelf(dir.path(), 1).await;
    drop(line);
    wait_shelf(dir.path(), 0).await;

    let (mut line, _) = begin_upload(&addr, "a.txt", "1000000").await;
    line.write_all(&vec![b'a'; 100_000]).await.unwrap();
    let told = read_some(&mut line).await;
    assert!(told.starts_with("HTTP/1.1 408") && told.contains("too_slow"), "{told}");
    wait_shelf(dir.path(), 0).await;

    // A service that stops does not wait for it either.
    let (mut line, _) = begin_upload(&addr, "a.txt", "1000000").await;
    line.write_all(&[b'a'; 1000]).await.unwrap();
    wait_shelf(dir.path(), 1).await;
    talk.mina.ping().await;
    assert_eq!(files(&talk.mina.events).len(), 0);
    running.stop().await;
    assert_eq!(shelf(dir.path()).len(), 0);
}

#[tokio::test]
async fn bad_input_a_hostile_name_is_one_plain_line_and_names_no_file_on_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let mut talk = talk(&running).await;
    let long = format!("{}.txt", "x".repeat(10_000));
    for (name, kept) in [
        ("../../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\boot.txt", "boot.txt"),
        ("invoice\u{202E}fdp.txt", "invoicefdp.txt"),
        ("a\r\nSet-Cookie: x=1.txt", "a Set-Cookie_ x=1.txt"),
        ("<img src=x onerror=alert(1)>.txt", "_img src=x onerror=alert(1)_.txt"),
        ("\"; filename=\"evil.exe\".txt", "_; filename=_evil.exe_.txt"),
        ("%2e%2e%2fa.txt", "_2e_2e_2fa.txt"),
        (&long, &format!("{}.txt", "x".repeat(FILE_NAME_CHARS - 4))),
    ] {
        let message = talk.jun_sends(&Sent::text(name, b"x")).await;
        assert_eq!(message.text, kept);
        let given = talk.of_mina.file(&id_of(&message)).await;
        let said = given.header("content-disposition");
        assert!(said.starts_with("attachment; filename=\""), "{said}");
        assert_eq!(said.matches('"').count(), 2, "{said}");
    }
    for path in shelf(dir.path()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
    }
    for path in ["/file/..%2f..%2fjournal.db", "/file/journal.db", "/file/"] {
        assert_eq!(talk.of_mina.get(path).await.status, 404, "{path}");
    }
    running.stop().await;
}

#[tokio::test]
async fn domain_15_switched_off_documents_are_refused_and_pictures_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let mut talk = talk(&running).await;
    let off = AdminWish::Files(FileWish::Switch { sending: false });
    running.admin(off).await.unwrap();
    let refused = talk.of_jun.put(&Sent::text("a.txt", b"x")).await;
    assert_eq!(refused.code(), (403, "sending_off".to_owned()));
    let refused = talk.of_mina.put(&Sent::text("a.txt", b"x").into_chat(talk.chat_id)).await;
    assert_eq!(refused.code(), (403, "sending_off".to_owned()));
    let png = picture(ImageFormat::Png);
    talk.jun_sends(&Sent::new("a.png", "image/png", &png)).await;
    let (_, welcome) = Visitor::connect(&running, &key(2), Seq(0)).await;
    let VisitorServerFrame::Welcome { files: Some(terms), .. } = welcome else { panic!() };
    assert_eq!(terms.extensions, ["gif", "jpeg", "jpg", "png"]);

    let on = AdminWish::Files(FileWish::Switch { sending: true });
    running.admin(on).await.unwrap();
    let allow = FileWish::Allow { extensions: vec!["docx".to_owned()] };
    running.admin(AdminWish::Files(allow)).await.unwrap();
    let zipped = Sent::new("a.docx", "application/vnd.openxmlformats", b"PK\x03\x04 and so on");
    let message = talk.jun_sends(&zipped).await;
    let given = talk.of_mina.file(&id_of(&message)).await;
    assert_eq!(given.header("content-type"), "application/octet-stream");
    assert!(given.header("content-disposition").starts_with("attachment;"));
    running.stop().await;
}

#[tokio::test]
async fn a_page_may_ask_whether_it_may_send_and_read_the_answer_and_no_page_is_an_agent() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let talk = talk(&running).await;
    let http = reqwest::Client::new();
    let origin =
        |request: reqwest::RequestBuilder| request.header("origin", "https://shop.example");
    let url = talk.of_jun.url("/file/019ac4b1-2b38-7c11-8a52-6f0e9d1c2b3a?name=a.txt");
    let asked = origin(http.request(reqwest::Method::OPTIONS, &url)).send().await.unwrap();
    assert_eq!(asked.status(), 204);
    assert_eq!(asked.headers()["access-control-allow-origin"], "*");
    assert!(asked.headers()["access-control-allow-methods"].to_str().unwrap().contains("PUT"));
    let allowed = asked.headers()["access-control-allow-headers"].to_str().unwrap();
    assert!(allowed.contains("authorization") && allowed.contains("content-type"));
    let sent = origin(talk.of_jun.putting(new_id(), &Sent::text("a.txt", b"x")));
    let answered = talk.of_jun.answer(sent).await;
    assert_eq!((answered.status, answered.header("access-control-allow-origin")), (200, "*"));
    let sent = Sent::text("a.txt", b"x").into_chat(talk.chat_id);
    let page = origin(talk.of_mina.putting(new_id(), &sent));
    let refused = talk.of_mina.answer(page).await;
    assert_eq!(refused.status, 403);
    assert_eq!(refused.header("access-control-allow-origin"), "");
    running.stop().await;
}

#[tokio::test]
async fn only_who_is_in_a_chat_sends_into_it_and_only_its_own_see_what_was_sent() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let hana = agent(&running, "hana").await;
    let mut talk = talk(&running).await;
    let message = talk.jun_sends(&Sent::text("a.txt", b"a secret")).await;
    let id = id_of(&message);
    let sora = Hand::of_visitor(running.addr(), &key(2));
    assert_eq!(sora.file(&id).await.code(), (404, "no_such_file".to_owned()));
    let sent = Sent::text("a.txt", b"x");
    assert_eq!(sora.put(&sent).await.code(), (409, "chat_ended".to_owned()), "she has no chat");
    let hana = Hand::of_agent(running.addr(), &hana);
    let into = sent.into_chat(talk.chat_id);
    assert_eq!(hana.put(&into).await.code(), (403, "not_in_chat".to_owned()));
    let nowhere = sent.into_chat(bellhop_model::ChatId(99));
    assert_eq!(hana.put(&nowhere).await.code(), (404, "no_such_chat".to_owned()));
    assert_eq!(hana.put(&sent).await.code(), (400, "bad_request".to_owned()), "into which chat?");
    assert_eq!(talk.of_jun.put(&into).await.code(), (400, "bad_request".to_owned()));
    for proof in
        ["", "Bearer nobody's", "Visitor short", "Visitor g0000000000000000000000000000000"]
    {
        let stranger = Hand::with(running.addr(), proof.to_owned());
        assert_eq!(stranger.put(&sent).await.code().0, 401, "{proof}");
        assert_eq!(stranger.file(&id).await.code().0, 401, "{proof}");
    }
    talk.mina.command(Command::EndChat { chat_id: talk.chat_id }).await;
    assert_eq!(talk.of_mina.put(&into).await.code(), (409, "chat_ended".to_owned()));
    assert_eq!(talk.of_mina.file(&id).await.body, b"a secret");
    assert_eq!(talk.of_jun.file(&id).await.body, b"a secret");
    assert_eq!(shelf(dir.path()).len(), 1);
    running.stop().await;
}

#[tokio::test]
async fn who_sends_too_many_files_waits() {
    let dir = tempfile::tempdir().unwrap();
    let mut narrow = config(dir.path());
    narrow.tuning.files_per_sender.at_once = 2.0;
    narrow.tuning.files_bytes = 12;
    let running = start(narrow).await.unwrap();
    let talk = talk(&running).await;
    let sent = Sent::text("a.txt", b"seven b");
    talk.of_jun.sends(&sent).await;
    let into = sent.into_chat(talk.chat_id);
    talk.of_mina.sends(&into).await;
    for full in [talk.of_mina.put(&into).await, talk.of_jun.put(&sent).await] {
        assert_eq!(full.code(), (409, "limit_reached".to_owned()), "there is no room for another");
    }
    running.stop().await;

    let mut narrow = config(dir.path());
    narrow.tuning.files_per_sender.at_once = 2.0;
    let running = start(narrow).await.unwrap();
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("Hello").await;
    let hand = Hand::of_visitor(running.addr(), &key(1));
    hand.sends(&sent).await;
    hand.sends(&sent).await;
    let refused = hand.put(&sent).await;
    assert_eq!(refused.code(), (429, "too_fast".to_owned()));
    assert!(!refused.header("retry-after").is_empty());
    running.stop().await;
}

#[tokio::test]
async fn limits_visitors_of_one_address_wait_with_the_next_upload_and_agents_do_not() {
    let dir = tempfile::tempdir().unwrap();
    let mut narrow = config(dir.path());
    narrow.tuning.loopback_is_limited = true;
    narrow.tuning.upload_bytes_per_address = Rate { at_once: 1_000.0, per_second: 0.001 };
    let running = start(narrow).await.unwrap();
    let talk = talk(&running).await;
    let many = vec![b'x'; 1_500];
    let sent = Sent::text("a.txt", &many);
    talk.of_jun.sends(&sent).await;
    let (mut ara, _) = Visitor::connect(&running, &key(9), Seq(0)).await;
    ara.says("Hello").await;
    let other = Hand::of_visitor(running.addr(), &key(9));
    for hand in [&talk.of_jun, &other] {
        let refused = hand.put(&sent).await;
        assert_eq!(refused.code(), (429, "too_fast".to_owned()));
        let retry = refused.header("retry-after").parse::<u64>().unwrap();
        assert!((400_000..=500_000).contains(&retry), "500 bytes too many: {retry} s");
    }
    talk.of_mina.sends(&sent.into_chat(talk.chat_id)).await;
    running.stop().await;
}
