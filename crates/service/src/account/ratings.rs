//! Chat ratings (domain.md 5): a visitor rates the chat they are in, or were in last.

use super::{Account, Granted, PastChat};
use bellhop_model::{
    AgentId, ChatId, Fact, Rating, Refusal, VisitorId,
    chat::LineBody,
    limits::{RATING_COMMENT_CHARS, RATINGS_PER_CHAT},
    refusal::FieldProblem,
};

impl Account {
    /// Chats can be rated.
    #[must_use]
    pub fn has_ratings(&self) -> bool {
        self.setup.ratings
    }

    /// An agent asks for a rating, where that is enabled.
    pub(super) fn request_rating(&self, agent: AgentId, id: ChatId) -> Result<Granted, Refusal> {
        if !self.has_ratings() {
            return Err(Refusal::RatingDisabled);
        }
        let chat = self.live_chat(id)?;
        if !chat.agents.contains(&agent) {
            return Err(Refusal::NotInChat);
        }
        let last = chat.transcript.last().map(|line| &line.body);
        if matches!(last, Some(LineBody::RatingRequested { agent_id, .. }) if *agent_id == agent) {
            return Ok(Granted::nothing(id));
        }
        Ok(Granted::one(id, Fact::RatingRequested { chat_id: id, agent_id: agent }))
    }

    /// The visitor rates the chat, also after its end, changes that or takes it back.
    pub(super) fn rate(
        &self,
        visitor: &VisitorId,
        rating: Option<Rating>,
        comment: Option<&str>,
    ) -> Result<Granted, Refusal> {
        if !self.has_ratings() {
            return Err(Refusal::RatingDisabled);
        }
        let comment = comment.map(str::trim).filter(|comment| !comment.is_empty());
        if comment.is_some() && rating.is_none() {
            return Err(Refusal::field("comment", FieldProblem::NotAllowed));
        }
        let chars = comment.map_or(0, |comment| comment.chars().count());
        if chars > RATING_COMMENT_CHARS {
            return Err(Refusal::TextTooLong { chars, limit: RATING_COMMENT_CHARS });
        }
        let id = *self.current.get(visitor).ok_or(Refusal::NothingToRate)?;
        let before = self.rated(id).ok_or(Refusal::NothingToRate)?;
        if (before.rating, before.comment.as_deref()) == (rating, comment) {
            return Ok(Granted::nothing(id));
        }
        if before.count >= RATINGS_PER_CHAT {
            return Err(Refusal::limit("ratings", RATINGS_PER_CHAT));
        }
        let comment = comment.map(ToOwned::to_owned);
        Ok(Granted::one(id, Fact::ChatRated { chat_id: id, rating, comment }))
    }

    /// What a chat that an agent has been in is rated, and how often it was.
    fn rated(&self, id: ChatId) -> Option<Rated> {
        if let Some(chat) = self.chats.get(&id) {
            let is_rating = |body: &LineBody| matches!(body, LineBody::Rated { .. });
            let count = chat.transcript.iter().filter(|line| is_rating(&line.body)).count();
            let now = chat.rating();
            let rating = now.map(|now| now.0);
            let comment = now.and_then(|now| now.1.map(ToOwned::to_owned));
            return chat.was_served().then_some(Rated { rating, comment, count });
        }
        let past = self.past.get(&id).filter(|past| !past.agents.is_empty())?;
        Some(Rated { rating: past.rating, comment: past.comment.clone(), count: past.ratings })
    }
}

/// The rating that counts, and how many there were.
#[derive(Debug)]
struct Rated {
    rating: Option<Rating>,
    comment: Option<String>,
    count: usize,
}

impl PastChat {
    /// The visitor rated it after its end.
    pub(super) fn rate(&mut self, rating: Option<Rating>, comment: Option<&String>) {
        self.rating = rating;
        self.comment = comment.cloned();
        self.ratings += 1;
    }
}

#[cfg(test)]
mod tests {
    use crate::account::{
        Account, AdminWish, Granted, VisitorWish,
        tests::{Desk, HANA, MINA, rules},
    };
    use bellhop_model::{
        ChatId, Command, Fact, Rating, Refusal, Seq, VisitorId,
        chat::LineBody,
        limits::{RATING_COMMENT_CHARS, RATINGS_PER_CHAT},
        refusal::FieldProblem,
        visitor_frame::VisitorLine,
    };
    use proptest::prelude::*;

    impl Desk {
        fn with_ratings() -> Self {
            let mut desk = Self::new();
            desk.admin(&AdminWish::SwitchRatings { enabled: true }).unwrap();
            desk
        }

        fn rates(
            &mut self,
            name: &str,
            rating: Option<Rating>,
            comment: Option<&str>,
        ) -> Result<Granted, Refusal> {
            let comment = comment.map(ToOwned::to_owned);
            self.visitor(name, &VisitorWish::Rate { rating, comment })
        }
    }

    #[test]
    fn r_028_ratings_are_off_until_they_are_enabled() {
        let mut desk = Desk::new();
        let chat_id = desk.says("jun", "Hello");
        desk.serve(MINA, chat_id);
        let ask = Command::RequestRating { chat_id };
        assert_eq!(desk.agent(MINA, ask.clone()), Err(Refusal::RatingDisabled));
        assert_eq!(desk.rates("jun", Some(Rating::Good), None), Err(Refusal::RatingDisabled));
        let on = AdminWish::SwitchRatings { enabled: true };
        assert_eq!((desk.admin(&on), desk.admin(&on)), (Ok(true), Ok(false)));
        assert_eq!(desk.agent(MINA, ask.clone()).unwrap().facts.len(), 1);
        assert_eq!(desk.agent(MINA, ask.clone()).unwrap().facts, [], "asked a moment ago");
        assert_eq!(desk.agent(HANA, ask), Err(Refusal::NotInChat));
        let sight = desk.account.visitor_sight(&VisitorId("jun".to_owned()), Seq(0));
        let asked = VisitorLine::RatingRequested { name: "Mina".to_owned() };
        assert_eq!(sight.lines.last().unwrap().line, asked);
    }

