//! The one set of line icons: Lucide (ISC, see `ui/icons/LICENSE`).

use yew::prelude::*;

/// An icon by what it means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    Home,
    Visitors,
    History,
    Settings,
    Close,
    Info,
    Down,
    Back,
    Bell,
    Clock,
    Sending,
    Alert,
    Check,
    Eye,
    OutLink,
    Tag,
    ArrowDown,
    Chat,
    Lock,
    Offline,
    Panel,
    Enter,
}

enum Part {
    Path(&'static str),
    Circle(&'static str, &'static str, &'static str),
}

use Part::{Circle, Path};

impl Icon {
    fn parts(self) -> &'static [Part] {
        match self {
            Self::Home => HOME,
            Self::Visitors => VISITORS,
            Self::History => HISTORY,
            Self::Settings => SETTINGS,
            Self::Close => CLOSE,
            Self::Info => INFO,
            Self::Down => DOWN,
            Self::Back => BACK,
            Self::Bell => BELL,
            Self::Clock => CLOCK,
            Self::Sending => SENDING,
            Self::Alert => ALERT,
            Self::Check => CHECK,
            Self::Eye => EYE,
            Self::OutLink => OUT_LINK,
            Self::Tag => TAG,
            Self::ArrowDown => ARROW_DOWN,
            Self::Chat => CHAT,
            Self::Lock => LOCK,
            Self::Offline => OFFLINE,
            Self::Panel => PANEL,
            Self::Enter => ENTER,
        }
    }
}

const HOME: &[Part] = &[
    Path("M15 21v-8a1 1 0 0 0-1-1h-4a1 1 0 0 0-1 1v8"),
    Path(
        "M3 10a2 2 0 0 1 .709-1.528l7-6a2 2 0 0 1 2.582 0l7 6A2 2 0 0 1 21 10v9a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z",
    ),
];
const VISITORS: &[Part] = &[
    Path("M16 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2"),
    Path("M16 3.128a4 4 0 0 1 0 7.744"),
    Path("M22 21v-2a4 4 0 0 0-3-3.87"),
    Circle("9", "7", "4"),
];
const HISTORY: &[Part] = &[
    Path("M3 12a9 9 0 1 0 9-9 9.75 9.75 0 0 0-6.74 2.74L3 8"),
    Path("M3 3v5h5"),
    Path("M12 7v5l4 2"),
];
const SETTINGS: &[Part] = &[
    Path(
        "M9.671 4.136a2.34 2.34 0 0 1 4.659 0 2.34 2.34 0 0 0 3.319 1.915 2.34 2.34 0 0 1 2.33 4.033 2.34 2.34 0 0 0 0 3.831 2.34 2.34 0 0 1-2.33 4.033 2.34 2.34 0 0 0-3.319 1.915 2.34 2.34 0 0 1-4.659 0 2.34 2.34 0 0 0-3.32-1.915 2.34 2.34 0 0 1-2.33-4.033 2.34 2.34 0 0 0 0-3.831A2.34 2.34 0 0 1 6.35 6.051a2.34 2.34 0 0 0 3.319-1.915",
    ),
    Circle("12", "12", "3"),
];
const CLOSE: &[Part] = &[Path("M18 6 6 18"), Path("m6 6 12 12")];
const INFO: &[Part] = &[Circle("12", "12", "10"), Path("M12 16v-4"), Path("M12 8h.01")];
const DOWN: &[Part] = &[Path("m6 9 6 6 6-6")];
const BACK: &[Part] = &[Path("m12 19-7-7 7-7"), Path("M19 12H5")];
const BELL: &[Part] = &[
    Path("M10.268 21a2 2 0 0 0 3.464 0"),
    Path(
        "M3.262 15.326A1 1 0 0 0 4 17h16a1 1 0 0 0 .74-1.673C19.41 13.956 18 12.499 18 8A6 6 0 0 0 6 8c0 4.499-1.411 5.956-2.738 7.326",
    ),
];
const CLOCK: &[Part] = &[Circle("12", "12", "10"), Path("M12 6v6l4 2")];
const SENDING: &[Part] = &[Path("M12 19V5"), Path("m5 12 7-7 7 7")];
const ALERT: &[Part] = &[Circle("12", "12", "10"), Path("M12 8v4"), Path("M12 16h.01")];
const CHECK: &[Part] = &[Path("M20 6 9 17l-5-5")];
const EYE: &[Part] = &[
    Path(
        "M2.062 12.348a1 1 0 0 1 0-.696 10.75 10.75 0 0 1 19.876 0 1 1 0 0 1 0 .696 10.75 10.75 0 0 1-19.876 0",
    ),
    Circle("12", "12", "3"),
];
const OUT_LINK: &[Part] = &[
    Path("M15 3h6v6"),
    Path("M10 14 21 3"),
    Path("M18 13v6a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2h6"),
];
const TAG: &[Part] = &[
    Path(
        "M12.586 2.586A2 2 0 0 0 11.172 2H4a2 2 0 0 0-2 2v7.172a2 2 0 0 0 .586 1.414l8.704 8.704a2.426 2.426 0 0 0 3.42 0l6.58-6.58a2.426 2.426 0 0 0 0-3.42z",
    ),
    Circle("7.5", "7.5", ".5"),
];
const ARROW_DOWN: &[Part] = &[Path("M12 5v14"), Path("m19 12-7 7-7-7")];
const CHAT: &[Part] = &[Path(
    "M22 17a2 2 0 0 1-2 2H6.828a2 2 0 0 0-1.414.586l-2.202 2.202A.71.71 0 0 1 2 21.286V5a2 2 0 0 1 2-2h16a2 2 0 0 1 2 2z",
)];
const LOCK: &[Part] = &[
    Path("M5 11h14a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2z"),
    Path("M7 11V7a5 5 0 0 1 10 0v4"),
];
const OFFLINE: &[Part] = &[
    Path("M12 20h.01"),
    Path("M8.5 16.429a5 5 0 0 1 7 0"),
    Path("M5 12.859a10 10 0 0 1 5.17-2.69"),
    Path("M19 12.859a10 10 0 0 0-2.007-1.523"),
    Path("M2 8.82a15 15 0 0 1 4.177-2.643"),
    Path("M22 8.82a15 15 0 0 0-11.288-3.764"),
    Path("m2 2 20 20"),
];
const PANEL: &[Part] = &[
    Path("M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z"),
    Path("M15 3v18"),
];
const ENTER: &[Part] = &[Path("M20 4v7a4 4 0 0 1-4 4H4"), Path("m9 10-5 5 5 5")];

/// The icon at 16 or 20 px. Always beside a text or inside something with an accessible name.
pub fn shape(icon: Icon, size: u8) -> Html {
    let size = size.to_string();
    let parts = icon.parts().iter().map(|part| match part {
        Path(d) => html! { <path d={*d} /> },
        Circle(cx, cy, r) => html! { <circle cx={*cx} cy={*cy} r={*r} /> },
    });
    html! {
        <svg class="icon" width={size.clone()} height={size} viewBox="0 0 24 24" fill="none"
            stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"
            aria-hidden="true" focusable="false">
            { for parts }
        </svg>
    }
}
