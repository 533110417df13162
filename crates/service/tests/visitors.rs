//! What agents do about visitors over real sockets, and what survives a restart.

#![allow(clippy::unwrap_used)]

mod common;

use bellhop_model::{
    Command, Contact, Extent, Fact, Permission, Refusal, Seq, VisitorId, VisitorProfile,
    ban::Banned,
    frame::{Outcome, Rejection, ServerFrame},
    limits::PATH_PAGES,
    listing::{Listing, Page as ListedPage},
    live::Live,
    manage::Management,
    people::Page,
    visit::{Category, KnownBy, Place, Step, Visit},
    visitor_frame::{VisitorChatState, VisitorClientFrame, VisitorLine, VisitorServerFrame},
};
use bellhop_service::{AdminWish, Running};
use common::{Agent, Socket, Visitor, agent, chat_of, config, key, service};
use std::collections::BTreeMap;

/// What the live lane says of this visitor next.
async fn seen(agent: &mut Agent, wanted: &VisitorId) -> VisitorProfile {
    shown(agent, wanted, |visitor, _| Some(visitor.clone())).await
}

/// Who asks for a chat.
fn requested(fact: &Fact) -> Option<VisitorProfile> {
    match fact {
        Fact::ChatRequested { visitor, .. } => Some(visitor.clone()),
        _ => None,
    }
}

#[tokio::test]
async fn r_063_contact_information_is_told_to_colleagues_and_stays_over_visits_and_restarts() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let tokens = [agent(&running, "mina").await, agent(&running, "hana").await];
    let mut mina = Agent::connect(&running, &tokens[0]).await;
    let mut hana = Agent::connect(&running, &tokens[1]).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    jun.says("Hello").await;
    let visitor_id = mina.event(|event| requested(&event.fact)).await.id;

    let wish = Management::SetContact {
        visitor_id: visitor_id.clone(),
        name: "Mr Park".to_owned(),
        email: "jun@example.com".to_owned(),
        phone: String::new(),
    };
    let note = "<b>Left-handed</b>".to_owned();
    let accepted = |outcome: Outcome| assert!(matches!(outcome, Outcome::Accepted { .. }));
    accepted(mina.manages(wish).await);
    accepted(
        mina.manages(Management::SetVisitorNote { visitor_id: visitor_id.clone(), note }).await,
    );
    let expected = Contact {
        name: "Mr Park".to_owned(),
        email: "jun@example.com".to_owned(),
        note: "<b>Left-handed</b>".to_owned(),
        ..Contact::default()
    };
    let saved = |fact: &Fact| match fact {
        Fact::ContactSaved { contact, .. } if *contact == expected => Some(()),
        _ => None,
    };
    hana.event(|event| saved(&event.fact)).await;
    let shown = Contact { note: String::new(), ..expected.clone() };
    assert_eq!(seen(&mut hana, &visitor_id).await.contact, shown, "the note was told before");
    let stranger = VisitorId("f".repeat(24));
    let nobody = Management::SetVisitorNote { visitor_id: stranger.clone(), note: "?".to_owned() };
    let refusal = Refusal::NoSuchVisitor { visitor_id: stranger };
    assert_eq!(mina.manages(nobody).await, Outcome::Refused { refusal });

    running.stop().await;
    let running = service(dir.path()).await;
    hana.reconnect(&running, &tokens[1]).await;
    let (mut jun, welcome) = Visitor::connect(&running, &key(1), Seq(0)).await;
    let told = serde_json::to_string(&welcome).unwrap();
    assert!(!told.contains("Park"), "what agents call a visitor is for agents alone: {told}");
    assert_eq!(seen(&mut hana, &visitor_id).await.contact, shown);
    jun.socket.send(&VisitorClientFrame::End { id: common::new_id() }).await;
    jun.until(|frame| matches!(frame, VisitorServerFrame::Taken { .. }).then_some(())).await;
    jun.says("Me again").await;
    let again = |fact: &Fact| requested(fact).filter(|visitor| !visitor.contact.is_empty());
    assert_eq!(hana.event(|event| again(&event.fact)).await.contact, expected);
    running.stop().await;
}

