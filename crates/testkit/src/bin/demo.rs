//! The whole story before your eyes, or as a folder of pictures.
//!
//! It walks the steps of the story test and prints each as it is observed. It ends with success
//! only if every step was.

#![allow(clippy::print_stdout)]

use anyhow::{Context, Result, bail};
use bellhop_testkit::{
    desk::{Furniture, Screen},
    pictures,
    story::{Stage, Step, Story},
    visitor::Shown,
};
use std::{
    fs,
    io::{IsTerminal, stdin},
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

const HELP: &str = "\
Walks a whole chat: a visitor's question, the notification, served, answered, ended, read offline.

demo --program PATH [--shots DIR] [--lang en|ko]

  --program PATH  the built program
  --shots DIR     on a virtual screen, with a numbered picture of each step in DIR;
                  without it, on your display and at your pace
  --lang en|ko    the dashboard's language";

/// How long a person looks at one step.
const LOOK: Duration = Duration::from_secs(3);

struct Wishes {
    program: PathBuf,
    shots: Option<PathBuf>,
    language: String,
}

fn wishes() -> Result<Option<Wishes>> {
    let (mut program, mut shots, mut language) = (None, None, "en".to_owned());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value\n\n{HELP}"));
        match word.as_str() {
            "--program" => program = Some(PathBuf::from(value()?)),
            "--shots" => shots = Some(PathBuf::from(value()?)),
            "--lang" => language = value()?,
            "--help" | "-h" => return Ok(None),
            other => bail!("{other} is not known\n\n{HELP}"),
        }
    }
    let program = program.with_context(|| format!("--program is missing\n\n{HELP}"))?;
    Ok(Some(Wishes { program, shots, language }))
}

fn stage(wishes: &Wishes) -> Result<Stage> {
    let mut stage = Stage::test(&wishes.program);
    stage.language.clone_from(&wishes.language);
    if wishes.shots.is_none() {
        let display = std::env::var("DISPLAY")
            .context("there is no display to show it on; --shots DIR leaves pictures instead")?;
        stage.furniture = Furniture { screen: Screen::Existing { display }, key_store: true };
        stage.browser = Shown::OnScreen;
        stage.per_key = Duration::from_millis(45);
    }
    Ok(stage)
}

#[tokio::main]
async fn main() -> Result<()> {
    let Some(wishes) = wishes()? else {
        println!("{HELP}");
        return Ok(());
    };
    if let Some(dir) = &wishes.shots {
        fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    }
    let begun = Instant::now();
    let mut story = Story::begin("demo", stage(&wishes)?).await?;
    let darkroom = Darkroom::open();
    let mut step_begun = Instant::now();
    story
        .walk(async |story, step| {
            let took = step_begun.elapsed().as_secs_f32();
            println!("{:2}  {:<72} {took:5.1} s", step.number(), step.sentence());
            for detail in details(story, step) {
                println!("    {detail}");
            }
            match &wishes.shots {
                Some(dir) => darkroom.leave(photograph(story, step, dir).await?)?,
                None => tokio::time::sleep(LOOK).await,
            }
            step_begun = Instant::now();
            Ok(())
        })
        .await?;
    darkroom.close()?;
    let count = Step::ALL.len();
    println!("every one of {count} steps was observed, in {:.0} s", begun.elapsed().as_secs_f32());
    if let Some(dir) = &wishes.shots {
        println!("pictures: {}", dir.display());
    } else if stdin().is_terminal() {
        println!("Enter closes the windows.");
        stdin().read_line(&mut String::new())?;
    }
    story.end().await;
    Ok(())
}

/// What a picture of the two windows cannot show.
fn details(story: &Story, step: Step) -> Vec<String> {
    match (step, story.notification()) {
        (Step::Notified, Some(seen)) => {
            let labels: Vec<_> = seen.actions.iter().map(|(_, label)| &**label).collect();
            vec![format!(
                "{}: \u{201c}{}\u{201d} [{}]",
                seen.summary,
                seen.body,
                labels.join("] [")
            )]
        }
        _ => Vec::new(),
    }
}

/// Photographs of one moment, to be made into a picture.
struct Negatives {
    photographs: Vec<PathBuf>,
    lines: Vec<String>,
    to: PathBuf,
    _folder: TempDir,
}

async fn photograph(story: &Story, step: Step, dir: &Path) -> Result<Negatives> {
    let folder = tempfile::tempdir()?;
    let mut photographs = vec![folder.path().join("window.png")];
    story.window()?.screenshot(&photographs[0]).await?;
    // With the service stopped the visitor's page shows nothing of the story.
    if let Ok(visitor) = story.visitor()
        && step.number() < Step::RestartOffline.number()
    {
        let page = folder.path().join("page.png");
        visitor.screenshot(&page).await?;
        photographs.push(page);
    }
    let mut lines = vec![format!("{}   {}", step.number(), step.sentence())];
    lines.extend(details(story, step));
    let to = dir.join(format!("{:02}-{}.png", step.number(), step.name()));
    Ok(Negatives { photographs, lines, to, _folder: folder })
}

/// Makes the pictures beside the story, so that its moments follow each other unhindered.
struct Darkroom {
    negatives: mpsc::Sender<Negatives>,
    work: thread::JoinHandle<Result<()>>,
}

impl Darkroom {
    fn open() -> Self {
        let (negatives, inbox) = mpsc::channel::<Negatives>();
        let work = thread::spawn(move || {
            inbox.iter().try_for_each(|n| pictures::compose(&n.photographs, &n.lines, &n.to))
        });
        Self { negatives, work }
    }

    fn leave(&self, negatives: Negatives) -> Result<()> {
        self.negatives.send(negatives).ok().context("a picture could not be made")
    }

    /// Waits for the last picture.
    fn close(self) -> Result<()> {
        drop(self.negatives);
        self.work.join().ok().context("the pictures were given up")?
    }
}
