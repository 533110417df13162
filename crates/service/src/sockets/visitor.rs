//! The visitors' socket: the widget of any web page speaks here.
//!
//! Everything it says is hostile: sizes are checked, names and pages made fit to show on a line,
//! and what a visitor is called follows from a secret only their browser has.

use super::{
    Sockets,
    line::{Ended, Line, OF_A_VISITOR, check_opening, close_code, parse},
    stopped,
    upgrade::{Io, Upgrade},
};
use crate::{
    account::VisitorWish,
    address::Address,
    bucket::Bucket,
    clock::Clock,
    crowd::Place,
    door::Inside,
    hub::{Arrival, Job, Stopped, VisitorOut},
    metrics::Who,
    user_agent,
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header::USER_AGENT},
    response::{IntoResponse as _, Response},
};
use bellhop_model::{
    Seq, Timestamp, VisitorId,
    frame::{PROTOCOL, Rejection},
    limits::{TITLE_CHARS, URL_CHARS, USER_AGENT_CHARS},
    people::Page,
    rules,
    visitor_frame::{VisitorClientFrame, VisitorServerFrame},
};
use sha2::{Digest, Sha256};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};

/// Characters kept of a language tag.
const LANGUAGE_CHARS: usize = 35;

/// Answers `GET /visitor`. Any page may: the widget is embedded on any site.
pub(crate) async fn visitor_socket(
    State(sockets): State<Sockets>,
    address: Address,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Response {
    let from = match sockets.place(&sockets.pages, address) {
        Ok(place) => place.map(|place| Whence { address, place }),
        Err(too_fast) => return too_fast.into_response(),
    };
    let Ok(permit) = sockets.room.clone().try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many connections").into_response();
    };
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let agent = rules::clean_line(agent, USER_AGENT_CHARS);
    upgrade.answer(move |io, inside| run(sockets, io, from, agent, (permit, inside)))
}

/// Where a page is asked for from, and its place in that address's share.
struct Whence {
    address: Address,
    place: Place,
}

/// One page's line, from its opening to its end. There are ten thousand of them, and most do
/// nothing: what is needed for a moment alone is boxed, or each would have room for it at all times.
async fn run(
    sockets: Sockets,
    io: Io,
    from: Option<Whence>,
    agent: String,
    places: (OwnedSemaphorePermit, Option<Inside>),
) {
    let mut line = Box::pin(Line::new(io, &sockets.tuning, OF_A_VISITOR)).await;
    let ended = match Box::pin(arrive(&sockets, &mut line, from, agent)).await {
        Ok((mut session, told)) => {
            let ended = session.live(told).await;
            // Whatever ended it, the hub must know that this page is no more.
            match Box::pin(session.gone()).await {
                Ok(()) => ended,
                Err(stopped) => stopped.into(),
            }
        }
        Err(ended) => ended,
    };
    Box::pin(end(&sockets, line, ended)).await;
    // The service stops when all sockets are dropped.
    drop((sockets, places));
}

async fn end(sockets: &Sockets, line: Line, ended: Ended) {
    match ended {
        Ended::Gone => {
            if line.is_stuck() {
                sockets.metrics.too_slow(Who::Visitor);
            }
            line.end::<VisitorServerFrame>(None).await;
        }
        Ended::Reject(rejection) => {
            tracing::debug!(code = ?std::mem::discriminant(&rejection), "a visitor's line ends");
            sockets.metrics.rejected(Who::Visitor, &rejection);
            let code = close_code(&rejection);
            line.end(Some((&VisitorServerFrame::Rejected(rejection), code))).await;
        }
    }
}