/// Everything this page is still told, until its line ends.
async fn told_last(visitor: &mut Visitor) -> Vec<VisitorServerFrame> {
    let mut told = Vec::new();
    while let Some(frame) = visitor.socket.next().await {
        told.push(frame);
    }
    told
}

#[tokio::test]
async fn domain_12_a_banned_visitor_is_told_that_chat_is_not_available_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let proxied = || bellhop_service::Config {
        trusted_proxies: vec!["127.0.0.1".parse().unwrap()],
        ..config(dir.path())
    };
    let running = bellhop_service::start(proxied()).await.unwrap();
    let token = agent(&running, "mina").await;
    let mut mina = Agent::connect(&running, &token).await;
    let mut jun = Visitor::connect_from(&running, "192.0.2.1", &key(1)).await.unwrap();
    let mut ara = Visitor::connect_from(&running, "192.0.2.1", &key(2)).await.unwrap();
    jun.says("The same link again").await;
    let chat_id = chat_of(&mina.command(Command::ServeNext).await);
    jun.until(|frame| match frame {
        VisitorServerFrame::State { chat: VisitorChatState::Served, .. } => Some(()),
        _ => None,
    })
    .await;
    let visitor_id = mina.event(|event| requested(&event.fact)).await.id;
    let ban = |address| Management::BanVisitor {
        visitor_id: visitor_id.clone(),
        reason: "Sends links".to_owned(),
        address,
    };
    assert!(matches!(mina.manages(ban(false)).await, Outcome::Accepted { .. }));
    let not_available = VisitorServerFrame::Rejected(Rejection::NotAvailable);
    assert_eq!(
        told_last(&mut jun).await,
        std::slice::from_ref(&not_available),
        "not even that the chat ended"
    );
    assert_eq!(mina.ping().await.open, 0);
    let left = |fact: &Fact| matches!(fact, Fact::ChatEnded { chat_id: id, .. } if *id == chat_id);
    mina.event(|event| left(&event.fact).then_some(())).await;
    let again = Visitor::connect_from(&running, "198.51.100.7", &key(1)).await;
    assert_eq!(again.map(|_| ()), Err(Rejection::NotAvailable), "the browser, wherever it is");
    ara.says("Who is innocent goes on").await;

    let address = "192.0.2.1".to_owned();
    let banned = Banned::Address { address: address.clone() };
    let wish = Management::BanAddress { address, reason: "Floods".to_owned() };
    assert!(matches!(mina.manages(wish).await, Outcome::Accepted { .. }));
    assert_eq!(told_last(&mut ara).await.last(), Some(&not_available));
    assert_eq!(bans(&mut mina, "flood").await, 1);
    assert_eq!(bans(&mut mina, "").await, 2);

    running.stop().await;
    let running = bellhop_service::start(proxied()).await.unwrap();
    mina.reconnect(&running, &token).await;
    let new = Visitor::connect_from(&running, "192.0.2.1", &key(3)).await;
    assert_eq!(new.map(|_| ()), Err(Rejection::NotAvailable), "everybody who comes from there");
    let here = |frame: &ServerFrame| match frame {
        ServerFrame::Live { values, .. } => {
            let here = values.iter().filter(|value| matches!(value, Live::VisitorHere { .. }));
            Some(here.count()).filter(|here| *here > 0)
        }
        _ => None,
    };
    assert!(matches!(mina.manages(Management::LiftBan { banned }).await, Outcome::Accepted { .. }));
    Visitor::connect_from(&running, "192.0.2.1", &key(3)).await.unwrap();
    assert_eq!(mina.until(here).await, 1, "the agents were shown nobody who was turned away");
    running.stop().await;
}

