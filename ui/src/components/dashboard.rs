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
use crate::state::{Page, use_select};
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

/// Lists, chat window, details.
#[component]
fn HomePage() -> Html {
    let shown = use_select(|s| (s.place.shown, s.place.details));
    let (chat, details) = *shown;
    let class = classes!("panes", chat.is_some().then_some("panes--chat"));
    html! {
        <div {class}>
            <Lists />
            <Edge side={Side::Lists} />
            {
                match chat {
                    Some(chat_id) => html! {
                        <>
                            <ChatPane key={chat_id.0} {chat_id} />
                            if details.unwrap_or(true) {
                                <Edge side={Side::Details} />
                                <Details key={chat_id.0} {chat_id} where_there_is_room={details.is_none()} />
                            }
                        </>
                    },
                    None => html! { <HomePane /> },
                }
            }
        </div>
    }
}
