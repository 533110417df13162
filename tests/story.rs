//! The whole line, real at every point: a visitor's question on a web page, the desktop's
//! notification, the answered chat, the service killed in mid-talk, the transcript read the next
//! day with no connection.
//!
//! The steps themselves are `bellhop_testkit::story`, which the demo walks too.

#![cfg(target_os = "linux")]

use anyhow::Result;
use bellhop_testkit::{
    story::{Stage, Story},
    window,
};

#[tokio::test(flavor = "multi_thread")]
async fn r_010_to_r_081_from_a_question_to_a_transcript_read_with_no_connection() -> Result<()> {
    let program = window::program(env!("CARGO_BIN_EXE_bellhop"));
    let mut story = Story::begin("story", Stage::test(&program)).await?;
    story
        .walk(async |_, step| {
            eprintln!("{:2}  {}", step.number(), step.sentence());
            Ok(())
        })
        .await?;
    story.end().await;
    Ok(())
}
