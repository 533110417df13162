//! What a conversation is found by.
//!
//! Words of scripts that part them by blanks are found by their beginning; Korean, Chinese and
//! Japanese by any two characters that stand together, or by one, for a word of two syllables is
//! the rule there (design.md, "Search"). Upper and lower case do not matter.

use bellhop_model::{
    chat::LineBody,
    record::{Record, WholeRecord},
};

/// A run of characters of one sort.
#[derive(Debug, PartialEq, Eq)]
enum Run {
    Word(String),
    Syllables(Vec<char>),
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut open: Option<Run> = None;
    for c in text.chars().flat_map(char::to_lowercase) {
        match (&mut open, is_syllable(c), c.is_alphanumeric()) {
            (Some(Run::Syllables(run)), true, _) => run.push(c),
            (Some(Run::Word(run)), false, true) => run.push(c),
            (_, true, _) => runs.extend(open.replace(Run::Syllables(vec![c]))),
            (_, false, true) => runs.extend(open.replace(Run::Word(c.to_string()))),
            (_, false, false) => runs.extend(open.take()),
        }
    }
    runs.extend(open);
    runs
}

/// Of a script that is written without blanks, or whose words are shorter than a search.
fn is_syllable(c: char) -> bool {
    matches!(c,
        '\u{1100}'..='\u{11FF}' | '\u{3040}'..='\u{30FF}' | '\u{3130}'..='\u{318F}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

fn pairs(run: &[char]) -> impl Iterator<Item = String> {
    run.windows(2).map(String::from_iter)
}

/// What a text is found by, parted by blanks.
pub(crate) fn of(text: &str) -> String {
    let mut terms = Vec::new();
    for run in runs(text) {
        match run {
            Run::Word(word) => terms.push(word),
            Run::Syllables(run) => {
                terms.extend(pairs(&run));
                // The last one begins no pair, and is asked for alone.
                terms.extend(run.last().map(char::to_string));
            }
        }
    }
    terms.join(" ")
}

/// What a record is found by: everything that was said, and who, where and about what.
pub(crate) fn of_record(whole: &WholeRecord) -> String {
    let Record { visitor, tags, agents, department, .. } = &whole.record;
    let said = whole.transcript.iter().filter_map(|line| match &line.body {
        LineBody::Said { message } => Some(message.text.as_str()),
        LineBody::Transferred { note, .. } | LineBody::Invited { note, .. } => note.as_deref(),
        _ => None,
    });
    let about = [visitor.name.as_deref().unwrap_or_default(), &visitor.page.title]
        .into_iter()
        .chain([visitor.page.url.as_str(), &visitor.referrer])
        .chain(tags.iter().map(String::as_str))
        .chain(agents.iter().map(|agent| agent.name.as_str()))
        .chain(department.iter().map(|department| department.name.as_str()));
    let message = whole.message.iter().flat_map(|message| {
        let answers = message.answers.iter().map(|answer| answer.text.as_str());
        answers.chain([message.text.as_str(), message.email.as_str()])
    });
    let comment = whole.record.comment.as_deref();
    about.chain(said).chain(message).chain(comment).map(of).collect::<Vec<_>>().join(" ")
}

/// The question for full-text search; `None` where nothing in it is a word. Every term is quoted,
/// so that nothing typed is an operator.
pub(crate) fn query(text: &str) -> Option<String> {
    let terms: Vec<String> = runs(text)
        .into_iter()
        .map(|run| match run {
            Run::Word(word) => format!("\"{word}\"*"),
            Run::Syllables(run) if run.len() == 1 => format!("\"{}\"*", String::from_iter(run)),
            Run::Syllables(run) => format!("\"{}\"", pairs(&run).collect::<Vec<_>>().join(" ")),
        })
        .collect();
    (!terms.is_empty()).then(|| terms.join(" AND "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_and_syllables_come_in_pairs() {
        assert_eq!(of("Moon-jar, 달항아리 2개!"), "moon jar 달항 항아 아리 리 2 개");
        assert_eq!(of("  …  "), "");
        assert_eq!(of("ＡＢＣ Éclair"), "ａｂｃ éclair");
    }

    #[test]
    fn bad_input_nothing_that_is_typed_is_an_operator() {
        assert_eq!(query("moon OR \"jar").unwrap(), "\"moon\"* AND \"or\"* AND \"jar\"*");
        assert_eq!(
            query("NEAR(달항아리, 2)").unwrap(),
            "\"near\"* AND \"달항 항아 아리\" AND \"2\"*"
        );
        assert_eq!(query("달").unwrap(), "\"달\"*");
        assert_eq!(query("* - ^ : ()"), None);
    }
}
