//! Text messages to frames and back.
//!
//! Invariant: what is told of a message that cannot be read names its fault and its place, never
//! its content, for that may be a visitor's words (law 11).

use bellhop_model::{
    frame::{ClientFrame, ServerFrame},
    limits::is_too_deep,
    view::LinkProblem,
};
use serde_json::error::Category;

const TOO_DEEP: &str = "it is nested deeper than 128 levels";

/// Reads one message. A kind of frame that this version does not know is
/// [`ServerFrame::Unknown`].
pub(crate) fn read(text: &str) -> Result<ServerFrame, LinkProblem> {
    if is_too_deep(text) {
        return Err(LinkProblem::BadFrame {
            detail: format!("{TOO_DEEP} (of {} bytes)", text.len()),
        });
    }
    serde_json::from_str(text)
        .map_err(|error| LinkProblem::BadFrame { detail: fault(&error, text.len()) })
}

/// Writes one message.
pub(crate) fn write(frame: &ClientFrame) -> Result<String, LinkProblem> {
    serde_json::to_string(frame)
        .map_err(|error| LinkProblem::BadFrame { detail: format!("not written: {error}") })
}

fn fault(error: &serde_json::Error, bytes: usize) -> String {
    let said = error.to_string();
    let what = if said.starts_with("recursion limit exceeded") {
        TOO_DEEP
    } else if said.starts_with("missing field") {
        // Names a field of ours and nothing of the message.
        said.split(" at line").next().unwrap_or("a field is missing")
    } else {
        match error.classify() {
            Category::Data => "a value in it is not of the kind the protocol says",
            Category::Eof => "it ends too early to be JSON",
            Category::Syntax | Category::Io => "it is not JSON",
        }
    };
    let (line, column) = (error.line(), error.column());
    format!("{what} (line {line}, column {column} of {bytes} bytes)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellhop_model::Fact;

    fn detail(text: &str) -> String {
        match read(text) {
            Err(LinkProblem::BadFrame { detail }) => detail,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_unknown_frame_is_a_sign_of_life() {
        let text = r#"{"frame":"weather","sun":[1,{"of":"spring"}]}"#;
        assert_eq!(read(text), Ok(ServerFrame::Unknown));
    }

    #[test]
    fn an_unknown_event_keeps_its_number() {
        let text =
            r#"{"frame":"event","prev":6,"event":{"seq":7,"at":5,"fact":{"kind":"new","x":[1]}}}"#;
        let Ok(ServerFrame::Event { event, .. }) = read(text) else { panic!() };
        assert_eq!((event.seq.0, event.fact), (7, Fact::Unknown));
    }

    #[test]
    fn r6_a_frame_nested_ten_thousand_deep_is_refused_and_not_followed() {
        let deep =
            format!(r#"{{"frame":"live","values":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
        assert!(
            detail(&deep).starts_with("it is nested deeper than 128 levels"),
            "{}",
            detail(&deep)
        );
        assert!(detail(&"[".repeat(100_000)).contains("of 100000 bytes"));
    }

    #[rstest::rstest]
    #[case("", "it ends too early to be JSON")]
    #[case("<!doctype html>", "it is not JSON")]
    #[case(r#"{"frame":"answer"}"#, "missing field `id`")]
    #[case(r#"{"frame":"rejected","code":{"a":1}}"#, "a value in it is not")]
    #[case(r#"{"frame":"event","prev":-1,"event":"my secret"}"#, "a value in it is not")]
    #[case(r#"{"frame":"event","prev":1e999}"#, "it is not JSON")]
    #[case("{\"frame\":\"event\u{0}", "it is not JSON")]
    fn a_bad_frame_is_named_without_its_content(#[case] text: &str, #[case] expected: &str) {
        let detail = detail(text);
        assert!(detail.starts_with(expected), "{detail}");
        assert!(!detail.contains("secret"), "{detail}");
    }
}
