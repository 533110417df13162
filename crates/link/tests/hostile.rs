//! The connector against services that are not what they should be: each ends in a message that
//! says what was wrong, and never in a crash or in memory without end (reliability.md R6, S11).

use bellhop_link::{BellhopService, ChatService, Line, LinkProblem, ServiceAddress};
use bellhop_model::{
    Seq,
    frame::{ClientFrame, Rejection, ServerFrame},
};
use futures_util::{SinkExt, StreamExt};
use std::{future::Future, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, accept_async,
    tungstenite::{
        Message,
        protocol::frame::{
            Frame,
            coding::{Data, OpCode},
        },
    },
};

type Socket = WebSocketStream<TcpStream>;

/// Serves one connection in this way.
async fn serve<F: Future<Output = ()> + Send>(
    how: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on loopback");
    let addr = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        how(stream).await;
    });
    addr
}

/// Serves one WebSocket, says this and waits for the client to go.
async fn say(messages: Vec<Message>) -> SocketAddr {
    serve(|stream| async move {
        let mut socket: Socket = accept_async(stream).await.expect("a WebSocket");
        for message in messages {
            if socket.send(message).await.is_err() {
                return;
            }
        }
        while let Some(Ok(_)) = socket.next().await {}
    })
    .await
}

/// Answers the handshake with these bytes.
async fn answer(bytes: &'static [u8]) -> SocketAddr {
    serve(move |mut stream| async move {
        let mut request = [0; 4_096];
        let _ = stream.read(&mut request).await;
        let _ = stream.write_all(bytes).await;
    })
    .await
}

async fn connect(addr: SocketAddr) -> Result<Line, LinkProblem> {
    let url = format!("ws://{addr}/agent").parse().expect("a URL");
    BellhopService::new(ServiceAddress { url }).connect().await
}

async fn first_of(messages: Vec<Message>) -> Result<ServerFrame, LinkProblem> {
    let mut line = connect(say(messages).await).await.expect("a line");
    timeout(Duration::from_secs(20), line.recv()).await.expect("it says something")
}

async fn bad_frame(messages: Vec<Message>) -> String {
    match first_of(messages).await {
        Err(LinkProblem::BadFrame { detail }) => detail,
        other => panic!("{other:?}"),
    }
}

fn raw(bytes: Vec<u8>) -> Message {
    Message::Frame(Frame::message(bytes, OpCode::Data(Data::Text), true))
}

#[tokio::test]
async fn frames_go_both_ways() {
    let addr = serve(|stream| async move {
        let mut socket: Socket = accept_async(stream).await.expect("a WebSocket");
        let hello = socket.next().await.expect("a frame").expect("no error");
        let hello = hello.into_text().expect("text");
        assert!(hello.starts_with(r#"{"frame":"hello","protocol":1,"token":"t","#), "{hello}");
        let rejected = Message::text(r#"{"frame":"rejected","code":"bad_token"}"#);
        socket.send(rejected).await.expect("sent");
        socket.close(None).await.expect("closed");
    })
    .await;
    let mut line = connect(addr).await.expect("a line");
    let hello = ClientFrame::Hello {
        protocol: 1,
        token: "t".into(),
        cursor: Seq(0),
        client: "test".into(),
    };
    line.send(hello).await.expect("sent");
    assert_eq!(line.recv().await, Ok(ServerFrame::Rejected(Rejection::BadToken)));
    assert!(matches!(line.recv().await, Err(LinkProblem::Closed { .. })));
}

#[tokio::test]
async fn r6_a_frame_of_ten_mebibytes_is_not_read() {
    let detail = bad_frame(vec![Message::text("x".repeat(10 << 20))]).await;
    assert!(detail.contains("1048576 are allowed"), "{detail}");
}

#[tokio::test]
async fn r6_a_frame_of_many_pieces_is_not_gathered_without_end() {
    let piece = |opcode| Frame::message(vec![b'x'; 300_000], OpCode::Data(opcode), false);
    let pieces = std::iter::once(Data::Text).chain(std::iter::repeat_n(Data::Continue, 9));
    let detail = bad_frame(pieces.map(|opcode| Message::Frame(piece(opcode))).collect()).await;
    assert!(detail.contains("1048576 are allowed"), "{detail}");
}

#[tokio::test]
async fn r6_a_frame_nested_ten_thousand_deep_is_named() {
    let deep = format!(r#"{{"frame":"x","a":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let detail = bad_frame(vec![Message::text(deep)]).await;
    assert!(detail.starts_with("it is nested deeper than 128 levels"), "{detail}");
}

#[tokio::test]
async fn r6_text_that_is_not_utf_8_is_named() {
    let detail = bad_frame(vec![raw(b"{\"frame\":\"\xFF\xFE\"}".to_vec())]).await;
    assert_eq!(detail, "text that is not UTF-8");
}

#[rstest::rstest]
#[case(Message::binary(vec![1, 2, 3]), "a binary message of 3 bytes")]
#[case(Message::text("hello"), "it is not JSON")]
#[case(Message::text("{}"), "missing field `frame`")]
#[case(Message::text(r#"{"frame":"event","prev":1}"#), "missing field `event`")]
#[tokio::test]
async fn what_is_not_our_language_is_named(#[case] message: Message, #[case] expected: &str) {
    let detail = bad_frame(vec![message]).await;
    assert!(detail.starts_with(expected), "{detail}");
}

#[rstest::rstest]
#[case(Message::text(r#"{"frame":"weather","sun":1}"#))]
#[case(Message::Ping(vec![1].into()))]
#[case(Message::Pong(vec![].into()))]
#[tokio::test]
async fn anything_else_is_a_sign_of_life(#[case] message: Message) {
    assert_eq!(first_of(vec![message]).await, Ok(ServerFrame::Unknown));
}

#[rstest::rstest]
#[case(
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>",
    "HTTP 200"
)]
#[case(
    b"HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n",
    "HTTP 302"
)]
#[case(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "HTTP 401")]
#[case(b"SSH-2.0-OpenSSH_9.2p1\r\n", "")]
#[tokio::test]
async fn i5_what_is_no_chat_service_is_called_so(
    #[case] bytes: &'static [u8],
    #[case] expected: &str,
) {
    match connect(answer(bytes).await).await {
        Err(LinkProblem::BadFrame { detail }) => {
            assert!(detail.starts_with("this is not a chat service"), "{detail}");
            assert!(detail.contains(expected), "{detail}");
        }
        other => panic!("{other:?}"),
    }
}

#[rstest::rstest]
#[case(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "503")]
#[case(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n", "429")]
#[case(b"", "closed the line during the handshake")]
#[tokio::test]
async fn i5_a_service_that_is_not_ready_is_unreachable(
    #[case] bytes: &'static [u8],
    #[case] expected: &str,
) {
    match connect(answer(bytes).await).await {
        Err(LinkProblem::Unreachable { detail }) => assert!(detail.contains(expected), "{detail}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nobody_at_the_address_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("its address");
    drop(listener);
    match connect(addr).await {
        Err(LinkProblem::Unreachable { detail }) => assert!(detail.contains("refused"), "{detail}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn r5_somebody_who_never_answers_is_given_up_after_ten_seconds() {
    let addr = serve(|stream| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    })
    .await;
    match connect(addr).await {
        Err(LinkProblem::Unreachable { detail }) => assert_eq!(detail, "no answer within 10 s"),
        other => panic!("{other:?}"),
    }
}