    #[test]
    fn domain_5_only_the_last_rating_and_comment_count_and_all_stay_in_the_transcript() {
        let mut desk = Desk::with_ratings();
        let nothing = Err(Refusal::NothingToRate);
        assert_eq!(desk.rates("jun", Some(Rating::Good), None), nothing);
        let chat_id = desk.says("jun", "Hello");
        assert_eq!(desk.rates("jun", Some(Rating::Good), None), nothing, "nobody has answered");
        desk.serve(MINA, chat_id);
        desk.rates("jun", Some(Rating::Good), None).unwrap();
        desk.rates("jun", Some(Rating::Good), Some(" Quick! ")).unwrap();
        let same = desk.rates("jun", Some(Rating::Good), Some("Quick!")).unwrap();
        assert_eq!(same.facts, []);
        let chat = |desk: &Desk| desk.account.chat(chat_id).unwrap().clone();
        assert_eq!(chat(&desk).rating(), Some((Rating::Good, Some("Quick!"))));
        desk.rates("jun", Some(Rating::Bad), None).unwrap();
        assert_eq!(chat(&desk).rating(), Some((Rating::Bad, None)), "the comment went with it");
        desk.rates("jun", None, None).unwrap();
        assert_eq!(chat(&desk).rating(), None);
        let lines = chat(&desk).transcript;
        let rated = lines.iter().filter(|line| matches!(line.body, LineBody::Rated { .. }));
        assert_eq!(rated.count(), 4);
        let alone = Refusal::field("comment", FieldProblem::NotAllowed);
        assert_eq!(desk.rates("jun", None, Some("so")), Err(alone));
        let long = "가".repeat(RATING_COMMENT_CHARS + 1);
        let too_long = Refusal::TextTooLong { chars: 1_001, limit: 1_000 };
        assert_eq!(desk.rates("jun", Some(Rating::Bad), Some(&long)), Err(too_long));
    }

    #[test]
    fn domain_5_a_chat_is_rated_after_its_end_too() {
        let mut desk = Desk::with_ratings();
        let chat_id = desk.says("jun", "Hello");
        desk.serve(MINA, chat_id);
        desk.ends("jun");
        desk.rates("jun", Some(Rating::Bad), Some("Slow")).unwrap();
        desk.agent(MINA, Command::EndChat { chat_id }).unwrap();
        desk.pass(0);
        assert_eq!(desk.account.chat(chat_id), None, "it belongs to the history");
        assert_eq!(desk.rates("jun", Some(Rating::Bad), Some("Slow")).unwrap().facts, []);
        let rated = desk.rates("jun", Some(Rating::Good), None).unwrap();
        let fact = Fact::ChatRated { chat_id, rating: Some(Rating::Good), comment: None };
        assert_eq!(rated.facts, [fact]);
        let next = desk.says("jun", "One more thing");
        assert_ne!(next, chat_id);
        assert_eq!(desk.rates("jun", None, None), Err(Refusal::NothingToRate), "a new chat");
    }

    #[test]
    fn domain_5_a_visitor_changes_a_rating_not_for_ever() {
        let mut desk = Desk::with_ratings();
        let chat_id = desk.says("jun", "Hello");
        desk.serve(MINA, chat_id);
        for round in 0..RATINGS_PER_CHAT {
            if round == RATINGS_PER_CHAT / 2 {
                desk.ends("jun");
                desk.agent(MINA, Command::EndChat { chat_id }).unwrap();
                desk.pass(0);
            }
            let rating = if round % 2 == 0 { Rating::Good } else { Rating::Bad };
            desk.rates("jun", Some(rating), None).unwrap();
        }
        let limit = Refusal::limit("ratings", RATINGS_PER_CHAT);
        assert_eq!(desk.rates("jun", None, None), Err(limit));
    }

    proptest! {
        /// Whatever a visitor rates and whenever the chat ends, the last one counts, and folding
        /// the journal anew comes to the same.
        #[test]
        fn domain_5_the_last_rating_counts_whenever_the_chat_ends(
            ratings in prop::collection::vec(
                (prop_oneof![Just(Some(Rating::Good)), Just(Some(Rating::Bad)), Just(None)], 0..3_u8),
                1..12,
            ),
            ends_after in 0..12_usize,
        ) {
            let mut desk = Desk::with_ratings();
            let chat_id = desk.says("jun", "Hello");
            desk.serve(MINA, chat_id);
            let mut last = (None, None);
            for (round, (rating, comment)) in ratings.into_iter().enumerate() {
                if round == ends_after {
                    desk.ends("jun");
                    desk.agent(MINA, Command::EndChat { chat_id }).unwrap();
                    desk.pass(0);
                }
                let comment = rating.and(comment.checked_sub(1)).map(|n| format!("comment {n}"));
                desk.rates("jun", rating, comment.as_deref()).unwrap();
                last = (rating, comment);
            }
            prop_assert_eq!(counts(&desk.account, chat_id), last.clone());
            let mut folded = Account::new(rules());
            for event in &desk.journal {
                folded.apply(event).unwrap();
            }
            prop_assert_eq!(counts(&folded, chat_id), last);
        }
    }

    fn counts(account: &Account, chat: ChatId) -> (Option<Rating>, Option<String>) {
        let rated = account.rated(chat).unwrap();
        (rated.rating, rated.comment)
    }
}
