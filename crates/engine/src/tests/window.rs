//! What the window is told besides chats.

use super::{
    desk::Desk,
    service::{SORA, visitor},
};
use bellhop_model::{
    Agent, Availability, Fact, PersonalSettings, VisitorProfile,
    live::{Live, Presence},
    people::Page,
    view::{Ask, NoticeBody, Patch},
};

#[test]
fn r_050_r_056_everybody_on_the_site_is_shown_as_they_come_move_and_go() {
    let (mut desk, chat) = Desk::in_chat();
    let jun = visitor("Jun");
    desk.service.live(vec![
        Live::VisitorHere { visitor: jun.clone() },
        Live::VisitorHere { visitor: visitor("Ana") },
    ]);
    desk.deliver();
    assert_eq!(desk.window.visitors.len(), 2);
    assert!(desk.chat(chat).head.visitor_here);
    let page =
        Page { url: "https://shop.example/cart".into(), title: "Cart".into(), ..Page::default() };
    let moved = VisitorProfile { page: page.clone(), ..jun.clone() };
    desk.service.live(vec![Live::VisitorHere { visitor: moved }]);
    desk.deliver();
    assert_eq!(desk.chat(chat).head.visitor.page, page);
    desk.service.live(vec![Live::VisitorGone { visitor_id: jun.id }]);
    desk.deliver();
    assert_eq!(desk.window.visitors.len(), 1);
    assert!(!desk.chat(chat).head.visitor_here);
}

#[test]
fn law_4_a_reset_of_the_live_lane_forgets_all_of_it_and_nothing_else() {
    let (mut desk, chat) = Desk::in_chat();
    desk.service.live(vec![
        Live::VisitorHere { visitor: visitor("Jun") },
        Live::VisitorHere { visitor: visitor("Ana") },
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
