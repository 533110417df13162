use super::*;
use fluent_syntax::{
    ast::{Entry, Expression, InlineExpression, Pattern, PatternElement},
    parser,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// The ids of a locale, each with the arguments it uses.
fn ids(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let resource = parser::parse(source).expect("the locale can be read");
    let messages = resource.body.into_iter().filter_map(|entry| match entry {
        Entry::Message(message) => Some(message),
        Entry::Junk { content } => panic!("not Fluent: {content}"),
        _ => None,
    });
    let mut all = BTreeMap::new();
    for message in messages {
        let mut args = BTreeSet::new();
        variables(message.value.as_ref().expect("every id says something"), &mut args);
        let before = all.insert(message.id.name.to_owned(), args);
        assert!(before.is_none(), "{} is there twice", message.id.name);
    }
    all
}

fn variables(pattern: &Pattern<&str>, found: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        let inline = match expression {
            Expression::Inline(inline) => inline,
            Expression::Select { selector, variants } => {
                for variant in variants {
                    variables(&variant.value, found);
                }
                selector
            }
        };
        if let InlineExpression::VariableReference { id } = inline {
            found.insert(id.name.to_owned());
        }
    }
}

fn sources(dir: &Path, text: &mut String) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
            text.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

/// every string that follows `.say(` or `.with(` in the sources.
fn said() -> BTreeSet<String> {
    let mut text = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
    let mut found = BTreeSet::new();
    for call in [".say(", ".with("] {
        for rest in text.split(call).skip(1) {
            if let Some(id) = rest.trim_start().strip_prefix('"').and_then(|r| r.split('"').next())
            {
                found.insert(id.to_owned());
            }
        }
    }
    found.retain(|id| {
        !id.is_empty()
            && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    });
    found
}

#[test]
fn both_languages_have_the_same_ids_with_the_same_arguments() {
    let (ko, en) = (ids(Lang::Korean.source()), ids(Lang::English.source()));
    assert_eq!(ko, en);
}

#[test]
fn every_id_said_is_there_and_every_id_there_is_said() {
    let known: BTreeSet<String> = ids(Lang::English.source()).into_keys().collect();
    let said = said();
    assert_eq!(said.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new(), "not written");
    assert_eq!(known.difference(&said).collect::<Vec<_>>(), Vec::<&String>::new(), "never said");
}

#[test]
fn r_011_the_button_names_the_count_in_both_languages() {
    let (ko, en) = (Words::of(Lang::Korean), Words::of(Lang::English));
    assert_eq!(ko.with("serve-n", &[("n", 1_u32.into())]), "1개의 요청에 응답");
    assert_eq!(en.with("serve-n", &[("n", 1_u32.into())]), "Serve 1 request");
    assert_eq!(en.with("serve-n", &[("n", 2_u32.into())]), "Serve 2 requests");
}

#[test]
fn the_labels_of_the_founding_document_are_its_own() {
    let ko = Words::of(Lang::Korean);
    for (id, label) in [
        ("end-title", "채팅을 종료할까요?"),
        ("end-add-tags", "채팅 태그 추가"),
        ("end-confirm", "채팅 종료"),
        ("end-cancel", "취소"),
        ("continue-chat", "채팅 계속"),
        ("visitors-title", "방문자"),
        ("visitors-incoming", "수신 채팅"),
        ("visitors-active", "활성 방문자"),
        ("settings-title", "설정"),
        ("settings-personal", "개인용"),
    ] {
        assert_eq!(ko.say(id), label);
    }
}

#[test]
fn a_name_from_right_to_left_does_not_turn_the_sentence() {
    let en = Words::of(Lang::English);
    let said = en.with("line-joined", &[("name", "דנה".into())]);
    assert_eq!(said, "\u{2068}דנה\u{2069} joined the chat");
}
