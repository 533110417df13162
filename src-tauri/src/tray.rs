//! The icon in the tray: how many wait, and the shortest ways to act.
//!
//! GNOME shows no tray without an extension, so nothing is reached through it alone.

mod badge;
mod host;

use crate::{
    desktop::{self, Desktop},
    window,
    words::Words,
};
use bellhop_model::Availability;
use std::sync::{Mutex, PoisonError};
use tauri::{
    AppHandle, Manager, Wry,
    menu::{CheckMenuItem, IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu},
    tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent},
};

const CHOICES: [(Availability, &str); 3] = [
    (Availability::Online, "online"),
    (Availability::Away, "away"),
    (Availability::Invisible, "invisible"),
];

/// The icon, its items and what they show, so that a change touches only what changed: a menu
/// that is set cannot be replaced on Linux, only its items' texts.
pub(crate) struct Tray {
    icon: TrayIcon,
    open: MenuItem<Wry>,
    serve_next: MenuItem<Wry>,
    availability: Submenu<Wry>,
    choices: Vec<CheckMenuItem<Wry>>,
    quit: MenuItem<Wry>,
    shown: Mutex<Shown>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Shown {
    waiting: u32,
    availability: Option<Availability>,
    /// Neither a notification nor the bell tells of a new request.
    muted: bool,
    offline: bool,
}

/// Builds the icon and finds out, now and whenever it changes, whether a tray shows it.
pub(crate) fn build(app: &AppHandle) -> tauri::Result<()> {
    let words = app.state::<Desktop>().words();
    let open = MenuItem::with_id(app, "open", words.open(), true, None::<&str>)?;
    let serve_next = MenuItem::with_id(app, "serve-next", words.waiting(0), false, None::<&str>)?;
    let choices = CHOICES
        .iter()
        .map(|(choice, id)| {
            CheckMenuItem::with_id(app, id, name(&words, *choice), true, false, None::<&str>)
        })
        .collect::<tauri::Result<Vec<_>>>()?;
    let items: Vec<&dyn IsMenuItem<Wry>> =
        choices.iter().map(|item| item as &dyn IsMenuItem<Wry>).collect();
    let availability =
        Submenu::with_id_and_items(app, "availability", words.availability(), true, &items)?;
    let quit = MenuItem::with_id(app, "quit", words.quit(), true, None::<&str>)?;
    let line = PredefinedMenuItem::separator(app)?;
    let menu = Menu::with_items(app, &[&open, &serve_next, &availability, &line, &quit])?;
    let icon = TrayIconBuilder::with_id("bellhop")
        .icon(badge::icon(badge::Bell::Quiet)?)
        .tooltip("Bellhop")
        .menu(&menu)
        .show_menu_on_left_click(false)
        .on_menu_event(|app, event| chosen(app, event.id().as_ref()))
        .on_tray_icon_event(|icon, event| {
            if let TrayIconEvent::Click {
                button: MouseButton::Left,
                button_state: MouseButtonState::Up,
                ..
            } = event
            {
                window::show(icon.app_handle());
            }
        })
        .build(app)?;
    app.manage(Tray {
        icon,
        open,
        serve_next,
        availability,
        choices,
        quit,
        shown: Mutex::default(),
    });
    host::watch(app.clone());
    Ok(())
}

fn chosen(app: &AppHandle, id: &str) {
    let desktop = app.state::<Desktop>();
    match id {
        "open" => window::show(app),
        "serve-next" => desktop.wish(desktop::serve_next_ask()),
        "quit" => {
            desktop.allow_exit();
            app.exit(0);
        }
        other => {
            if let Some((choice, _)) = CHOICES.iter().find(|(_, id)| *id == other) {
                desktop.wish(desktop::availability_ask(*choice));
            }
            // The system has ticked the item already; what is so is what the service confirms.
            refresh(app);
        }
    }
}

/// So many wait now.
pub(crate) fn set_waiting(app: &AppHandle, waiting: u32) {
    update(app, |shown| shown.waiting = waiting);
}

/// The agent's availability is now this.
pub(crate) fn set_availability(app: &AppHandle, availability: Availability) {
    update(app, |shown| shown.availability = Some(availability));
}

/// Whether a new request is told of by the tray alone.
pub(crate) fn set_muted(app: &AppHandle, muted: bool) {
    update(app, |shown| shown.muted = muted);
}

/// Whether there is no connection, so that nobody knows who waits.
pub(crate) fn set_offline(app: &AppHandle, offline: bool) {
    update(app, |shown| shown.offline = offline);
}

fn update(app: &AppHandle, change: impl FnOnce(&mut Shown)) {
    let Some(tray) = app.try_state::<Tray>() else { return };
    {
        let mut shown = tray.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *shown;
        change(&mut shown);
        if *shown == before {
            return;
        }
    }
    refresh(app);
}

/// Writes texts, ticks and icon anew: after a change, and after one of the language.
pub(crate) fn refresh(app: &AppHandle) {
    let handle = app.clone();
    let queued = app.run_on_main_thread(move || {
        let words = handle.state::<Desktop>().words();
        let tray = handle.state::<Tray>();
        if let Err(error) = tray.write(&words) {
            tracing::warn!("the tray could not be changed: {error}");
        }
    });
    if let Err(error) = queued {
        tracing::warn!("the tray could not be changed: {error}");
    }
}

impl Tray {
    fn write(&self, words: &Words) -> tauri::Result<()> {
        let shown = *self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        self.open.set_text(words.open())?;
        self.quit.set_text(words.quit())?;
        self.availability.set_text(words.availability())?;
        for ((choice, _), item) in CHOICES.iter().zip(&self.choices) {
            item.set_text(name(words, *choice))?;
            item.set_checked(shown.availability == Some(*choice))?;
        }
        let waits = shown.waiting > 0;
        self.serve_next.set_text(if waits {
            format!("{} ({})", words.serve_next(), shown.waiting)
        } else {
            words.waiting(0)
        })?;
        self.serve_next.set_enabled(waits)?;
        let bell = match shown {
            Shown { offline: true, .. } => badge::Bell::Offline,
            Shown { waiting: 0, muted: true, .. } => badge::Bell::Muted,
            Shown { waiting: 0, .. } => badge::Bell::Quiet,
            Shown { waiting, .. } => badge::Bell::Waiting(waiting),
        };
        self.icon.set_icon(Some(badge::icon(bell)?))?;
        let said = if shown.offline { words.offline() } else { words.waiting(shown.waiting) };
        self.icon.set_tooltip(Some(said))?;
        self.icon.set_title(waits.then(|| shown.waiting.to_string()))?;
        Ok(())
    }
}

fn name(words: &Words, choice: Availability) -> String {
    match choice {
        Availability::Online => words.online(),
        Availability::Away => words.away(),
        Availability::Invisible => words.invisible(),
    }
}