/// The next value of the live lane that says this of the visitor.
async fn shown<T>(
    agent: &mut Agent,
    wanted: &VisitorId,
    says: impl Fn(&VisitorProfile, &Visit) -> Option<T>,
) -> T {
    agent
        .until(|frame| match frame {
            ServerFrame::Live { values, .. } => values.iter().find_map(|value| match value {
                Live::VisitorHere { visitor, visit } if visitor.id == *wanted => {
                    says(visitor, visit)
                }
                _ => None,
            }),
            _ => None,
        })
        .await
}

async fn in_group(agent: &mut Agent, visitor: &VisitorId, category: Category) -> Visit {
    let says =
        |_: &VisitorProfile, visit: &Visit| (visit.category == category).then(|| visit.clone());
    shown(agent, visitor, says).await
}

/// The first visitor that the live lane shows from now on.
async fn newcomer(agent: &mut Agent) -> (VisitorId, Visit) {
    agent
        .until(|frame| match frame {
            ServerFrame::Live { values, .. } => values.iter().find_map(|value| match value {
                Live::VisitorHere { visitor, visit } => Some((visitor.id.clone(), visit.clone())),
                _ => None,
            }),
            _ => None,
        })
        .await
}

/// Where a visitor went in this visit.
async fn path(agent: &mut Agent, visitor: &VisitorId) -> Vec<Step> {
    match agent.list(Listing::Path { visitor_id: visitor.clone() }).await.page {
        ListedPage::Path { path } => path,
        other => panic!("{other:?}"),
    }
}

/// How many bans there are in which this stands.
async fn bans(agent: &mut Agent, search: &str) -> usize {
    match agent.list(Listing::Bans { search: search.to_owned(), before: None }).await.page {
        ListedPage::Bans { bans } => bans.len(),
        other => panic!("{other:?}"),
    }
}

fn page(number: usize) -> Page {
    Page {
        url: format!("https://shop.example/{number}"),
        title: format!("Page {number}"),
        ..Page::default()
    }
}

