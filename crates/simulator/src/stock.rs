//! What the scripted people say, and where they go: conversations and the demonstration shop.
//!
//! Visitors and colleagues have the stock in common: a colleague knows her answer by the question.
//! Invariant: no question stands in it twice.

mod english;
mod korean;
mod shop;

pub use shop::{REFERRERS, Stop, USER_AGENTS, page};

use bellhop_model::Rating;

/// A language the scripted people speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    Korean,
    English,
}

impl Language {
    /// As a page says it.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Korean => "ko",
            Self::English => "en",
        }
    }

    /// As a browser says it.
    #[must_use]
    pub fn browser(self) -> &'static str {
        match self {
            Self::Korean => "ko-KR",
            Self::English => "en-GB",
        }
    }

    /// Milliseconds at the keyboard for a character: a Korean syllable is two or three keys.
    #[must_use]
    pub fn key_ms(self) -> i64 {
        match self {
            Self::Korean => 260,
            Self::English => 120,
        }
    }

    /// Milliseconds for reading a character.
    #[must_use]
    pub fn reading_ms(self) -> i64 {
        match self {
            Self::Korean => 70,
            Self::English => 35,
        }
    }

    #[must_use]
    pub fn talks(self) -> &'static [Talk] {
        match self {
            Self::Korean => korean::TALKS,
            Self::English => english::TALKS,
        }
    }

    #[must_use]
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Korean => &["김서연", "이준호", "박민지", "최도윤", "정하은", "한지우", "오세훈"],
            Self::English => &["Alice", "Tom", "Priya", "Noah", "Greta", "Sam", "Ines"],
        }
    }

    /// What a visitor says who was left and has one thing more to ask, and the answer.
    #[must_use]
    pub fn afterthought(self) -> (&'static str, &'static str) {
        match self {
            Self::Korean => (
                "아, 하나만 더요. 선물 포장도 되나요?",
                "네, 보자기 포장이 무료입니다. 주문서에 \"선물\"이라고 적어 주세요.",
            ),
            Self::English => (
                "Oh, one more thing: do you wrap gifts?",
                "We do, in cloth, and it costs nothing. Write \"gift\" on the order.",
            ),
        }
    }

    /// Why a visitor was content with a chat, or was not.
    #[must_use]
    pub fn opinions(self, rating: Rating) -> &'static [&'static str] {
        match (self, rating) {
            (Self::Korean, Rating::Good) => {
                &["친절하고 빨랐어요", "설명이 자세해서 좋았습니다", "덕분에 바로 해결됐어요!"]
            }
            (Self::Korean, Rating::Bad) => &["답이 조금 늦었어요", "물어본 것과 다른 답이었어요"],
            (Self::English, Rating::Good) => {
                &["Quick and kind.", "Exactly what I needed to know", "Lovely people!"]
            }
            (Self::English, Rating::Bad) => &["I had to wait a while", "That was not my question"],
        }
    }

    /// What is asked of somebody whose question is not in the stock.
    #[must_use]
    pub fn unsure(self) -> &'static str {
        match self {
            Self::Korean => "조금만 더 자세히 말씀해 주시겠어요?",
            Self::English => "Could you tell me a little more about that?",
        }
    }

    /// The language of a text: a Hangul syllable decides.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let hangul = |c: char| ('\u{ac00}'..='\u{d7a3}').contains(&c);
        if text.chars().any(hangul) { Self::Korean } else { Self::English }
    }
}

/// A conversation: what the visitor says and what is answered, in turn.
#[derive(Debug)]
pub struct Talk {
    /// The tag a colleague gives it.
    pub tag: &'static str,
    /// Where in the shop it comes up.
    pub page: Stop,
    pub turns: &'static [(&'static str, &'static str)],
}

/// The answer the stock has to what a visitor said, the tag of its conversation, and whether the
/// conversation is over with it.
#[must_use]
pub fn answer(said: &str) -> Option<(&'static str, Option<&'static str>, bool)> {
    let language = Language::of(said);
    let (question, after) = language.afterthought();
    if said == question {
        return Some((after, None, true));
    }
    language.talks().iter().find_map(|talk| {
        let turn = talk.turns.iter().position(|(question, _)| *question == said)?;
        Some((talk.turns[turn].1, Some(talk.tag), turn + 1 == talk.turns.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellhop_model::rules;
    use std::collections::BTreeSet;

    #[test]
    fn each_language_has_twelve_conversations_and_no_question_stands_twice() {
        let mut questions = BTreeSet::new();
        for language in [Language::Korean, Language::English] {
            assert!(language.talks().len() >= 12);
            for talk in language.talks() {
                assert!(rules::check_tag(talk.tag).is_ok(), "{}", talk.tag);
                assert!(talk.turns.len() >= 2, "{}", talk.tag);
                for (question, reply) in talk.turns {
                    assert!(questions.insert(*question), "{question}");
                    assert_eq!(Language::of(question), language, "{question}");
                    assert!(rules::check_text(question).and(rules::check_text(reply)).is_ok());
                    assert_eq!(answer(question).map(|found| found.0), Some(*reply));
                }
            }
            assert!(answer(language.afterthought().0).is_some());
        }
        assert_eq!(answer("xyzzy"), None);
    }
}
