//! What is said in the story, and in which order it must be found.

pub(super) const VISITOR: &str = "Jun";
pub(super) const QUESTION: &str = "Is the moon jar still in stock? 달항아리요.";
pub(super) const ANSWER: &str = "Hello Jun! Yes, two are left.";
pub(super) const KOREAN_FROM_VISITOR: &str = "네, 하나 주세요. 오늘 보내 주실 수 있나요?";
pub(super) const TWO_LINES: [&str; 2] = ["물론입니다!", "It leaves at five."];
pub(super) const WHILE_DOWN_AGENT: &str = "I have put it aside for you.";
pub(super) const WHILE_DOWN_VISITOR: &str = "Great — 감사합니다!";
pub(super) const HALF_WRITTEN: &str = "And if you ever";
pub(super) const TAG: &str = "moon-jar";

/// Every message in the order of the chat, the automatic one left out (its words are the
/// service's): who said it, and words that stand in no other.
pub(super) const SAID: [(&str, &str); 6] = [
    ("visitor", QUESTION),
    ("agent", ANSWER),
    ("visitor", KOREAN_FROM_VISITOR),
    ("agent", TWO_LINES[1]),
    ("agent", WHILE_DOWN_AGENT),
    ("visitor", WHILE_DOWN_VISITOR),
];