#[expect(clippy::too_many_lines, reason = "one visit from its beginning to its end")]
#[tokio::test]
async fn r_050_to_r_056_a_visitor_is_shown_with_path_and_group_as_they_come_move_and_idle() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    config.tuning.idle_after = std::time::Duration::from_secs(2);
    let running = bellhop_service::start(config).await.unwrap();
    let token = agent(&running, "mina").await;
    let mut mina = Agent::connect(&running, &token).await;
    let mut jun = Socket::open(&Visitor::url(&running)).await;
    let hello = serde_json::json!({
        "frame": "hello", "protocol": 1, "key": key(1), "cursor": 0, "language": "en-GB",
        "page": page(0), "time_zone": "Asia/Seoul", "visits": 3,
    });
    jun.send_text(hello.to_string()).await;
    let (jun_id, visit) = newcomer(&mut mina).await;
    assert_eq!((visit.place.country.as_str(), visit.place.known_by), ("KR", KnownBy::TimeZone));
    assert_eq!((visit.category, visit.visits, visit.chats), (Category::Active, 3, 0));
    for number in 1..=PATH_PAGES + 1 {
        jun.send(&VisitorClientFrame::Page { page: page(number) }).await;
    }
    jun.send(&VisitorClientFrame::Page {
        page: Page { title: "Renamed".into(), ..page(PATH_PAGES + 1) },
    })
    .await;
    let renamed = |visitor: &VisitorProfile, visit: &Visit| {
        (visitor.page.title == "Renamed").then_some(visit.pages as usize)
    };
    assert_eq!(shown(&mut mina, &jun_id, renamed).await, PATH_PAGES + 2, "a new title is no page");
    let walked = path(&mut mina, &jun_id).await;
    let titles: Vec<&str> = walked.iter().map(|step| step.page.title.as_str()).collect();
    assert_eq!(
        (walked.len(), titles[0], titles[PATH_PAGES - 1]),
        (PATH_PAGES, "Page 2", "Renamed")
    );
    assert!(walked.is_sorted_by_key(|step| step.at));

    in_group(&mut mina, &jun_id, Category::Idle).await;
    let retitled = |title: &str| Page { title: title.to_owned(), ..page(PATH_PAGES + 1) };
    jun.send(&VisitorClientFrame::Page { page: retitled("Two new messages") }).await;
    let is_called = |title: &'static str| {
        move |visitor: &VisitorProfile, visit: &Visit| {
            (visitor.page.title == title).then_some(visit.category)
        }
    };
    let category = shown(&mut mina, &jun_id, is_called("Two new messages")).await;
    assert_eq!(category, Category::Idle, "the page did that by itself");
    let mut tab = Socket::open(&Visitor::url(&running)).await;
    let hello = serde_json::json!({
        "frame": "hello", "protocol": 1, "key": key(1), "cursor": 0, "language": "en-GB",
        "page": retitled("Again"), "visits": 3,
    });
    tab.send_text(hello.to_string()).await;
    let category = shown(&mut mina, &jun_id, is_called("Again")).await;
    assert_eq!(category, Category::Idle, "a line that broke and came back");
    drop(tab);
    jun.send(&VisitorClientFrame::Active).await;
    in_group(&mut mina, &jun_id, Category::Active).await;
    jun.send(&VisitorClientFrame::Widget { open: true }).await;
    in_group(&mut mina, &jun_id, Category::ButtonClicked).await;
    let say = VisitorClientFrame::Say { id: common::new_id(), text: "Hello".to_owned() };
    jun.send(&say).await;
    assert_eq!(in_group(&mut mina, &jun_id, Category::Incoming).await.chats, 1);
    let chat_id = chat_of(&mina.command(Command::ServeNext).await);
    let visit = in_group(&mut mina, &jun_id, Category::Served).await;
    assert_eq!(visit.served_by.len(), 1);
    mina.command(Command::EndChat { chat_id }).await;
    in_group(&mut mina, &jun_id, Category::ButtonClicked).await;
    drop(jun);
    mina.until(|frame| match frame {
        ServerFrame::Live { values, .. } => {
            let gone = Live::VisitorGone { visitor_id: jun_id.clone() };
            values.contains(&gone).then_some(())
        }
        _ => None,
    })
    .await;
    assert_eq!(path(&mut mina, &jun_id).await, []);
    running.stop().await;
}

