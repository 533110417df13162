//! The history as files for other programs: CSV, JSON, plain text, HTML.
//!
//! Invariant: what a visitor wrote is content and never more (law 9): no cell of a spreadsheet
//! begins a formula, no text ends a cell, a line or an element, and the page loads and runs nothing.

use bellhop_model::{
    AgentId, Author, EndedBy, Rating, Timestamp, TranscriptLine,
    chat::LineBody,
    limits::URL_CHARS,
    record::{Record, RecordForm, RecordId, StartedBy, WholeRecord},
    rules,
};
use std::fmt::Write as _;

const COLUMNS: [&str; 41] = [
    "id",
    "kind",
    "started_by",
    "started_at",
    "ended_at",
    "ended_by",
    "duration_s",
    "waited_s",
    "visitor_id",
    "visitor_name",
    "email",
    "phone",
    "note",
    "language",
    "browser",
    "platform",
    "country",
    "region",
    "city",
    "address",
    "user_agent",
    "page_title",
    "page_url",
    "referrer",
    "path",
    "agents",
    "department",
    "said_by_visitor",
    "said_by_agents",
    "automatic",
    "first_response_s",
    "average_response_s",
    "longest_response_s",
    "missed",
    "dropped",
    "unread",
    "rating",
    "comment",
    "tags",
    "ticket",
    "transcript",
];

/// Writes one export, piece by piece.
#[derive(Debug)]
pub(crate) struct Writer {
    form: RecordForm,
    written: u64,
}

impl Writer {
    pub(crate) fn new(form: RecordForm) -> Self {
        Self { form, written: 0 }
    }

    /// How a browser is told what it is, and the name it is kept under.
    pub(crate) fn kind(&self) -> (&'static str, &'static str) {
        match self.form {
            RecordForm::Csv => ("text/csv; charset=utf-8", "history.csv"),
            RecordForm::Json => ("application/json", "history.json"),
            RecordForm::Text => ("text/plain; charset=utf-8", "history.txt"),
            RecordForm::Html => ("text/html; charset=utf-8", "history.html"),
        }
    }

    pub(crate) fn begin(&self) -> String {
        match self.form {
            // The mark tells spreadsheets that it is UTF-8.
            RecordForm::Csv => format!("\u{FEFF}{}", csv_row(&COLUMNS.map(str::to_owned))),
            RecordForm::Json => "[".to_owned(),
            RecordForm::Text => String::new(),
            RecordForm::Html => HTML_HEAD.to_owned(),
        }
    }

    pub(crate) fn one(&mut self, whole: &WholeRecord) -> Result<String, serde_json::Error> {
        self.written += 1;
        Ok(match self.form {
            RecordForm::Csv => csv_row(&cells(whole)),
            RecordForm::Json => {
                let comma = if self.written > 1 { ",\n" } else { "\n" };
                format!("{comma}{}", serde_json::to_string(whole)?)
            }
            RecordForm::Text => text(whole),
            RecordForm::Html => html(whole),
        })
    }

    pub(crate) fn end(&self) -> String {
        match self.form {
            RecordForm::Csv | RecordForm::Text => String::new(),
            RecordForm::Json => "\n]\n".to_owned(),
            RecordForm::Html => "</main></html>\n".to_owned(),
        }
    }
}

/// The moment in UTC, as RFC 3339 writes it.
fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).map(|at| at.to_string()).unwrap_or_default()
}

fn seconds(millis: i64) -> String {
    format!("{:.3}", millis as f64 / 1_000.0)
}

