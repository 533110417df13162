//! What the window is told besides chats.

use super::{
    desk::Desk,
    service::{SORA, visitor},
};
use bellhop_model::{
    Agent, Availability, ChatId, Command, Contact, Fact, PersonalSettings, VisitorProfile,
    live::{Live, Presence},
    people::{Origin, Page},
    view::{Ask, AskProblem, NoticeBody, Patch},
    visit::{Category, Visit},
};

fn here(visitor: VisitorProfile) -> Live {
    let visit = Visit { category: Category::Incoming, ..Visit::default() };
    Live::VisitorHere { visitor, visit }
}

#[test]
fn r_050_r_056_everybody_on_the_site_is_shown_as_they_come_move_and_go() {
    let (mut desk, chat) = Desk::in_chat();
    let jun = visitor("Jun");
    desk.service.live(vec![here(jun.clone()), here(visitor("Ana"))]);
    desk.deliver();
    assert_eq!(desk.window.visitors.len(), 2);
    assert!(desk.chat(chat).head.visitor_here);
    let page =
        Page { url: "https://shop.example/cart".into(), title: "Cart".into(), ..Page::default() };
    let moved = VisitorProfile { page: page.clone(), ..jun.clone() };
    desk.service.live(vec![here(moved)]);
    desk.deliver();
    assert_eq!(desk.chat(chat).head.visitor.page, page);
    desk.service.live(vec![Live::VisitorGone { visitor_id: jun.id }]);
    desk.deliver();
    assert_eq!(desk.window.visitors.len(), 1);
    assert!(!desk.chat(chat).head.visitor_here);
}

#[test]
fn r_054_a_chat_that_a_colleague_begins_is_no_request_and_rings_no_bell() {
    let mut desk = Desk::online();
    let (jun, chat_id) = (visitor("Jun"), ChatId(1));
    let (visitor, origin) = (jun.clone(), Origin::default());
    desk.service.append(Fact::ChatStarted { chat_id, visitor, agent_id: SORA, origin });
    desk.service.joins(chat_id, SORA);
    desk.deliver();
    assert_eq!((desk.window.requests().len(), desk.alerts.len()), (0, 0));
    assert!(desk.disk.chat(chat_id).is_some(), "it is in the history when it is over");
    desk.service.heartbeat();
    desk.deliver();
    assert!(desk.window.notices.is_empty(), "{:?}", desk.window.notices);
}

#[test]
fn r_054_the_agent_s_own_chat_is_in_front_of_her_with_what_she_said() {
    let mut desk = Desk::online();
    let command = Command::StartChat { visitor_id: visitor("Jun").id, text: "May I help?".into() };
    desk.service.visitors = vec![visitor("Jun")];
    desk.command(command).unwrap();
    desk.deliver();
    let chat = desk.window.chats.first().expect("the chat is shown").head.id;
    assert_eq!((desk.said(chat), &desk.focused[..]), (vec!["May I help?".to_owned()], &[chat][..]));
    desk.cut();
    let again = Command::StartChat { visitor_id: visitor("Ana").id, text: "May I help?".into() };
    assert_eq!(desk.command(again), Err(AskProblem::Offline), "who knows where Ana is later");
}

#[test]
fn r_063_what_colleagues_write_down_of_a_visitor_is_known_on_the_site_and_in_the_chat() {
    let (mut desk, chat) = Desk::in_chat();
    let jun = visitor("Jun");
    desk.service.live(vec![here(jun.clone())]);
    let contact = Contact {
        name: "Mr Park".into(),
        email: "jun@shop.example".into(),
        note: "Left-handed".into(),
        ..Contact::default()
    };
    let saved =
        |visitor_id| Fact::ContactSaved { visitor_id, agent_id: SORA, contact: contact.clone() };
    desk.service.append(saved(jun.id.clone()));
    desk.service.append(saved(visitor("Ana").id));
    desk.deliver();
    let head = &desk.chat(chat).head;
    assert_eq!((&head.visitor.contact, head.visitor.label().as_str()), (&contact, "Mr Park"));
    assert_eq!(desk.window.visitors[0].contact, contact);
    assert!(desk.window.notices.is_empty(), "{:?}", desk.window.notices);
    let stored = desk.disk.chat(chat).expect("the chat is stored");
    assert_eq!(stored.visitor.contact, contact, "and there after a restart, in the history too");

    // The live lane has all but the note.
    let shown = Contact { name: "Jun Park".into(), ..Contact::default() };
    desk.service.live(vec![here(VisitorProfile { contact: shown.clone(), ..jun })]);
    desk.deliver();
    let shown = Contact { note: contact.note, ..shown };
    assert_eq!(desk.chat(chat).head.visitor.contact, shown);
    assert_eq!(desk.window.visitors[0].contact, shown);
}

