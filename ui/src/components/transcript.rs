//! A transcript: a window over its rows, so that a long chat costs what its visible part costs.
//!
//! Invariant: what is being read never moves. At the end of the transcript new lines are
//! followed; anywhere else the first visible row is the anchor, kept in its place while rows
//! above it are measured, and new lines are only counted.

mod heights;

use super::{
    common::{Icon, shape},
    line::{LineRow, RowBody},
};
use crate::{
    dom::{
        scroll::{self, Scrolled},
        time,
    },
    state::{
        Store,
        rows::{Book, Row},
        select::{self, Names},
        store::Reading,
        use_store,
    },
    words::{Words, use_words},
};
use bellhop_model::{
    Author, ChatId, CommandId, TranscriptLine,
    chat::LineBody,
    view::{HistoryChat, PendingMessage},
};
use heights::Heights;
use std::{ops::Range, rc::Rc};
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{Element, MouseEvent, ResizeObserver};
use yew::prelude::*;

/// Pixels rendered above and below what is visible.
const MARGIN: f64 = 600.0;
/// Rows that stay above the margin while the end is followed: they are dropped together, so that
/// not every line moves all others.
const KEPT: usize = 32;
/// This near to the end, in pixels, is at the end.
const AT_END: f64 = 32.0;

/// How many of the newest lines can be messages that are still shown as on their way.
const NEWEST: usize = 64;

/// Where the lines come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Feed {
    /// A chat of the view.
    Live(ChatId),
    /// A chat of the history.
    Stored(Rc<HistoryChat>),
}

/// What is shown.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct TranscriptProps {
    pub feed: Feed,
    /// The book's revision, and how many lines it has.
    pub rev: (u64, usize),
    pub names: Rc<Names>,
    #[prop_or_default]
    pub typing: bool,
    #[prop_or_default]
    pub pending: Rc<Vec<PendingMessage>>,
}

/// See the module.
#[component]
pub fn Transcript(props: &TranscriptProps) -> Html {
    let (store, words) = (use_store(), use_words());
    html! { <Window {store} {words} given={props.clone()} /> }
}

#[derive(Debug, Clone, PartialEq, Properties)]
struct WindowProps {
    store: Store,
    words: Words,
    given: TranscriptProps,
}

#[derive(Debug)]
enum Msg {
    Scrolled,
    Resized,
    ToEnd,
}

#[derive(Debug)]
struct Window {
    node: NodeRef,
    above: NodeRef,
    below: NodeRef,
    /// The rows of a stored chat; those of a live one are the store's.
    stored: Option<Book>,
    heights: Heights,
    range: Range<usize>,
    /// The end is followed.
    at_end: bool,
    /// The first visible row, and how many of its pixels are above.
    anchor: usize,
    into: f64,
    /// The anchor is to be scrolled to once there is something to scroll.
    coming_back: bool,
    /// How far measuring has moved it since it was last kept in its place.
    moved: f64,
    /// How high what is seen of it is; asking the page for it costs a layout.
    height: f64,
    /// How high the spaces above and below are: setting a style anew costs a layout.
    spaces: [String; 2],
    /// Lines that came below while the end was not followed.
    unseen: usize,
    resize: Option<(ResizeObserver, Closure<dyn FnMut()>)>,
}

impl Component for Window {
    type Message = Msg;
    type Properties = WindowProps;