#[tokio::test]
async fn r_056_a_page_that_is_closed_with_the_chat_open_in_it_is_shown_while_another_is_open() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let token = agent(&running, "mina").await;
    let mut mina = Agent::connect(&running, &token).await;
    let (_jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    let (jun_id, _) = newcomer(&mut mina).await;
    let (mut tab, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    tab.socket.send(&VisitorClientFrame::Widget { open: true }).await;
    in_group(&mut mina, &jun_id, Category::ButtonClicked).await;
    drop(tab);
    in_group(&mut mina, &jun_id, Category::Active).await;
    running.stop().await;
}

#[tokio::test]
async fn domain_14_who_may_not_manage_bans_or_see_visitors_is_told_nothing_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let tokens = [agent(&running, "mina").await, agent(&running, "hana").await];
    let grants =
        vec![(Permission::ManageBans, Extent::None), (Permission::VisitorsSeen, Extent::None)];
    running.admin(AdminWish::PutRole { name: "Agent".to_owned(), grants }).await.unwrap();
    let mut mina = Agent::connect(&running, &tokens[0]).await;
    let mut hana = Agent::connect(&running, &tokens[1]).await;
    let (_jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    let (jun_id, _) = newcomer(&mut mina).await;
    assert_eq!(path(&mut mina, &jun_id).await.len(), 1);
    let not_hers = [
        (Listing::Path { visitor_id: jun_id.clone() }, Permission::VisitorsSeen),
        (Listing::Bans { search: String::new(), before: None }, Permission::ManageBans),
    ];
    for (list, permission) in not_hers {
        let refusal = Refusal::not_permitted(permission);
        assert_eq!(hana.list(list).await.page, ListedPage::Refused { refusal });
    }
    let address = "192.0.2.1".to_owned();
    let banned = Banned::Address { address: address.clone() };
    for wish in [
        Management::BanAddress { address, reason: "marmalade".to_owned() },
        Management::LiftBan { banned },
    ] {
        assert!(matches!(mina.manages(wish).await, Outcome::Accepted { .. }));
    }
    hana.ping().await;
    let later = Agent::connect(&running, &tokens[1]).await;
    for events in [&hana.events, &later.events] {
        let told = serde_json::to_string(events).unwrap();
        assert!(!told.contains("marmalade") && !told.contains("192.0.2.1"), "{told}");
        assert_eq!(events.iter().filter(|event| event.fact == Fact::BansChanged).count(), 2);
    }
    running.stop().await;
}

#[tokio::test]
async fn r_051_with_a_database_of_addresses_the_place_is_read_from_it() {
    let dir = tempfile::tempdir().unwrap();
    let geoip = dir.path().join("city.mmdb");
    let with = |geoip: &std::path::Path| bellhop_service::Config {
        trusted_proxies: vec!["127.0.0.1".parse().unwrap()],
        geoip: Some(geoip.to_owned()),
        ..config(dir.path())
    };
    let missing = bellhop_service::start(with(&geoip)).await.unwrap_err().to_string();
    assert!(missing.contains("city.mmdb"), "{missing}");
    std::fs::write(&geoip, b"not a database").unwrap();
    let wrong = bellhop_service::start(with(&geoip)).await.unwrap_err().to_string();
    assert!(wrong.contains("city.mmdb"), "{wrong}");
    std::fs::write(&geoip, common::mmdb::one_city()).unwrap();
    let running = bellhop_service::start(with(&geoip)).await.unwrap();
    let token = agent(&running, "mina").await;
    let mut mina = Agent::connect(&running, &token).await;
    let mut jun = Visitor::connect_from(&running, "192.0.2.77", &key(1)).await.unwrap();
    let (_, visit) = newcomer(&mut mina).await;
    let expected = Place {
        country: "KR".to_owned(),
        region: "Seoul".to_owned(),
        city: "Jongno-gu".to_owned(),
        known_by: KnownBy::Address,
    };
    assert_eq!(visit.place, expected);
    let _ara = Visitor::connect_from(&running, "198.51.100.1", &key(2)).await.unwrap();
    let (_, visit) = newcomer(&mut mina).await;
    assert_eq!((visit.place.country.as_str(), visit.place.known_by), ("GB", KnownBy::Language));
    jun.says("Hello").await;
    let asked = mina.event(|event| requested(&event.fact)).await;
    assert_eq!(asked.place, expected, "it is kept with the chat (domain.md 13)");
    running.stop().await;
}

#[tokio::test]
async fn r_054_r_055_a_visitor_is_shown_nothing_before_the_first_message_and_then_that_one() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let tokens = [agent(&running, "mina").await, agent(&running, "hana").await];
    let mut mina = Agent::connect(&running, &tokens[0]).await;
    let mut hana = Agent::connect(&running, &tokens[1]).await;
    let (mut jun, _) = Visitor::connect(&running, &key(1), Seq(0)).await;
    let (visitor_id, _) = newcomer(&mut mina).await;
    let start =
        |text: &str| Command::StartChat { visitor_id: visitor_id.clone(), text: text.to_owned() };
    let id = common::new_id();
    let outcome = mina.say_command(id, start("May I help with the cart?")).await;
    let chat_id = chat_of(&outcome);
    assert_eq!(mina.say_command(id, start("May I help with the cart?")).await, outcome, "once");
    let first = jun.frame().await;
    let chat = VisitorChatState::Served;
    let state = VisitorServerFrame::State { chat, staffed: true, open: true, opens_at: None };
    assert_eq!(first, state, "of the chat nothing was told before");
    let said = jun.until(|frame| match frame {
        VisitorServerFrame::Line { line: VisitorLine::Theirs { text, .. }, .. } => {
            Some(text.clone())
        }
        _ => None,
    });
    assert_eq!(said.await, "May I help with the cart?");
    let refusal = Refusal::VisitorInChat { chat_id };
    assert_eq!(hana.command(start("May I?")).await, Outcome::Refused { refusal });
    assert_eq!(hana.ping().await.waiting, 0, "a chat that an agent began is no request");
    jun.says("Yes, please").await;
    assert_eq!(mina.ping().await.open, 1);

    drop(jun);
    running.stop().await;
    let running = service(dir.path()).await;
    mina.reconnect(&running, &tokens[0]).await;
    assert_eq!(mina.digest.open, 1, "a restart changes nothing of it");
    let nobody = Refusal::VisitorNotHere;
    assert_eq!(mina.command(start("Still there?")).await, Outcome::Refused { refusal: nobody });
    running.stop().await;
}