fn cells(whole: &WholeRecord) -> [String; COLUMNS.len()] {
    let Record { visitor, said, response, .. } = &whole.record;
    let record = &whole.record;
    let response = |part: fn(&bellhop_model::record::ResponseTimes) -> i64| {
        response.as_ref().map(|times| seconds(part(times))).unwrap_or_default()
    };
    [
        record.id.to_string(),
        record.kind.name().to_owned(),
        started_by(record.started_by).to_owned(),
        moment(record.started_at),
        moment(record.ended_at),
        record.ended_by.map(ended_by).unwrap_or_default().to_owned(),
        seconds(record.duration_ms),
        record.waited_ms.map(seconds).unwrap_or_default(),
        visitor.id.to_string(),
        if visitor.contact.name.is_empty() {
            visitor.name.clone().unwrap_or_default()
        } else {
            visitor.contact.name.clone()
        },
        if visitor.contact.email.is_empty() { &record.email } else { &visitor.contact.email }
            .clone(),
        visitor.contact.phone.clone(),
        visitor.contact.note.clone(),
        visitor.language.clone(),
        visitor.browser.clone(),
        visitor.platform.clone(),
        visitor.place.country.clone(),
        visitor.place.region.clone(),
        visitor.place.city.clone(),
        record.origin.address.clone(),
        record.origin.user_agent.clone(),
        visitor.page.title.clone(),
        visitor.page.url.clone(),
        visitor.referrer.clone(),
        path(record),
        record.agents.iter().map(|agent| agent.name.as_str()).collect::<Vec<_>>().join(", "),
        record.department.as_ref().map(|one| one.name.clone()).unwrap_or_default(),
        said.visitor.to_string(),
        said.agents.to_string(),
        said.automatic.to_string(),
        response(|times| times.first_ms),
        response(|times| times.average_ms),
        response(|times| times.longest_ms),
        record.missed.to_string(),
        record.dropped.to_string(),
        record.unread.to_string(),
        record.rating.map(Rating::name).unwrap_or_default().to_owned(),
        record.comment.clone().unwrap_or_default(),
        record.tags.join(" "),
        record.ticket.clone().unwrap_or_default(),
        lines(whole),
    ]
}

fn started_by(by: StartedBy) -> &'static str {
    match by {
        StartedBy::Visitor => "visitor",
        StartedBy::Agent => "agent",
    }
}

fn ended_by(by: EndedBy) -> &'static str {
    match by {
        EndedBy::Visitor => "visitor",
        EndedBy::Agent { .. } => "agent",
        EndedBy::Timeout => "timeout",
    }
}

/// One row (RFC 4180). A cell that a spreadsheet would take for a formula gets an apostrophe, which
/// it shows as text.
fn csv_row(cells: &[String]) -> String {
    let cells = cells.iter().map(|cell| {
        let danger =
            cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
        let guard = if danger { "'" } else { "" };
        format!("\"{guard}{}\"", cell.replace('"', "\"\""))
    });
    cells.collect::<Vec<_>>().join(",") + "\r\n"
}

/// The pages of the visit before, a line for each.
fn path(record: &Record) -> String {
    let steps = record.origin.path.iter();
    let steps = steps.map(|step| {
        let url = rules::clean_line(&step.page.url, URL_CHARS);
        format!("{} {url}\n", moment(step.at))
    });
    steps.collect()
}

/// The conversation as plain text, a line for each; what goes on in a second line is indented, so
/// that no message looks like somebody else's.
pub(crate) fn lines(whole: &WholeRecord) -> String {
    let mut text = String::new();
    for (at, who, what) in everything(whole) {
        let what = plain(&what).replace('\n', "\n    ");
        let colon = if who.is_empty() { "" } else { ": " };
        let _ = writeln!(text, "{} {}{colon}{what}", moment(at), rules::clean_line(&who, 200));
    }
    text
}

/// All there is to tell, in order: when, who, and what was said or done.
fn everything(whole: &WholeRecord) -> Vec<(Timestamp, String, String)> {
    let lines = whole.transcript.iter().map(|line| {
        let (who, what) = told(whole, line);
        (line.at, who, what)
    });
    let message = whole.message.iter().flat_map(|message| {
        let asked = (message.left_at, message.visitor.label(), message.text.clone());
        let answers = message.answers.iter();
        let answers =
            answers.map(|answer| (answer.at, named(whole, answer.agent_id), answer.text.clone()));
        std::iter::once(asked).chain(answers)
    });
    lines.chain(message).collect()
}

fn named(whole: &WholeRecord, id: AgentId) -> String {
    let agent = whole.record.agents.iter().find(|agent| agent.id == id);
    agent.map(|agent| agent.name.clone()).unwrap_or_default()
}

/// "Chat 7", or "Offline message 3".
fn title(record: &Record) -> String {
    match record.id {
        RecordId::Chat(id) => format!("Chat {id}"),
        RecordId::OfflineMessage(id) => format!("Offline message {id}"),
    }
}

