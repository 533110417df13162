//! A whole simulation: everybody comes, works and goes, and their days are summed up.

use crate::{
    actors::{self, Day, Stage},
    chance::Chance,
    line::Line,
    pace::Pace,
    plan::{Plan, PlanError},
    totals::Totals,
    watch::Violation,
};
use tokio::{sync::watch, task::JoinSet, time::sleep};

/// Violations that are told one by one; all are counted.
const TOLD: usize = 20;
/// Script time between the first visitors, on average.
const APART_MS: i64 = 3_000;

/// What a simulation comes to.
#[derive(Debug, Default)]
pub struct Report {
    pub totals: Totals,
    /// The first of them.
    pub violations: Vec<Violation>,
}

impl Report {
    fn add(&mut self, day: Day) {
        self.totals += day.totals;
        let room = TOLD - self.violations.len();
        self.violations.extend(day.violations.into_iter().take(room));
    }
}

/// Runs a simulation to its end, or until `stop` turns true: then everybody ends what is open and
/// goes.
///
/// # Errors
/// When it may not begin; see [`PlanError`].
pub async fn run(plan: Plan, stop: watch::Receiver<bool>) -> Result<Report, PlanError> {
    let place = plan.check().await?;
    match Line::open(&place, "/visitor", "bellhop-simulator").await {
        Ok(line) => line.close().await,
        Err(_) => return Err(PlanError::NoService(plan.url.clone())),
    }
    let (close, closing) = watch::channel(false);
    let pace = Pace::new(plan.pace);
    let stage = Stage { place, pace, seed: plan.seed, faults: plan.faults, closing };

    let mut colleagues = JoinSet::new();
    for (number, token) in (0..).zip(plan.tokens.clone()) {
        let stage = stage.clone();
        colleagues.spawn(async move { vec![actors::work(&stage, number, token).await] });
    }
    let mut visitors = JoinSet::new();
    for number in 0..plan.visitors as u64 {
        visitors.spawn(visitors_of_one_place(stage.clone(), plan.clone(), number));
    }

    let mut report = Report::default();
    // With nobody who visits, the colleagues work until they are told to stop.
    let alone = plan.visitors == 0;
    let timekeeper = tokio::spawn(keep_time(plan, stop, close.clone()));
    gather(&mut visitors, &mut report).await;
    if !alone {
        let _ = close.send(true);
    }
    gather(&mut colleagues, &mut report).await;
    timekeeper.abort();
    Ok(report)
}

/// Says when it is closing time.
async fn keep_time(plan: Plan, mut stop: watch::Receiver<bool>, close: watch::Sender<bool>) {
    let over = async {
        match plan.lasts {
            Some(lasts) => sleep(lasts).await,
            None => std::future::pending().await,
        }
    };
    let stopped = async {
        if stop.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = over => {}
        () = stopped => {}
    }
    let _ = close.send(true);
}

/// One visitor, or one after the other while the simulation lasts.
async fn visitors_of_one_place(stage: Stage, plan: Plan, place: u64) -> Vec<Day> {
    let mut chance = Chance::nth(plan.seed, u64::MAX - place);
    let mut at = chance.within(0..APART_MS * plan.visitors as i64);
    let mut days = Vec::new();
    let mut number = place;
    loop {
        days.push(actors::visit(&stage, number, at).await);
        if plan.lasts.is_none() || *stage.closing.borrow() {
            return days;
        }
        number += plan.visitors as u64;
        at = stage.pace.now() + chance.within(2_000..20_000);
    }
}

async fn gather(people: &mut JoinSet<Vec<Day>>, report: &mut Report) {
    while let Some(done) = people.join_next().await {
        match done {
            Ok(days) => days.into_iter().for_each(|day| report.add(day)),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => {}
        }
    }
}
