//! An account of Zendesk Support, as far as its tickets and users APIs are documented: a double made
//! from the vendor's published shapes.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
    routing::get,
};
use bellhop_service::{Sink, Zendesk};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;

/// What the double does with the next ticket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mood {
    Takes,
    /// Takes it, and answers something that cannot be read, as when the line breaks.
    TakesAndLosesTheAnswer,
    IsBusy,
    RefusesForGood,
    /// Refuses for good who is to have it.
    KnowsNoAssignee,
}

/// How it answers who its users are.
#[derive(Debug, Clone, Default)]
pub enum Users {
    /// It knows of no such address.
    #[default]
    NotFound,
    /// Pages of users, one after the other.
    Pages(Vec<Vec<Value>>),
    /// With this status and these seconds to wait.
    Status(u16, Option<&'static str>),
    /// With this text.
    Says(String),
    /// Every page names a next one, here or elsewhere.
    NoEnd { elsewhere: Option<String> },
}

/// See the module.
#[derive(Debug, Default)]
pub struct Double {
    pub moods: Mutex<VecDeque<Mood>>,
    tickets: Mutex<Vec<Value>>,
    pub users: Mutex<Users>,
    /// How often a ticket was looked for.
    pub looked: AtomicU32,
    /// How many pages of users were asked for.
    pub pages: AtomicU32,
    pub asked: Notify,
}

/// One user, as far as it counts.
pub fn user(id: u64, email: &str, role: &str) -> Value {
    json!({"id": id, "name": "Somebody", "email": email, "role": role, "role_type": null,
        "active": true, "suspended": false, "photo": null})
}

/// Where tickets go, as the double's only agent with a token.
pub fn zendesk(url: &str, token: &str) -> Sink {
    let (url, email, token) = (url.to_owned(), "agent@shop.example".to_owned(), token.to_owned());
    let (first_wait, agents_every) = (Duration::from_millis(10), Duration::from_millis(50));
    Sink::Zendesk(Zendesk { url, email, token, first_wait, agents_every })
}

impl Double {
    pub async fn start(self: &Arc<Self>) -> String {
        let router = Router::new()
            .route("/api/v2/tickets.json", get(list).post(create))
            .route("/api/v2/users.json", get(users))
            .with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    pub fn tickets(&self) -> Vec<Value> {
        self.tickets.lock().unwrap().clone()
    }
}

fn authorized(headers: &HeaderMap) -> bool {
    // "agent@shop.example/token:secret", as the vendor has it.
    headers["authorization"] == "Basic YWdlbnRAc2hvcC5leGFtcGxlL3Rva2VuOnNlY3JldA=="
}

async fn list(
    State(double): State<Arc<Double>>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Value> {
    double.looked.fetch_add(1, Ordering::Relaxed);
    let wanted = &query["external_id"];
    let tickets: Vec<_> =
        double.tickets().into_iter().filter(|ticket| ticket["external_id"] == *wanted).collect();
    Json(
        json!({"count": tickets.len(), "next_page": null, "previous_page": null, "tickets": tickets}),
    )
}

async fn users(
    State(double): State<Arc<Double>>,
    headers: HeaderMap,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    double.pages.fetch_add(1, Ordering::Relaxed);
    if !authorized(&headers) {
        return unauthorized();
    }
    let all = |name: &str| -> Vec<&str> {
        let of = query.iter().filter(|(known, _)| known == name);
        of.map(|(_, value)| value.as_str()).collect()
    };
    assert_eq!(all("role[]"), ["agent", "admin"]);
    assert_eq!(all("page[size]"), ["100"]);
    let page: usize = all("page[after]").first().map_or(0, |page| page.parse().unwrap());
    let host = headers["host"].to_str().unwrap();
    let next = |origin: &str| {
        let page = page + 1;
        format!(
            "{origin}/api/v2/users.json?role[]=agent&role[]=admin&page[size]=100&page[after]={page}"
        )
    };
    let here = format!("http://{host}");
    let told = |users: &[Value], next: Option<String>| {
        let meta = json!({"has_more": next.is_some(), "after_cursor": "x", "before_cursor": "y"});
        let links = json!({"next": next, "prev": null});
        Json(json!({"users": users, "meta": meta, "links": links})).into_response()
    };
    let users = double.users.lock().unwrap().clone();
    match users {
        Users::NotFound => StatusCode::NOT_FOUND.into_response(),
        Users::Pages(pages) => {
            let next = (page + 1 < pages.len()).then(|| next(&here));
            told(&pages[page], next)
        }
        Users::Status(status, retry_after) => {
            let status = StatusCode::from_u16(status).unwrap();
            let mut answer = (status, "{}").into_response();
            if let Some(after) = retry_after {
                answer.headers_mut().insert("retry-after", after.parse().unwrap());
            }
            answer
        }
        Users::Says(text) => text.into_response(),
        Users::NoEnd { elsewhere } => {
            told(&[user(1, "kim@support.example", "agent")], Some(next(&elsewhere.unwrap_or(here))))
        }
    }
}

fn unauthorized() -> Response {
    let error = json!({"error": "Couldn't authenticate you"});
    (StatusCode::UNAUTHORIZED, Json(error)).into_response()
}

async fn create(State(double): State<Arc<Double>>, headers: HeaderMap, body: Bytes) -> Response {
    let mood = double.moods.lock().unwrap().pop_front().unwrap_or(Mood::Takes);
    let answer = created(&double, &headers, &body, mood);
    double.asked.notify_one();
    answer
}

fn created(double: &Double, headers: &HeaderMap, body: &[u8], mood: Mood) -> Response {
    if !authorized(headers) {
        return unauthorized();
    }
    match mood {
        Mood::IsBusy => {
            let error = json!({"error": "TooManyRequests", "description": "Number of allowed API requests per minute exceeded"});
            return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0")], Json(error))
                .into_response();
        }
        Mood::KnowsNoAssignee if !String::from_utf8_lossy(body).contains("\"assignee_") => {}
        Mood::RefusesForGood | Mood::KnowsNoAssignee => {
            let error = json!({"error": "RecordInvalid", "description": "Record validation errors", "details": {}});
            return (StatusCode::UNPROCESSABLE_ENTITY, Json(error)).into_response();
        }
        Mood::Takes | Mood::TakesAndLosesTheAnswer => {}
    }
    let asked: Value = serde_json::from_slice(body).unwrap();
    let mut ticket = asked["ticket"].clone();
    assert!(ticket["comment"]["body"].is_string() && ticket["requester"]["name"].is_string());
    let mut tickets = double.tickets.lock().unwrap();
    let id = 35_436 + tickets.len() as u64;
    ticket["id"] = json!(id);
    ticket["status"] = json!("new");
    tickets.push(ticket.clone());
    if mood == Mood::TakesAndLosesTheAnswer {
        return (StatusCode::CREATED, "{").into_response();
    }
    (StatusCode::CREATED, Json(json!({"ticket": ticket, "audit": {"events": []}}))).into_response()
}
