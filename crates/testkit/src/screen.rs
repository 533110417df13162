//! The screen as its window manager sees it: which windows there are, and what a person does to
//! them with the title bar.
//!
//! Everything goes through the window manager's own messages (EWMH, ICCCM), as a click would.

use anyhow::{Context, Result};
use x11rb::{
    connection::Connection,
    protocol::xproto::{
        Atom, AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, Window as WindowId,
    },
    rust_connection::RustConnection,
};

/// A window that the window manager manages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedWindow {
    pub id: WindowId,
    pub title: String,
    pub minimised: bool,
    pub active: bool,
}

/// A connection to the screen.
#[derive(Debug)]
pub struct ScreenView {
    x: RustConnection,
    root: WindowId,
}

impl ScreenView {
    /// Looks at this display, such as `:99`.
    pub fn of(display: &str) -> Result<Self> {
        let (x, number) = RustConnection::connect(Some(display))
            .with_context(|| format!("the display {display} does not answer"))?;
        let root = x.setup().roots.get(number).context("the display has no screen")?.root;
        Ok(Self { x, root })
    }

    /// The managed windows whose title contains `part`. A hidden (withdrawn) one is not listed.
    pub fn windows(&self, part: &str) -> Result<Vec<ListedWindow>> {
        let active = self.numbers(self.root, "_NET_ACTIVE_WINDOW", AtomEnum::WINDOW.into())?;
        let hidden = self.atom("_NET_WM_STATE_HIDDEN")?;
        let mut found = Vec::new();
        for id in self.numbers(self.root, "_NET_CLIENT_LIST", AtomEnum::WINDOW.into())? {
            // A window that went away in between has no title.
            let title = self.title(id).unwrap_or_default();
            if title.contains(part) {
                let state = self.numbers(id, "_NET_WM_STATE", AtomEnum::ATOM.into());
                let minimised = state.unwrap_or_default().contains(&hidden);
                found.push(ListedWindow { id, title, minimised, active: active.contains(&id) });
            }
        }
        Ok(found)
    }

    /// Clicks the title bar's X.
    pub fn close(&self, window: WindowId) -> Result<()> {
        self.tell(window, "_NET_CLOSE_WINDOW", [0, 2, 0, 0, 0])
    }

    /// Clicks the title bar's minimise button.
    pub fn minimise(&self, window: WindowId) -> Result<()> {
        const ICONIC: u32 = 3;
        self.tell(window, "WM_CHANGE_STATE", [ICONIC, 0, 0, 0, 0])
    }

    /// The screen's width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        let screen = self.x.setup().roots.iter().find(|screen| screen.root == self.root);
        screen.map_or((0, 0), |s| (s.width_in_pixels.into(), s.height_in_pixels.into()))
    }

    /// Moves it to this place and size, frame included.
    pub fn place(&self, window: WindowId, [x, y, width, height]: [u32; 4]) -> Result<()> {
        const ALL_FOUR_FROM_A_PAGER: u32 = 0x2F00;
        self.tell(window, "_NET_MOVERESIZE_WINDOW", [ALL_FOUR_FROM_A_PAGER, x, y, width, height])
    }

    fn tell(&self, window: WindowId, message: &str, data: [u32; 5]) -> Result<()> {
        let event = ClientMessageEvent::new(32, window, self.atom(message)?, data);
        let to = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        self.x.send_event(false, self.root, to, event)?.check()?;
        Ok(())
    }

    fn title(&self, window: WindowId) -> Result<String> {
        let (name, utf8) = (self.atom("_NET_WM_NAME")?, self.atom("UTF8_STRING")?);
        let reply = self.x.get_property(false, window, name, utf8, 0, 1024)?.reply()?;
        Ok(String::from_utf8_lossy(&reply.value).into_owned())
    }

    fn numbers(&self, window: WindowId, property: &str, kind: Atom) -> Result<Vec<u32>> {
        let property = self.atom(property)?;
        let reply = self.x.get_property(false, window, property, kind, 0, 4096)?.reply()?;
        Ok(reply.value32().map(Iterator::collect).unwrap_or_default())
    }

    fn atom(&self, name: &str) -> Result<Atom> {
        Ok(self.x.intern_atom(false, name.as_bytes())?.reply()?.atom)
    }
}
