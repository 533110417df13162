use rstest::rstest;
use serde::{Deserialize, Serialize};
use serde_json::{from_str, json, to_string};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Inner {
    n: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
enum Nested {
    Left { n: u64 },
    Right,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
enum Thing {
    Plain,
    WithFields {
        a: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        b: Option<String>,
    },
    Wrapped(Inner),
    Both(Nested),
    #[serde(other)]
    Unknown,
}

tagged!(Nested: "side", Thing: "kind");

#[rstest]
#[case::plain(Thing::Plain, r#"{"kind":"plain"}"#)]
#[case::fields(Thing::WithFields { a: 1, b: None }, r#"{"kind":"with_fields","a":1}"#)]
#[case::all_fields(
    Thing::WithFields { a: 1, b: Some("x".into()) },
    r#"{"kind":"with_fields","a":1,"b":"x"}"#
)]
#[case::wrapped(Thing::Wrapped(Inner { n: u64::MAX }), r#"{"kind":"wrapped","n":18446744073709551615}"#)]
#[case::two_tags(Thing::Both(Nested::Left { n: 2 }), r#"{"kind":"both","side":"left","n":2}"#)]
#[case::two_plain_tags(Thing::Both(Nested::Right), r#"{"kind":"both","side":"right"}"#)]
fn it_is_written_with_the_tag_first_and_read_again(#[case] thing: Thing, #[case] text: &str) {
    assert_eq!(to_string(&thing).unwrap(), text);
    assert_eq!(from_str::<Thing>(text).unwrap(), thing);
}

#[rstest]
#[case::last(r#"{"a":1,"b":"x","kind":"with_fields"}"#, Thing::WithFields { a: 1, b: Some("x".into()) })]
#[case::between(r#"{"a":1,"kind":"with_fields","b":"x"}"#, Thing::WithFields { a: 1, b: Some("x".into()) })]
#[case::wrapped(r#"{"n":18446744073709551615,"kind":"wrapped"}"#, Thing::Wrapped(Inner { n: u64::MAX }))]
#[case::two_tags(r#"{"n":2,"side":"left","kind":"both"}"#, Thing::Both(Nested::Left { n: 2 }))]
#[case::more_than_known(r#"{"kind":"plain","later":{"deep":[1,2]},"x":null}"#, Thing::Plain)]
#[case::unknown(r#"{"kind":"from_the_future","a":{}}"#, Thing::Unknown)]
#[case::unknown_late(r#"{"a":{},"kind":"from_the_future"}"#, Thing::Unknown)]
fn others_may_write_it_in_any_order_and_with_more(#[case] text: &str, #[case] thing: Thing) {
    assert_eq!(from_str::<Thing>(text).unwrap(), thing);
    assert_eq!(serde_json::from_value::<Thing>(from_str(text).unwrap()).unwrap(), thing);
}

#[rstest]
#[case::nothing("{}", "missing field `kind`")]
#[case::no_tag(r#"{"a":1}"#, "missing field `kind`")]
#[case::no_field(r#"{"kind":"with_fields"}"#, "missing field `a`")]
#[case::no_inner_tag(r#"{"kind":"both","n":2}"#, "missing field `side`")]
#[case::a_number(r#"{"kind":7}"#, "invalid type: integer `7`")]
#[case::no_object(r#"["plain"]"#, "expected an object with `kind`")]
#[case::wrong_type(r#"{"a":"1","kind":"with_fields"}"#, "invalid type: string \"1\", expected u64")]
fn what_is_wrong_is_named(#[case] text: &str, #[case] problem: &str) {
    let error = from_str::<Thing>(text).unwrap_err().to_string();
    assert!(error.contains(problem), "{error}");
}

#[test]
fn a_value_is_written_like_a_text() {
    let thing = Thing::Both(Nested::Left { n: 2 });
    let value = serde_json::to_value(thing).unwrap();
    assert_eq!(value, json!({"kind": "both", "side": "left", "n": 2}));
}
