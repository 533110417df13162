//! Text messages to frames and back.

use bellhop_model::{
    frame::{ClientFrame, ServerFrame},
    json,
    view::LinkProblem,
};

/// Reads one message. A kind of frame that this version does not know is
/// [`ServerFrame::Unknown`].
pub(crate) fn read(text: &str) -> Result<ServerFrame, LinkProblem> {
    json::read(text).map_err(|detail| LinkProblem::BadFrame { detail })
}

/// Writes one message.
pub(crate) fn write(frame: &ClientFrame) -> Result<String, LinkProblem> {
    serde_json::to_string(frame)
        .map_err(|error| LinkProblem::BadFrame { detail: format!("not written: {error}") })
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
