use super::*;

/// How the other end behaves in a play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Team {
    /// Serves after 5 s and answers after 3 s.
    Answers,
    Nobody,
}

/// Plays a visit to its end; everything they did, with the time.
fn play(seed: u64, team: Team) -> Vec<(i64, Act)> {
    let mut visitor = Visitor::new("http://127.0.0.1:7410", Chance::new(seed), 1_000);
    let (mut acts, mut due) = (Vec::new(), Vec::<(i64, Seen)>::new());
    for _ in 0..10_000 {
        due.sort_by_key(|(at, _)| *at);
        let wake = visitor.wake_at();
        let Some(now) = wake.into_iter().chain(due.first().map(|(at, _)| *at)).min() else {
            return acts;
        };
        let told = if due.first().is_some_and(|(at, _)| *at <= now) {
            due.remove(0).1
        } else {
            Seen::Time
        };
        for act in visitor.handle(told, now) {
            match &act {
                Act::Open(_) => {
                    due.push((now, Seen::Welcomed { chat: visitor.chat, ratings: true }));
                }
                Act::Say(_) => {
                    due.push((now, Seen::Settled));
                    if visitor.chat == VisitorChatState::None {
                        due.push((now, Seen::State(VisitorChatState::Waiting)));
                    }
                    if team == Team::Answers {
                        due.push((now + 5_000, Seen::State(VisitorChatState::Served)));
                        due.push((now + 8_000, Seen::Answer("Yes.".to_owned())));
                    }
                }
                Act::Rate(..) => due.push((now, Seen::Settled)),
                Act::End => {
                    due.push((now, Seen::Settled));
                    due.push((now, Seen::State(VisitorChatState::Ended)));
                }
                _ => {}
            }
            acts.push((now, act));
        }
    }
    panic!("seed {seed} does not end: {acts:?}");
}

fn count(acts: &[(i64, Act)], wanted: impl Fn(&Act) -> bool) -> usize {
    acts.iter().filter(|(_, act)| wanted(act)).count()
}

#[test]
fn law_1_the_same_seed_and_the_same_sights_give_the_same_acts() {
    for seed in 0..50 {
        for team in [Team::Answers, Team::Nobody] {
            assert_eq!(play(seed, team), play(seed, team), "seed {seed}");
        }
    }
    assert_ne!(play(1, Team::Answers), play(2, Team::Answers));
}

#[test]
fn everybody_looks_around_asks_and_leaves_in_believable_time() {
    for seed in 0..300 {
        let acts = play(seed, Team::Answers);
        let (last, left) = acts.last().unwrap();
        assert_eq!(*left, Act::Depart, "seed {seed}");
        assert!((20_000..900_000).contains(last), "seed {seed}: {last}");
        let said = count(&acts, |act| matches!(act, Act::Say(_)));
        assert!((2..=5).contains(&said), "seed {seed}: {said}");
        assert!(matches!(acts[0].1, Act::Open(_)));
    }
}

#[test]
fn whoever_is_not_served_says_it_once_and_loses_patience() {
    for seed in 0..100 {
        let acts = play(seed, Team::Nobody);
        assert_eq!(count(&acts, |act| matches!(act, Act::Say(_))), 1, "seed {seed}");
        let asked = acts.iter().find(|(_, act)| matches!(act, Act::Say(_))).unwrap().0;
        let (left, _) = acts.last().unwrap();
        assert!((60_000..200_000).contains(&(left - asked)), "seed {seed}");
    }
}

#[test]
fn they_type_with_signs_reload_and_lose_the_line_and_come_back() {
    let all: Vec<_> = (0..100).flat_map(|seed| play(seed, Team::Answers)).collect();
    let signs = count(&all, |act| *act == Act::Typing(true));
    assert!(signs > count(&all, |act| *act == Act::Typing(false)));
    for wanted in [Act::Cut, Act::Shut, Act::End] {
        assert!(count(&all, |act| *act == wanted) > 5, "{wanted:?}");
    }
    let opened = count(&all, |act| matches!(act, Act::Open(_)));
    let lost = count(&all, |act| matches!(act, Act::Cut | Act::Shut));
    // A few are gone before the line would be back.
    assert!(opened > 100 && opened <= 100 + lost, "{opened} {lost}");
}

#[test]
fn some_rate_the_chat_by_themselves_and_more_when_they_are_asked() {
    let mut habits = [0; 3];
    for seed in 0..200 {
        let acts = play(seed, Team::Answers);
        let rated = count(&acts, |act| matches!(act, Act::Rate(..)));
        let who = Visitor::new("http://127.0.0.1:7410", Chance::new(seed), 0).who.rates;
        assert_eq!(rated, usize::from(who == Rates::ByThemselves), "seed {seed}");
        habits[who as usize] += 1;
        let nobody = play(seed, Team::Nobody);
        assert_eq!(count(&nobody, |act| matches!(act, Act::Rate(..))), 0, "seed {seed}");
    }
    assert!(habits.iter().all(|people| *people > 20), "{habits:?}");
    let asked = (0..).map(Chance::new).map(|chance| Visitor::new("http://x", chance, 0));
    let mut asked = asked.skip_while(|visitor| visitor.who.rates != Rates::Asked);
    let mut visitor = asked.next().unwrap();
    visitor.handle(Seen::AskedToRate, 0);
    assert_eq!(visitor.who.rates, Rates::ByThemselves);
}

#[test]
fn a_lost_line_is_opened_again_after_a_moment() {
    let mut visitor = Visitor::new("http://127.0.0.1:7410", Chance::new(4), 0);
    assert!(matches!(visitor.handle(Seen::Time, 0)[..], [Act::Open(_)]));
    assert_eq!(visitor.handle(Seen::Lost, 10), []);
    let again = visitor.wake_at().unwrap();
    assert!((10..=510).contains(&again), "{again}");
    assert!(matches!(visitor.handle(Seen::Time, again)[..], [Act::Open(_)]));
}

#[test]
fn at_closing_time_an_open_chat_is_ended_and_others_just_go() {
    let mut visitor = Visitor::new("http://127.0.0.1:7410", Chance::new(4), 0);
    visitor.handle(Seen::Time, 0);
    assert_eq!(visitor.handle(Seen::Closing, 5), [Act::Depart]);
    assert_eq!(visitor.wake_at(), None);
}