#[test]
fn law_4_a_reset_of_the_live_lane_forgets_all_of_it_and_nothing_else() {
    let (mut desk, chat) = Desk::in_chat();
    desk.service.live(vec![
        here(visitor("Jun")),
        here(visitor("Ana")),
        Live::AgentPresence {
            agent_id: SORA,
            presence: Presence::Online,
            outside_hours: None,
            at_limit: false,
        },
        Live::Unknown,
    ]);
    desk.deliver();
    assert_eq!(desk.window.colleagues[0].presence, Presence::Online);
    desk.service.visitors = vec![visitor("Ana")];
    desk.cut();
    desk.connect();
    let names: Vec<_> = desk.window.visitors.iter().map(VisitorProfile::label).collect();
    assert_eq!(names, ["Ana"]);
    assert!(!desk.chat(chat).head.visitor_here);
    assert_eq!(desk.window.colleagues[0].presence, Presence::Offline);
    assert_eq!(desk.said(chat), ["hello"]);
}

#[test]
fn colleagues_are_everybody_else() {
    let mut desk = Desk::online();
    desk.service.append(Fact::AvailabilitySet {
        agent_id: SORA,
        availability: Availability::Invisible,
        missed: None,
    });
    let agent = Agent {
        id: bellhop_model::AgentId(3),
        display_name: "Noor".into(),
        email: "noor@example.org".into(),
        availability: Availability::Away,
    };
    desk.service.append(Fact::AgentSaved { agent });
    desk.deliver();
    let shown: Vec<_> = desk
        .window
        .colleagues
        .iter()
        .map(|c| (c.agent.display_name.as_str(), c.agent.availability))
        .collect();
    assert_eq!(shown, [("Sora", Availability::Invisible), ("Noor", Availability::Away)]);
    desk.restart();
    assert_eq!(desk.window.colleagues.len(), 2);
}

#[test]
fn a_visitor_who_gives_a_name_is_shown_by_it() {
    let (mut desk, chat) = Desk::in_chat();
    desk.service.append(Fact::VisitorNamed { chat_id: chat, name: "Jun Park".into() });
    desk.deliver();
    assert_eq!(desk.chat(chat).head.visitor.label(), "Jun Park");
    desk.restart();
    assert_eq!(desk.chat(chat).head.visitor.label(), "Jun Park");
}

#[test]
fn r_013_settings_are_kept_and_told_at_once() {
    let mut desk = Desk::online();
    let settings = PersonalSettings { notify_requests: false, ..PersonalSettings::default() };
    desk.publications.clear();
    desk.ask(Ask::SaveSettings { settings: settings.clone() }).unwrap();
    assert_eq!(desk.publications.concat(), [Patch::Settings { settings: settings.clone() }]);
    desk.restart();
    assert_eq!(desk.window.settings, settings);
    desk.connect();
    desk.service.asks("Jun", "hello");
    desk.deliver();
    assert_eq!(desk.window.requests().len(), 1, "the request itself does not depend on them");
}

#[test]
fn notices_stay_until_they_are_dismissed() {
    let mut desk = Desk::online();
    desk.input(crate::Input::Notice { body: NoticeBody::NoTray });
    let id = desk.window.notices[0].id;
    desk.cut();
    desk.connect();
    assert_eq!(desk.window.notices.len(), 1);
    desk.ask(Ask::DismissNotice { id }).unwrap();
    assert!(desk.window.notices.is_empty());
}

#[test]
fn law_9_hostile_text_passes_through_as_it_is() {
    let mut desk = Desk::online();
    let words = "<img src=x onerror=alert(1)>\u{202E}\u{0}\n가";
    let chat = desk.service.asks("<b>Jun</b>", words);
    desk.deliver();
    assert_eq!(desk.said(chat), [words]);
    assert_eq!(desk.alerts[0].first_words, words);
}