/// The hello, the hub's welcome to it, and what the page is told first.
async fn arrive<'a>(
    sockets: &'a Sockets,
    line: &'a mut Line,
    from: Option<Whence>,
    agent: String,
) -> Result<(Session<'a>, mpsc::Receiver<VisitorOut>), Ended> {
    let address = from.as_ref().map(|from| from.address);
    let (mut arrival, cursor) = hello(sockets, line, address).await?;
    (arrival.browser, arrival.platform) = user_agent::read(&agent);
    arrival.user_agent = agent;
    let visitor = arrival.visitor.clone();
    let socket = sockets.number();
    let (out, told) = mpsc::channel(sockets.tuning.visitor_lag_frames.max(1));
    let here = |answer| Job::VisitorHere {
        arrival: Box::new(arrival),
        cursor,
        socket,
        out: out.clone(),
        answer,
    };
    let welcome = sockets.hub.ask(here).await?.map_err(Ended::Reject)?;
    // Only the hub keeps the way in open: dropping it is how it cuts a page off.
    let place = from.map(|from| from.place);
    let mut session = Session { sockets, line, visitor, socket, place, out: out.downgrade() };
    drop(out);
    if let Err(ended) = session.welcome(welcome.frames).await {
        session.gone().await?;
        return Err(ended);
    }
    Ok((session, told))
}

async fn hello(
    sockets: &Sockets,
    line: &mut Line,
    address: Option<Address>,
) -> Result<(Arrival, Seq), Ended> {
    let mut stopping = sockets.stopping.clone();
    let first = tokio::select! {
        first = timeout(sockets.tuning.hello_timeout, line.next()) => first,
        () = stopped(&mut stopping) => return Err(Ended::Reject(Rejection::Stopping)),
    };
    let text = first.map_err(|_| Ended::bad_frame("no hello in time"))??;
    check_opening(&text, PROTOCOL)?;
    let VisitorClientFrame::Hello {
        key,
        cursor,
        language,
        page,
        referrer,
        time_zone,
        visits,
        protocol: _,
    } = parse(&text)?
    else {
        return Err(Ended::bad_frame("the first frame must be hello"));
    };
    let arrival = Arrival {
        address,
        place: sockets.atlas.find(address, &time_zone, &language),
        visits,
        visitor: visitor_id(&key)
            .ok_or_else(|| Ended::bad_frame("the key is not 32 hexadecimal characters"))?,
        language: rules::clean_line(&language, LANGUAGE_CHARS),
        browser: String::new(),
        platform: String::new(),
        user_agent: String::new(),
        page: clean_page(&page),
        referrer: rules::clean_line(&referrer, URL_CHARS),
    };
    Ok((arrival, cursor))
}

/// Who a key belongs to. Knowing the id does not allow to speak for it.
pub(crate) fn visitor_id(key: &str) -> Option<VisitorId> {
    if key.len() != 32 || !key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let key = key.to_ascii_lowercase();
    let hash = Sha256::digest(format!("bellhop-visitor:{key}").as_bytes());
    Some(VisitorId(hex::encode(&hash[..12])))
}

fn clean_page(page: &Page) -> Page {
    Page {
        url: rules::clean_line(&page.url, URL_CHARS),
        title: rules::clean_line(&page.title, TITLE_CHARS),
        language: rules::clean_line(&page.language, LANGUAGE_CHARS),
    }
}

struct Session<'a> {
    sockets: &'a Sockets,
    line: &'a mut Line,
    visitor: VisitorId,
    socket: u64,
    place: Option<Place>,
    out: mpsc::WeakSender<VisitorOut>,
}

