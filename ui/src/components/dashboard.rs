//! The frame of the window: left bar, page, bottom edge.

use super::{
    bar::Bar,
    chat::ChatPane,
    connection::{ConnectionWord, StaleBar},
    details::Details,
    end_dialog::EndDialog,
    history::HistoryPage,
    home::HomePane,
    lists::Lists,
    notices::Notices,
    panes::{Edge, Side},
    queue::ServeButton,
    settings::SettingsPage,
    tabs::Tabs,
    visitors::VisitorsPage,
};
use crate::{
    dom::page,
    state::{Page, use_select},
};
use yew::prelude::*;

/// The dashboard.
#[component]
pub fn Dashboard() -> Html {
    let page = use_select(|s| s.place.page);
    html! {
        <div class="frame">
            <Bar />
            <main class="frame__page">
                <StaleBar />
                {
                    match *page {
                        Page::Home => html! { <HomePage /> },
                        Page::Visitors => html! { <VisitorsPage /> },
                        Page::History => html! { <HistoryPage /> },
                        Page::Settings => html! { <SettingsPage /> },
                    }
                }
            </main>
            <footer class="frame__foot">
                <ServeButton />
                <ConnectionWord />
                <Tabs />
            </footer>
            <Notices />
            <EndDialog />
        </div>
    }
}

/// Lists, chat window, details; in a wide window two chats side by side (looks.md).
#[component]
fn HomePage() -> Html {
    let place = use_select(|s| (s.place.shown, s.place.side_by_side(), s.place.details));
    let room_for_two = page::use_room_for_two();
    let (shown, side_by_side, details) = *place;
    let chats = if room_for_two { side_by_side } else { [shown, None] };
    let any = chats.iter().flatten().next().is_some();
    html! {
        <div class={classes!("panes", any.then_some("panes--chat"))}>
            <Lists />
            <Edge side={Side::Lists} />
            { for chats.into_iter().flatten().map(|chat_id| html! {
                <ChatPane key={chat_id.0} {chat_id} beside={shown != Some(chat_id)} />
            }) }
            if !any {
                <HomePane />
            } else if let Some(chat_id) = shown.filter(|_| details.unwrap_or(true)) {
                <Edge side={Side::Details} />
                <Details key={chat_id.0} {chat_id} where_there_is_room={details.is_none()} />
            }
        </div>
    }
}