/// The pages that visitors look at, as one agent is told them.
struct Onlooker {
    socket: Socket,
    pages: BTreeMap<VisitorId, String>,
}

impl Onlooker {
    async fn comes(running: &Running, token: &str) -> Self {
        let mut socket = Socket::open(&running.agent_url()).await;
        socket.send(&Agent::hello(token, Seq(0))).await;
        Self { socket, pages: BTreeMap::new() }
    }

    /// Reads on until these are the pages.
    async fn sees(&mut self, expected: &[String]) {
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        loop {
            let mut pages: Vec<_> = self.pages.values().cloned().collect();
            pages.sort_unstable();
            if pages == expected {
                return;
            }
            let frame: ServerFrame = self.socket.next().await.expect("a frame");
            let ServerFrame::Live { reset, values } = frame else { continue };
            if reset {
                self.pages.clear();
            }
            for value in values {
                match value {
                    Live::VisitorHere { visitor, .. } => {
                        self.pages.insert(visitor.id, visitor.page.url);
                    }
                    Live::VisitorGone { visitor_id } => drop(self.pages.remove(&visitor_id)),
                    _ => {}
                }
            }
        }
    }
}

#[tokio::test]
async fn r_056_agents_who_come_one_after_the_other_see_the_site_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let running = service(dir.path()).await;
    let token = agent(&running, "mina").await;
    let (mut site, mut visitors) = (Vec::new(), Vec::new());
    for number in 0..6 {
        visitors.push(Visitor::connect(&running, &key(number), Seq(0)).await.0);
        site.push("https://shop.example/pots".to_owned());
    }
    let mut onlookers: Vec<Onlooker> = Vec::new();
    for round in 0..5 {
        let url = format!("https://shop.example/{round}");
        let page = Page { url: url.clone(), ..Page::default() };
        visitors[round].socket.send(&VisitorClientFrame::Page { page }).await;
        site[round] = url;
        // The first changes were told to nobody; each who comes is told what those before were.
        if round > 0 {
            onlookers.push(Onlooker::comes(&running, &token).await);
        }
        for onlooker in &mut onlookers {
            onlooker.sees(&site).await;
        }
    }
    drop(visitors.pop());
    site.pop();
    for onlooker in &mut onlookers {
        onlooker.sees(&site).await;
    }
    Onlooker::comes(&running, &token).await.sees(&site).await;
    // While nobody looks, everybody goes but one.
    drop(onlookers);
    visitors.truncate(1);
    site.truncate(1);
    Onlooker::comes(&running, &token).await.sees(&site).await;
    running.stop().await;
}