impl Session<'_> {
    async fn welcome(&mut self, frames: Vec<VisitorServerFrame>) -> Result<(), Ended> {
        for frame in frames {
            self.line.feed(super::line::text_of(&frame)?).await?;
        }
        self.line.flush().await
    }

    async fn live(&mut self, mut told: mpsc::Receiver<VisitorOut>) -> Ended {
        let mut stopping = self.sockets.stopping.clone();
        let mut clock = Clock::starting_at(Timestamp(0));
        let mut bucket = Bucket::new(self.sockets.tuning.visitor_frames, clock.now());
        let beat = self.sockets.tuning.heartbeat;
        let mut heartbeat = interval_at(Instant::now() + beat, beat);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let step = tokio::select! {
                biased;
                () = stopped(&mut stopping) => Err(Ended::Reject(Rejection::Stopping)),
                out = told.recv() => match out {
                    Some(VisitorOut::Frame(frame)) => Box::pin(self.line.send(&*frame)).await,
                    Some(VisitorOut::Cut(rejection)) => Err(Ended::Reject(*rejection)),
                    None => Err(Ended::Reject(Rejection::TooSlow)),
                },
                text = self.line.next() => {
                    let own = bucket.take(clock.now()).err();
                    let shared = self.place.as_ref().and_then(|place| place.heard(1.0));
                    if let Some(wait) = own.max(shared) {
                        self.line.pause_for(wait);
                    }
                    match text.and_then(|text| parse(&text)) {
                        Ok(frame) => Box::pin(self.hear(frame)).await,
                        Err(ended) => Err(ended),
                    }
                }
                _ = heartbeat.tick() => {
                    if self.line.silent_for() > self.sockets.tuning.silence_limit {
                        Err(Ended::Gone)
                    } else {
                        Box::pin(self.line.ping()).await
                    }
                }
            };
            if let Err(ended) = step {
                return ended;
            }
        }
    }

    /// The page is no more.
    async fn gone(&mut self) -> Result<(), Stopped> {
        let (visitor, socket) = (self.visitor.clone(), self.socket);
        self.sockets.hub.give(Job::VisitorGone { visitor, socket }).await
    }

    async fn hear(&mut self, frame: VisitorClientFrame) -> Result<(), Ended> {
        let visitor = self.visitor.clone();
        let Some(out) = self.out.upgrade() else {
            return Err(Ended::Reject(Rejection::TooSlow));
        };
        let job = match frame {
            VisitorClientFrame::Hello { .. } => return Err(Ended::bad_frame("a second hello")),
            VisitorClientFrame::Ping => return self.line.send(&VisitorServerFrame::Pong).await,
            VisitorClientFrame::Page { page } => {
                Job::VisitorPage { visitor, page: clean_page(&page) }
            }
            VisitorClientFrame::Active => Job::VisitorActive { visitor },
            VisitorClientFrame::Widget { open } => {
                Job::VisitorOpens { visitor, socket: self.socket, open }
            }
            VisitorClientFrame::Typing { on } => Job::VisitorTyping { visitor, on },
            VisitorClientFrame::Department { department_id } => {
                Job::VisitorDepartment { visitor, department: department_id }
            }
            VisitorClientFrame::Skills { skills } => Job::VisitorSkills { visitor, skills },
            VisitorClientFrame::Say { id, text } => {
                let wish = VisitorWish::Say { id, text, department: None, skills: Vec::new() };
                Job::VisitorWish { visitor, id: Some(id), wish, out }
            }
            VisitorClientFrame::Name { name } => {
                Job::VisitorWish { visitor, id: None, wish: VisitorWish::Name { name }, out }
            }
            VisitorClientFrame::Leave { id, text, email } => {
                let wish = VisitorWish::Leave { text, email, department: None };
                Job::VisitorWish { visitor, id: Some(id), wish, out }
            }
            VisitorClientFrame::Rate { id, rating, comment } => {
                let wish = VisitorWish::Rate { rating, comment };
                Job::VisitorWish { visitor, id: Some(id), wish, out }
            }
            VisitorClientFrame::End { id } => {
                Job::VisitorWish { visitor, id: Some(id), wish: VisitorWish::End, out }
            }
        };
        self.sockets.hub.give(job).await.map_err(Ended::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of what such a function begins.
    fn size_of_run<A, B, C, D, E, F>(_: impl Fn(A, B, C, D, E) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn the_line_of_a_visitor_who_does_nothing_is_small() {
        let size = size_of_run(run);
        assert!(size <= 2_048, "it takes {size} bytes");
        assert!(size_of::<VisitorOut>() <= 16, "there is room for 32 of them");
    }

    #[test]
    fn a_visitor_is_called_by_what_follows_from_the_key() {
        let id = visitor_id("000102030405060708090a0b0c0d0e0f").unwrap();
        assert_eq!(id.0.len(), 24);
        assert_eq!(visitor_id("000102030405060708090A0B0C0D0E0F").unwrap(), id);
        assert_eq!(visitor_id("000102"), None);
        assert_eq!(visitor_id(&"g".repeat(32)), None);
    }
}
