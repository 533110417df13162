//! One row of the suite and its one-line JSON form.
//!
//! Invariant: a row that could not be measured never holds, and says why. What decides is written
//! in the row itself: the value, what it is compared with, the gate and on which of them it is.

use serde::Serialize;
use serde_json::{Map, Value};
use std::io::Write;

/// What the gate is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GateOn {
    /// The value divided by the peer's.
    Ratio,
    /// The same, where more is better: the gate is a lower bound.
    RatioAtLeast,
    /// The value less the peer's.
    Difference,
    /// The value alone.
    Value,
}

/// One line of the report.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) id: &'static str,
    pub(crate) what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gate_on: Option<GateOn>,
    pub(crate) holds: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

impl Row {
    fn bare(id: &'static str, what: &str) -> Self {
        Self {
            id,
            what: what.to_owned(),
            value: None,
            unit: None,
            peer: None,
            peer_value: None,
            ratio: None,
            difference: None,
            gate: None,
            gate_on: None,
            holds: false,
            why: None,
            more: Map::new(),
        }
    }

    /// A value beside a peer's; `gate` is an upper bound of what `gate_on` names, unless that says
    /// otherwise.
    pub(crate) fn against(
        id: &'static str,
        what: &str,
        (value, unit): (f64, &'static str),
        (peer, peer_value): (&str, f64),
        (gate_on, gate): (GateOn, f64),
    ) -> Self {
        let ratio = value / peer_value;
        let difference = value - peer_value;
        let decides = match gate_on {
            GateOn::Ratio | GateOn::RatioAtLeast => ratio,
            GateOn::Difference => difference,
            GateOn::Value => value,
        };
        Self {
            value: Some(rounded(value)),
            unit: Some(unit),
            peer: Some(peer.to_owned()),
            peer_value: Some(rounded(peer_value)),
            ratio: ratio.is_finite().then(|| rounded(ratio)),
            difference: (gate_on == GateOn::Difference).then(|| rounded(difference)),
            gate: Some(gate),
            gate_on: Some(gate_on),
            // Not `!(decides > gate)`: a value that is no number holds nothing.
            holds: if gate_on == GateOn::RatioAtLeast { decides >= gate } else { decides <= gate },
            ..Self::bare(id, what)
        }
    }

    /// A value with an upper bound of its own.
    pub(crate) fn limit(
        id: &'static str,
        what: &str,
        (value, unit): (f64, &'static str),
        gate: f64,
    ) -> Self {
        Self {
            value: Some(rounded(value)),
            unit: Some(unit),
            gate: Some(gate),
            gate_on: Some(GateOn::Value),
            holds: value <= gate,
            ..Self::bare(id, what)
        }
    }

    /// A row that this machine, or this build, cannot measure.
    pub(crate) fn unmeasured(id: &'static str, what: &str, why: impl Into<String>) -> Self {
        Self { why: Some(why.into()), ..Self::bare(id, what) }
    }

    /// One more field.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// One more number, rounded like the others.
    pub(crate) fn with_number(self, name: &str, value: f64) -> Self {
        self.with(name, rounded(value))
    }

    /// The line, without its end.
    pub(crate) fn line(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Writes the line to standard output at once: a long run shows each row as it is known.
    pub(crate) fn print(&self) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", self.line()?)?;
        Ok(out.flush()?)
    }
}

/// Three digits after the point, or three significant ones where the number is smaller.
fn rounded(number: f64) -> f64 {
    let scale = if number.abs() >= 0.1 || number == 0.0 {
        1_000.0
    } else {
        10_f64.powf(2.0 - number.abs().log10().floor())
    };
    (number * scale).round() / scale
}

/// The middle of the samples; the mean of the two middle ones where their count is even. Not a
/// number where there is none.
pub(crate) fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// The smallest sample that `percent` of the samples do not exceed (nearest rank).
pub(crate) fn percentile(samples: &[f64], percent: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    if sorted.is_empty() {
        return f64::NAN;
    }
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_reads_as_the_issue_writes_it() {
        let row = Row::against(
            "P2",
            "warm start to first paint",
            (0.61, "s"),
            ("chromium+converse.js", 1.12),
            (GateOn::Ratio, 0.6),
        );
        assert_eq!(
            row.line().unwrap(),
            r#"{"id":"P2","what":"warm start to first paint","value":0.61,"unit":"s","peer":"chromium+converse.js","peer_value":1.12,"ratio":0.545,"gate":0.6,"gate_on":"ratio","holds":true}"#
        );
    }

    #[test]
    fn a_row_that_cannot_be_measured_says_why_and_does_not_hold() {
        let row = Row::unmeasured("P8", "arrival to notification", "dunst is not installed");
        assert_eq!(
            row.line().unwrap(),
            r#"{"id":"P8","what":"arrival to notification","holds":false,"why":"dunst is not installed"}"#
        );
    }

    #[test]
    fn a_gate_is_on_what_the_row_says() {
        let peer = ("floor", 200.0);
        let over =
            |gate_on, gate| Row::against("P3b", "", (230.0, "MB"), peer, (gate_on, gate)).holds;
        assert!(over(GateOn::Difference, 40.0));
        assert!(!over(GateOn::Difference, 20.0));
        assert!(!over(GateOn::Ratio, 1.0));
        assert!(!over(GateOn::Value, 40.0));
    }

    #[test]
    fn where_more_is_better_the_gate_is_a_lower_bound() {
        let row = |value| {
            let gate = (GateOn::RatioAtLeast, 0.5);
            Row::against("S1", "", (value, "1/s"), ("floor", 1_000.0), gate)
        };
        assert!(row(500.0).holds && row(2_000.0).holds);
        assert!(!row(499.0).holds && !row(f64::NAN).holds);
        assert!(row(1.0).line().unwrap().contains(r#""gate_on":"ratio_at_least""#));
    }

    #[test]
    fn no_number_holds_no_gate() {
        assert!(!Row::limit("P4", "", (f64::NAN, "%"), 0.1).holds);
        let row = Row::against("P2", "", (f64::NAN, "s"), ("peer", 1.0), (GateOn::Ratio, 0.6));
        assert!(!row.holds);
    }

    #[test]
    fn medians_and_percentiles() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
        assert!(median(&[]).is_nan());
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert!((percentile(&hundred, 99.0) - 99.0).abs() < 1e-9);
        assert!((percentile(&hundred, 50.0) - 50.0).abs() < 1e-9);
        assert!((percentile(&[7.0], 99.0) - 7.0).abs() < 1e-9);
    }

    #[test]
    fn small_numbers_keep_three_digits() {
        assert!((rounded(0.012_345) - 0.0123).abs() < 1e-12);
        assert!((rounded(12.345_67) - 12.346).abs() < 1e-12);
        assert!(rounded(0.0).abs() < 1e-12);
    }
}
