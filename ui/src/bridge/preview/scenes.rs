//! What the samples show, scene by scene.

use super::{
    ME,
    data::{By, MY_NAME, lines, message_id, visitor},
};
use crate::dates;
use By::{Me, Trigger, Visitor};
use bellhop_model::{
    Agent, AgentId, Availability, ChatId, ChatState, EndedBy, Refusal, Timestamp, TranscriptLine,
    chat::LineBody,
    history::HistoryEntry,
    limits,
    live::Presence,
    view::{
        ChatHead, ChatView, Colleague, Connection, ConnectionView, HistoryChat, LinkProblem,
        Notice, NoticeBody, PendingMessage, SendState, Stage, StuckProblem, View, WorkspaceView,
    },
};

const DELIVERY: &[(By, &str)] = &[
    (Visitor, "Hello! I ordered the oak side table on Monday, order 20418."),
    (
        Visitor,
        "The tracking page https://track.example/p/20418?lang=en has said “in preparation” for three days now.",
    ),
    (Trigger, "Thank you for writing. Somebody will be with you in a moment."),
    (Visitor, "Is it still coming this week?"),
    (Me, "@joined"),
    (Me, "Hi Jun, thank you for waiting. Let me look at your order."),
    (
        Me,
        "It left the workshop this morning. The carrier takes it over tonight, and it should reach you on Thursday between 9 and 12.",
    ),
    (Visitor, "Thursday works. Could they leave it with my neighbour?\nI am out until two."),
    (Me, "Of course. Which name should they ring?"),
    (
        Visitor,
        "Lindqvist, second floor. And can I still add the matching lamp to the same delivery?",
    ),
];

const KOREAN: &[(By, &str)] = &[
    (Visitor, "안녕하세요, 린넨 커튼 140×260 모래색 재입고는 언제쯤 될까요?"),
    (Trigger, "문의해 주셔서 감사합니다. 곧 상담사가 답변드립니다."),
    (Me, "@joined"),
    (Me, "안녕하세요! 확인해 보겠습니다. 잠시만 기다려 주세요."),
    (Visitor, "네, 감사합니다. 두 장이 필요해요."),
    (Me, "다음 주 화요일에 입고될 예정입니다. 원하시면 두 장을 미리 예약해 드릴 수 있어요."),
    (Visitor, "그럼 예약 부탁드려요. 결제는 지금 해야 하나요, 아니면 입고된 다음에 하면 되나요?"),
];

const QUESTION: &[(By, &str)] = &[
    (Visitor, "Do you ship to Norway? The checkout will not take my postcode."),
    (Trigger, "Thank you for writing. Somebody will be with you in a moment."),
];

const HOSTILE: &[(By, &str)] = &[
    (Visitor, "<img src=x onerror=alert(1)> <b>bold?</b> javascript:alert(1)"),
    (
        Visitor,
        "averyveryverylongwordthatdoesnotendaveryveryverylongwordthatdoesnotendaveryveryverylongwordthatdoesnotend",
    ),
];