    fn create(ctx: &Context<Self>) -> Self {
        let stored = match &ctx.props().given.feed {
            Feed::Live(_) => None,
            Feed::Stored(chat) => Some(Book::of(&chat.lines)),
        };
        let mut window = Self {
            node: NodeRef::default(),
            above: NodeRef::default(),
            below: NodeRef::default(),
            stored,
            heights: Heights::default(),
            range: 0..0,
            at_end: true,
            anchor: 0,
            into: 0.0,
            coming_back: false,
            moved: 0.0,
            height: 800.0,
            spaces: <[String; 2]>::default(),
            unseen: 0,
            resize: None,
        };
        window.estimate(ctx);
        // A live chat goes on at its end; one of the history is read from its beginning.
        window.at_end = window.stored.is_none();
        let mut top = if window.at_end { f64::MAX } else { 0.0 };
        if let Feed::Live(id) = ctx.props().given.feed
            && let Some(reading) = ctx.props().store.left_at(id)
        {
            (window.at_end, window.coming_back) = (false, true);
            (window.anchor, window.into) = (reading.row, reading.into);
            window.notice_new(ctx, reading.lines);
            top = window.heights.before(reading.row) + reading.into;
        }
        window.range = window.heights.range(top, window.height, MARGIN);
        window
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &WindowProps) -> bool {
        let (now, before) = (&ctx.props().given, &old.given);
        if now.rev != before.rev {
            if now.rev.1 < before.rev.1 {
                self.heights = Heights::default();
            }
            self.estimate(ctx);
            self.notice_new(ctx, before.rev.1);
        }
        if now.pending.len() > before.pending.len() {
            // The agent said something: she wants to see it.
            self.at_end = true;
            self.unseen = 0;
        }
        if self.at_end {
            self.range = self.range_at_end();
        }
        true
    }

