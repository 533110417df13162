//! The program's log: on the error stream, one line for each event, as text or as JSON.

use anyhow::Context as _;
use bellhop_service::{LogForm, LogSettings, may_be_logged};
use serde_json::{Map, Value};
use std::fmt;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    EnvFilter,
    filter::filter_fn,
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::Writer,
        time::{FormatTime as _, SystemTime},
    },
    layer::SubscriberExt as _,
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

/// Begins to log. `RUST_LOG` goes before what the settings say.
pub(crate) fn begin(settings: &LogSettings) -> anyhow::Result<()> {
    let said = EnvFilter::try_new(&settings.filter);
    let said = said.with_context(|| format!("log.filter is {:?}", settings.filter))?;
    let filter = EnvFilter::try_from_default_env().unwrap_or(said);
    let log = tracing_subscriber::registry().with(filter).with(filter_fn(may_be_logged));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match settings.form {
        LogForm::Text => log.with(lines).init(),
        LogForm::Json => log.with(lines.event_format(Json)).init(),
    }
    Ok(())
}

/// One JSON object a line.
struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut at = String::new();
        SystemTime.format_time(&mut Writer::new(&mut at))?;
        let mut fields = Fields(Map::new());
        let about = event.metadata();
        for (name, value) in
            [("at", at.as_str()), ("level", about.level().as_str()), ("target", about.target())]
        {
            fields.0.insert(name.to_owned(), value.into());
        }
        event.record(&mut fields);
        writeln!(writer, "{}", Value::Object(fields.0))
    }
}

struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").into());
    }
}