/// The view of a scene.
pub(super) fn view(scene: &str, korean: bool) -> View {
    let now = dates::now();
    let mut view = base(korean);
    match scene {
        "starting" => view.stage = Stage::Starting,
        "choose" => view.stage = Stage::NeedsPassphrase { choose: true, wrong: false },
        "passphrase" => view.stage = Stage::NeedsPassphrase { choose: false, wrong: true },
        "stuck" => {
            view.stage = Stage::Stuck {
                problem: StuckProblem::CacheNewer {
                    path: "/home/mina/.local/share/bellhop/cache.db".to_owned(),
                    found: 7,
                    known: 3,
                },
            };
        }
        "empty" => return view,
        "crowd" => view.visitors = (0..3_000).map(|n| visitor(n, now)).collect(),
        _ => {}
    }
    if view.visitors.is_empty() {
        view.visitors = (0..17).map(|n| visitor(n, now)).collect();
    }
    view.visitors.sort_by(|a, b| a.id.cmp(&b.id));
    if matches!(scene, "idle") {
        return view;
    }
    view.chats = vec![request(11, 3, QUESTION, 42_000, now), request(12, 1, HOSTILE, 7_000, now)];
    if matches!(scene, "queue" | "taken") {
        return view;
    }
    let talk = if korean { KOREAN } else { DELIVERY };
    let (first, second) = if korean { (5, 0) } else { (0, 2) };
    let other = if korean { DELIVERY } else { KOREAN };
    view.chats.extend([
        served(3, first, talk, 80_000, now),
        served(5, second, &other[..other.len().min(7)], 205_000, now),
        served(8, 4, &KOREAN[..4], 15_000, now),
    ]);
    view.chats.sort_by_key(|c| c.head.id);
    dress(&mut view, scene, now);
    view
}

/// What makes a scene of three open chats its own.
fn dress(view: &mut View, scene: &str, now: Timestamp) {
    chat(view, 5).head.unread = 2;
    chat(view, 8).head.visitor_typing = true;
    match scene {
        "ended" => {
            let chat = chat(view, 3);
            chat.head.state = ChatState::Ended;
            chat.head.ended_by = Some(EndedBy::Visitor);
            chat.head.visitor_here = false;
            let seq = chat.lines.last().map(|l| l.seq.next()).unwrap_or_default();
            let body = LineBody::Ended { by: EndedBy::Visitor };
            chat.lines.push(TranscriptLine { seq, at: now.plus(-20_000), body });
        }
        "pending" => {
            let pending = |text: &str, state| PendingMessage {
                id: message_id(now),
                text: text.to_owned(),
                at: now,
                state,
            };
            let refusal = Refusal::TextTooLong { chars: 4_210, limit: limits::MESSAGE_CHARS };
            chat(view, 3).pending = vec![
                pending("One moment, I am asking the workshop.", SendState::Sending),
                pending("They say yes.", SendState::Queued),
                pending("Here is everything at once …", SendState::Failed { refusal }),
            ];
            view.notices.push(Notice { id: 1, at: now, body: NoticeBody::NoTray });
            let detail = "the service says 41 open, the view had 40".to_owned();
            view.notices.push(Notice { id: 2, at: now, body: NoticeBody::Resynced { detail } });
        }
        "offline" => {
            view.connection = ConnectionView {
                word: Connection::Offline,
                as_of: Some(now.plus(-190_000)),
                retry_at: Some(now.plus(12_000)),
                problem: Some(LinkProblem::Unreachable { detail: String::new() }),
                clock_skew_ms: 0,
            };
            view.visitors.clear();
        }
        "catching-up" => {
            view.connection.word = Connection::CatchingUp;
            view.connection.as_of = Some(now.plus(-190_000));
        }
        "long" => {
            let words: Vec<String> =
                (1..=5_000).map(|n| format!("Line {n}. {}", "word ".repeat(n % 23))).collect();
            let talk: Vec<(By, &str)> = words
                .iter()
                .enumerate()
                .map(|(n, text)| (if n % 3 == 0 { Me } else { Visitor }, text.as_str()))
                .collect();
            chat(view, 3).lines = lines(ChatId(3), &talk, now, 9_000, 37_000);
        }
        _ => {}
    }
}

fn chat(view: &mut View, id: u64) -> &mut ChatView {
    let at = view.chats.iter().position(|c| c.head.id.0 == id).unwrap_or_default();
    &mut view.chats[at]
}

