//! What is told of JSON that cannot be read.
//!
//! Invariant: it names the fault and its place, never the content, for that may be a visitor's
//! words or a token (law 11).

use serde::de::DeserializeOwned;
use serde_json::error::Category;

const TOO_DEEP: &str = "it is nested deeper than 128 levels";
/// Characters of what was expected: the names of a protocol's commands are many.
const EXPECTED_CHARS: usize = 160;

/// Reads JSON, which may be anybody's.
///
/// # Errors
/// What is wrong with it and where, for whoever wrote it.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    if is_too_deep(text) {
        return Err(format!("{TOO_DEEP} (of {} bytes)", text.len()));
    }
    serde_json::from_str(text).map_err(|error| {
        let (line, column, bytes) = (error.line(), error.column(), text.len());
        format!("{} (line {line}, column {column} of {bytes} bytes)", fault(&error))
    })
}

/// JSON that is nested deeper than 128 levels, which is refused before it is read (reliability.md
/// R6): what nobody asks for may be skipped without a limit.
fn is_too_deep(json: &str) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth >= 128 {
            return true;
        }
    }
    false
}

fn fault(error: &serde_json::Error) -> String {
    let said = error.to_string();
    if said.starts_with("recursion limit exceeded") {
        return TOO_DEEP.to_owned();
    }
    if said.starts_with("missing field") {
        // Names a field of ours and nothing of the message.
        return said.split(" at line").next().unwrap_or_default().to_owned();
    }
    match error.classify() {
        Category::Data => {
            let what = "a value in it is not of the kind the protocol says";
            expected(&said).map_or_else(|| what.to_owned(), |kinds| format!("{what}: {kinds}"))
        }
        Category::Eof => "it ends too early to be JSON".to_owned(),
        Category::Syntax | Category::Io => "it is not JSON".to_owned(),
    }
}

/// What should have been there: what serde says last, after whatever it repeats of the message.
fn expected(said: &str) -> Option<String> {
    let ours = ["invalid type", "invalid value", "unknown variant"];
    if !ours.iter().any(|begins| said.starts_with(begins)) {
        return None;
    }
    let kinds = &said[said.rfind("expected ")?..];
    let kinds = kinds.split(" at line").next()?;
    Some(kinds.chars().take(EXPECTED_CHARS).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::ClientFrame;

    #[rstest::rstest]
    #[case("", "it ends too early to be JSON")]
    #[case("<!doctype secret>", "it is not JSON")]
    #[case(r#"{"frame":"command","chat_id":1}"#, "missing field `id`")]
    #[case(
        r#"{"frame":"secret, expected nothing"}"#,
        "a value in it is not of the kind the protocol says: expected one of `hello`, `command`"
    )]
    #[case(
        r#"{"frame":"typing","chat_id":"secret","on":true}"#,
        "a value in it is not of the kind the protocol says: expected u64 (line 1"
    )]
    #[case(
        r#"{"chat_id":"secret","on":true,"frame":"typing"}"#,
        "a value in it is not of the kind the protocol says: expected u64 (line 1"
    )]
    fn law_11_what_is_wrong_is_named_without_what_was_sent(#[case] text: &str, #[case] told: &str) {
        let fault = read::<ClientFrame>(text).unwrap_err();
        assert!(fault.starts_with(told), "{fault}");
        assert!(!fault.contains("secret"), "{fault}");
    }
}