    fn update(&mut self, _: &Context<Self>, msg: Msg) -> bool {
        let Some(node) = self.node.cast::<Element>() else { return false };
        match msg {
            Msg::Scrolled => self.scrolled(&node),
            Msg::Resized => {
                self.measure(&node);
                self.hold(&node);
                self.scrolled(&node)
            }
            Msg::ToEnd => {
                self.at_end = true;
                self.unseen = 0;
                self.range = self.range_at_end();
                true
            }
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let WindowProps { words, given, .. } = ctx.props();
        let link = ctx.link();
        let label = words.with("transcript-label", &[("visitor", (&given.names.visitor).into())]);
        html! {
            <div class={classes!("transcript", self.stored.is_some().then_some("transcript--stored"))}>
                <div class="transcript__scroll" ref={self.node.clone()} tabindex="0" role="log"
                    data-test="transcript" aria-live={if self.stored.is_some() { "off" } else { "polite" }} aria-label={label}
                    aria-busy={(!self.at_end).to_string()}
                    onscroll={link.callback(|_: Event| Msg::Scrolled)}>
                    { for self.children(ctx) }
                </div>
                if self.unseen > 0 {
                    <button type="button" class="pill" data-test="new-below"
                        onclick={link.callback(|_: MouseEvent| Msg::ToEnd)}>
                        { words.with("new-below", &[("n", self.unseen.into())]) }
                        { shape(Icon::ArrowDown, 16) }
                    </button>
                }
            </div>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        let Some(node) = self.node.cast::<Element>() else { return };
        if first {
            self.observe(ctx, &node);
        }
        self.measure(&node);
        if std::mem::take(&mut self.coming_back) {
            self.moved = 0.0;
            scroll::to(&node, self.heights.before(self.anchor) + self.into);
        }
        self.hold(&node);
        // Rows were smaller than guessed: more of them fit.
        let wanted = self.wanted(&node);
        if wanted.start < self.range.start || wanted.end > self.range.end {
            ctx.link().send_message(Msg::Scrolled);
        }
    }

    fn destroy(&mut self, ctx: &Context<Self>) {
        let WindowProps { store, given, .. } = ctx.props();
        if let Feed::Live(id) = given.feed {
            let (row, into, lines) = (self.anchor, self.into, given.rev.1);
            store.leave_at(id, (!self.at_end).then_some(Reading { row, into, lines }));
        }
        if let Some((observer, _)) = self.resize.take() {
            observer.disconnect();
        }
    }
}

impl Window {
    /// Reads the book and its lines.
    fn with_book<T>(
        &self,
        ctx: &Context<Self>,
        read: impl FnOnce(&Book, &[TranscriptLine]) -> T,
    ) -> Option<T> {
        match (&ctx.props().given.feed, &self.stored) {
            (Feed::Stored(chat), Some(book)) => Some(read(book, &chat.lines)),
            (Feed::Live(id), _) => ctx
                .props()
                .store
                .read(|state| Some(read(state.books.get(id)?, &select::chat(state, *id)?.lines))),
            (Feed::Stored(_), None) => None,
        }
    }

    /// Guesses the heights of rows that have none yet.
    fn estimate(&mut self, ctx: &Context<Self>) {
        let from = self.heights.len();
        let guessed = self.with_book(ctx, |book, lines| {
            let new = book.rows().get(from..).unwrap_or_default();
            new.iter().map(|row| guess(row, lines)).collect::<Vec<_>>()
        });
        for height in guessed.unwrap_or_default() {
            self.heights.push(height);
        }
    }

    /// Counts what came below while the end is not followed; the agent's own lines follow.
    fn notice_new(&mut self, ctx: &Context<Self>, before: usize) {
        let me = ctx.props().given.names.me;
        let said = self.with_book(ctx, |_, lines| {
            let new = lines.get(before..).unwrap_or_default();
            let authors = new.iter().filter_map(|line| match &line.body {
                LineBody::Said { message } => Some(&message.author),
                _ => None,
            });
            let own = |a: &Author| matches!(a, Author::Agent { agent_id } if Some(*agent_id) == me);
            authors.filter(|a| !own(a)).count()
        });
        if !self.at_end {
            self.unseen += said.unwrap_or_default();
        }
    }

    /// All of the scrolled content as one list in which every node has a key: a list with any
    /// node without one is matched by position, and every row would be made anew.
    fn children(&self, ctx: &Context<Self>) -> Vec<Html> {
        let WindowProps { words, given, .. } = ctx.props();
        let space = |key: &'static str, node: &NodeRef| {
            html! { <div {key} class="transcript__space" ref={node.clone()} /> }
        };
        let mut children = vec![space("above", &self.above)];
        children.extend(self.rows(ctx));
        children.push(space("below", &self.below));
        children.extend(self.tail(ctx));
        if given.rev.1 == 0 && given.pending.is_empty() {
            let text = words.say("transcript-empty");
            children.push(html! { <p key="empty" class="transcript__empty">{ text }</p> });
        }
        children
    }

    fn rows(&self, ctx: &Context<Self>) -> Vec<Html> {
        let WindowProps { words, store, given } = ctx.props();
        let rows = self.with_book(ctx, |book, lines| {
            let range = self.range.start..self.range.end.min(book.rows().len());
            let visible = book.rows().get(range.clone()).unwrap_or_default();
            range
                .zip(visible)
                .filter_map(|(index, row)| {
                    let (key, body, leads) = match row {
                        Row::Day { at } => (format!("d{}", at.0), RowBody::Day(*at), false),
                        Row::Line { index, leads } => {
                            let line = lines.get(*index)?;
                            (key_of(line), RowBody::Line(Box::new(line.clone())), *leads)
                        }
                    };
                    Some((index, key, body, leads))
                })
                .collect::<Vec<_>>()
        });
        rows.unwrap_or_default()
            .into_iter()
            .map(|(index, key, body, leads)| {
                html! {
                    <LineRow {key} {body} {leads} index={Some(index)} names={Rc::clone(&given.names)}
                        words={words.clone()} store={store.clone()} />
                }
            })
            .collect()
    }

    /// What stands below the book: messages on their way, the visitor's typing sign.
    fn tail(&self, ctx: &Context<Self>) -> Vec<Html> {
        let WindowProps { words, store, given } = ctx.props();
        // A message that is a line already is not shown twice, nor its key used twice.
        let told = self.with_book(ctx, |_, lines| {
            let newest = lines.iter().rev().take(NEWEST);
            newest.filter_map(said_id).collect::<Vec<_>>()
        });
        let told = told.unwrap_or_default();
        let mut tail: Vec<Html> = given
            .pending
            .iter()
            .filter(|pending| !told.contains(&pending.id))
            .enumerate()
            .map(|(at, pending)| {
                let body = RowBody::Pending(Box::new(pending.clone()));
                html! {
                    <LineRow key={format!("m{}", pending.id)} {body} leads={at == 0}
                        names={Rc::clone(&given.names)} words={words.clone()} store={store.clone()} />
                }
            })
            .collect();
        if given.typing {
            tail.push(html! {
                <div key="typing" class="said said--visitor said--typing" data-test="visitor-typing">
                    <span class="typing" aria-hidden="true"><i /><i /><i /></span>
                    <span class="said__typing">
                        { words.with("visitor-typing", &[("visitor", (&given.names.visitor).into())]) }
                    </span>
                </div>
            });
        }
        tail
    }

    fn range_at_end(&self) -> Range<usize> {
        let wanted = self.heights.range(f64::MAX, self.height, MARGIN);
        let kept = wanted.start.saturating_sub(KEPT)..=wanted.start;
        if kept.contains(&self.range.start) { self.range.start..wanted.end } else { wanted }
    }

    fn wanted(&self, node: &Element) -> Range<usize> {
        let scrolled = Scrolled::of(node);
        self.heights.range(scrolled.top, scrolled.height, MARGIN)
    }

    /// The agent scrolled: what is the anchor now, and are other rows needed?
    fn scrolled(&mut self, node: &Element) -> bool {
        let scrolled = Scrolled::of(node);
        let was_at_end = self.at_end;
        self.at_end = scrolled.below() < AT_END;
        if self.at_end {
            self.unseen = 0;
        }
        (self.anchor, self.into) = self.heights.at(scrolled.top);
        let wanted = self.heights.range(scrolled.top, scrolled.height, MARGIN);
        // Half of the margin is left before rows are rendered anew.
        let needed = self.heights.range(scrolled.top, scrolled.height, MARGIN / 2.0);
        let enough = self.range.start <= needed.start && self.range.end >= needed.end;
        if !enough {
            self.range = wanted;
        }
        !enough || was_at_end != self.at_end
    }

    /// Measures the rows that are rendered and makes the spaces above and below fit.
    fn measure(&mut self, node: &Element) {
        let before = self.heights.before(self.anchor);
        let children = node.children();
        for at in 0..children.length() {
            let Some(row) = children.item(at) else { continue };
            let index = row.get_attribute("data-row").and_then(|text| text.parse().ok());
            if let Some(index) = index {
                self.heights.set(index, scroll::height_of(&row));
            }
        }
        self.height = f64::from(node.client_height());
        self.moved += self.heights.before(self.anchor) - before;
        let total = self.heights.before(self.heights.len());
        let above = self.heights.before(self.range.start);
        let below = total - self.heights.before(self.range.end);
        let spaces = [(&self.above, above), (&self.below, below)];
        for ((space, height), set) in spaces.into_iter().zip(&mut self.spaces) {
            let height = format!("{height}px");
            if let Some(space) = space.cast::<Element>().filter(|_| height != *set) {
                scroll::style(&space, "height", &height);
                *set = height;
            }
        }
    }

    /// Keeps what is read in its place, or follows the end.
    fn hold(&mut self, node: &Element) {
        let moved = std::mem::take(&mut self.moved);
        if self.at_end {
            scroll::to(node, f64::from(node.scroll_height()));
        } else if moved.abs() >= 1.0 {
            scroll::to(node, f64::from(node.scroll_top()) + moved);
        }
    }

    fn observe(&mut self, ctx: &Context<Self>, node: &Element) {
        let link = ctx.link().clone();
        let call = Closure::<dyn FnMut()>::new(move || {
            let link = link.clone();
            time::next_frame(move || link.send_message(Msg::Resized));
        });
        if let Ok(observer) = ResizeObserver::new(call.as_ref().unchecked_ref()) {
            observer.observe(node);
            self.resize = Some((observer, call));
        }
    }
}

fn said_id(line: &TranscriptLine) -> Option<CommandId> {
    match &line.body {
        LineBody::Said { message } => Some(message.id),
        _ => None,
    }
}

/// Lines keep their element when a message on its way becomes one of the book.
fn key_of(line: &TranscriptLine) -> String {
    match said_id(line) {
        Some(id) => format!("m{id}"),
        None => format!("s{}", line.seq),
    }
}

/// A first guess of a row's height in pixels; measured once it is rendered.
fn guess(row: &Row, lines: &[TranscriptLine]) -> f64 {
    match row {
        Row::Day { .. } => 44.0,
        Row::Line { index, leads } => {
            let text = match lines.get(*index).map(|line| &line.body) {
                Some(LineBody::Said { message }) => &message.text,
                _ => return 32.0,
            };
            let rows = text.len() / 60 + text.matches('\n').count() + 1;
            let lead = if *leads { 28.0 } else { 0.0 };
            lead + 18.0 + 21.0 * rows as f64
        }
    }
}