fn text(whole: &WholeRecord) -> String {
    let record = &whole.record;
    let line = |text: &str| rules::clean_line(text, 400);
    let agents: Vec<_> = record.agents.iter().map(|agent| agent.name.as_str()).collect();
    format!(
        "{}, {} to {}\nVisitor: {}\nPage: {}\nPath:\n{}Agents: {}\nTags: {}\n\n{}\n{}\n\n",
        title(record),
        moment(record.started_at),
        moment(record.ended_at),
        line(&record.visitor.label()),
        line(&record.visitor.page.url),
        path(record),
        line(&agents.join(", ")),
        line(&record.tags.join(" ")),
        lines(whole),
        "-".repeat(72),
    )
}

const HTML_HEAD: &str = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
    style-src 'unsafe-inline'\"><title>Chats</title>\
    <style>body{font:16px/1.5 system-ui;max-width:48rem;margin:auto;padding:1rem}\
    p{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}time{color:#666}\
    article{border-bottom:1px solid #ccc;padding:1rem 0}</style><main>\n";

fn html(whole: &WholeRecord) -> String {
    let record = &whole.record;
    let mut page = format!(
        "<article><h2>{}: {}</h2>\n<p><time>{}</time> to <time>{}</time> {}</p>\n",
        title(record),
        escaped(&record.visitor.label()),
        moment(record.started_at),
        moment(record.ended_at),
        escaped(&record.tags.join(" ")),
    );
    let _ = writeln!(page, "<p>{}</p>", escaped(&path(record)));
    for (at, who, what) in everything(whole) {
        let (at, who, what) = (moment(at), escaped(&who), escaped(&what));
        let _ = writeln!(page, "<p><time>{at}</time> <b>{who}</b> {what}</p>");
    }
    page + "</article>\n"
}

/// Text that no element, attribute or direction ends in.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// Without what controls a terminal or turns the direction of what stands around it.
fn plain(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || rules::is_plain(*c)).collect()
}

/// Who said or did what, in English, as the rest of such a file is.
fn told(whole: &WholeRecord, line: &TranscriptLine) -> (String, String) {
    let did = |name: &str, what: &str| (String::new(), format!("{name} {what}"));
    match &line.body {
        LineBody::Said { message } => {
            let who = match &message.author {
                Author::Visitor => whole.record.visitor.label(),
                Author::Agent { agent_id } => named(whole, *agent_id),
                Author::Trigger { name } => format!("{name} (automatic)"),
            };
            let what = match &message.file {
                Some(file) => format!("sent a file: {} ({})", message.text, file.size()),
                None => message.text.clone(),
            };
            (who, what)
        }
        LineBody::AgentJoined { name, .. } => did(name, "joined"),
        LineBody::AgentLeft { name, .. } => did(name, "left"),
        LineBody::Ended { by } => did("Ended by the", ended_by(*by)),
        LineBody::Continued { name, .. } => did(name, "continued the chat"),
        LineBody::CameBack => did("The chat", "came back"),
        LineBody::Tagged { tags } => did("Tags:", &tags.join(" ")),
        LineBody::ForDepartment { department, .. } => did("For", department),
        LineBody::Transferred { name, to_name, to, note, .. } => {
            use bellhop_model::route::Destination;
            let to = match to {
                Destination::Department { name, .. } => name.as_str(),
                Destination::Agent { .. } => to_name.as_deref().unwrap_or_default(),
                Destination::Unknown => "",
            };
            did(name, &format!("transferred it to {to}{}", noted(note.as_deref())))
        }
        LineBody::Invited { name, invited, note, .. } => {
            did(name, &format!("invited {invited}{}", noted(note.as_deref())))
        }
        LineBody::Offered { options } => did("Offered:", &options.join(" / ")),
        LineBody::RatingRequested { name, .. } => did(name, "asked for a rating"),
        LineBody::Rated { rating: Some(given), comment } => {
            let comment = noted(comment.as_deref());
            did("The visitor", &format!("rated the chat {}{comment}", given.name()))
        }
        LineBody::FileDeleted { name, .. } => did("A file was deleted:", name),
        LineBody::Rated { rating: None, .. } => did("The visitor", "took the rating back"),
        LineBody::Assigned { name, .. } => did("Assigned to", name),
        LineBody::Unassigned { .. } => did("It", "could be assigned to nobody"),
        LineBody::Released { .. } => did("It", "waits for everybody"),
    }
}

fn noted(note: Option<&str>) -> String {
    note.map(|note| format!(": {note}")).unwrap_or_default()
}