fn base(korean: bool) -> View {
    let now = dates::now();
    let agent = |id, name: &str, email: &str| Agent {
        id: AgentId(id),
        display_name: name.to_owned(),
        email: email.to_owned(),
        availability: Availability::Online,
    };
    View {
        stage: Stage::Ready,
        me: Some(agent(ME.0, if korean { "서미나" } else { MY_NAME }, "mina@shop.example")),
        workspace: Some(WorkspaceView {
            name: "Maple & Pine".to_owned(),
            embedded: true,
            site_url: Some("http://127.0.0.1:43817/".to_owned()),
            had_chats: false,
        }),
        connection: ConnectionView {
            word: Connection::Online,
            as_of: Some(now),
            ..ConnectionView::default()
        },
        colleagues: vec![Colleague {
            agent: agent(2, "Sora", "sora@shop.example"),
            presence: Presence::Online,
        }],
        ..View::default()
    }
}

fn head(id: u64, who: usize, now: Timestamp) -> ChatHead {
    ChatHead {
        id: ChatId(id),
        visitor: visitor(who, now),
        state: ChatState::Waiting,
        mine: false,
        requested_at: now,
        waiting_since: now,
        came_back: false,
        agents: Vec::new(),
        tags: Vec::new(),
        ended_by: None,
        unread: 0,
        visitor_typing: false,
        unanswered_since: None,
        visitor_here: true,
    }
}

fn request(id: u64, who: usize, talk: &[(By, &str)], ago: i64, now: Timestamp) -> ChatView {
    let mut head = head(id, who, now);
    head.requested_at = now.plus(-ago);
    head.waiting_since = now.plus(-ago);
    head.unanswered_since = Some(now.plus(-ago));
    let lines = lines(head.id, talk, now, ago - 5_000, 5_000);
    ChatView { head, lines, pending: Vec::new(), draft: String::new() }
}

fn served(id: u64, who: usize, talk: &[(By, &str)], ago: i64, now: Timestamp) -> ChatView {
    let mut head = head(id, who, now);
    head.state = ChatState::Served;
    head.mine = true;
    head.agents = vec![ME];
    let lines = lines(head.id, talk, now, ago, 34_000);
    head.requested_at = lines.first().map_or(now, |l| l.at);
    let asked = matches!(talk.last(), Some((Visitor, _)));
    head.unanswered_since = asked.then(|| now.plus(-ago));
    ChatView { head, lines, pending: Vec::new(), draft: String::new() }
}

/// Ended chats, newest first.
pub(super) fn history(korean: bool) -> Vec<HistoryChat> {
    let now = dates::now();
    (0..75)
        .map(|n| {
            let talk = if (n % 2 == 0) == korean { KOREAN } else { DELIVERY };
            let missed = n % 9 == 4;
            let chat_id = ChatId(200 - n as u64);
            let ended_at = now.plus(-(n as i64 * 5_400_000 + 1_260_000));
            let visitor = visitor(n, ended_at);
            let mut lines = lines(chat_id, talk, ended_at, 4_000, 41_000);
            if missed {
                lines.truncate(1);
            }
            let by = if n % 3 == 0 { EndedBy::Visitor } else { EndedBy::Agent { agent_id: ME } };
            let seq = lines.last().map(|l| l.seq.next()).unwrap_or_default();
            lines.push(TranscriptLine { seq, at: ended_at, body: LineBody::Ended { by } });
            let tags: &[&str] = match n % 4 {
                0 => &["delivery"],
                2 => &["재입고", "curtains"],
                _ => &[],
            };
            HistoryChat {
                entry: HistoryEntry {
                    chat_id,
                    visitor: visitor.label(),
                    state: if missed { ChatState::Missed } else { ChatState::Ended },
                    requested_at: ended_at.plus(-400_000),
                    ended_at,
                    ended_by: Some(by),
                    agents: if missed { Vec::new() } else { vec![MY_NAME.to_owned()] },
                    tags: tags.iter().map(|t| (*t).to_owned()).collect(),
                    first_words: talk[0].1.to_owned(),
                    messages: if missed { 1 } else { talk.len() as u32 - 1 },
                },
                visitor,
                lines,
            }
        })
        .collect()
}
