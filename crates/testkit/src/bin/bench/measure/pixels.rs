//! What stands on a private screen, and when it changed.
//!
//! The X server tells of each drawing (DAMAGE) and keeps its screen in a file (`-fbdir`) that is
//! read here, so looking costs the server nothing and the moment is the server's own, not a
//! polling interval's.

use anyhow::{Context, Result, bail};
use std::{
    collections::HashSet,
    fs::File,
    os::unix::fs::FileExt,
    path::Path,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    time::Instant,
};
use x11rb::{
    connection::Connection,
    protocol::{
        Event,
        damage::{self, ConnectionExt as _},
        xfixes::ConnectionExt as _,
        xproto::{
            AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _, EventMask,
            InputFocus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, Window,
        },
        xtest::ConnectionExt as _,
    },
    rust_connection::RustConnection,
};

/// A window smaller than this, in either direction, is a helper and not the program's.
pub(crate) const WINDOW: u16 = 150;

/// A key of the keyboard, by its X keysym.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Control = 0xffe3,
    One = 0x31,
}

/// Something that happened on the screen.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Seen {
    /// Something was drawn.
    Drawn,
    /// A window appeared.
    Mapped { window: Window, width: u16, height: u16 },
    /// A window went away.
    Unmapped { window: Window },
}

/// The pixels at one moment, top left first, one `0RGB` word each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pixels: Vec<u32>,
}

impl Frame {
    #[cfg(test)]
    pub(crate) fn of(pixels: &[u32]) -> Self {
        Self { pixels: pixels.to_vec() }
    }

    /// Different colours, counted no further than `enough`.
    pub(crate) fn colours(&self, enough: usize) -> usize {
        let mut seen = HashSet::new();
        let mut last = None;
        for pixel in &self.pixels {
            if last != Some(pixel) {
                last = Some(pixel);
                if seen.insert(pixel) && seen.len() >= enough {
                    break;
                }
            }
        }
        seen.len()
    }

    /// How many pixels differ.
    pub(crate) fn changed(&self, other: &Self) -> usize {
        self.pixels.iter().zip(&other.pixels).filter(|(a, b)| a != b).count()
    }

    /// Every 16th pixel, for keeping many frames.
    pub(crate) fn sparse(&self) -> Self {
        Self { pixels: self.pixels.iter().step_by(16).copied().collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.pixels.len()
    }
}

/// The screen of a desk.
#[derive(Debug)]
pub(crate) struct Screen {
    connection: Arc<RustConnection>,
    root: Window,
    damage: damage::Damage,
    file: File,
    layout: Layout,
    events: Receiver<(Instant, Event)>,
}

impl Screen {
    /// Connects to `display` whose server keeps its screen in `folder`.
    pub(crate) fn open(display: &str, folder: &Path) -> Result<Self> {
        let (connection, number) =
            x11rb::connect(Some(display)).with_context(|| format!("the X server at {display}"))?;
        let root = connection.setup().roots[number].root;
        let watch = ChangeWindowAttributesAux::new().event_mask(EventMask::SUBSTRUCTURE_NOTIFY);
        connection.change_window_attributes(root, &watch)?;
        connection.damage_query_version(1, 1)?.reply().context("the DAMAGE extension")?;
        connection.xfixes_query_version(5, 0)?.reply().context("the XFIXES extension")?;
        let damage = connection.generate_id()?;
        connection.damage_create(damage, root, damage::ReportLevel::NON_EMPTY)?;
        connection.flush()?;
        let file = File::open(folder.join("Xvfb_screen0")).context("the X server's screen file")?;
        let layout = Layout::read(&file)?;
        let connection = Arc::new(connection);
        let (sender, events) = channel();
        let reader = Arc::clone(&connection);
        // Ends with the connection, when the server is stopped.
        std::thread::Builder::new().name("screen".into()).spawn(move || {
            while let Ok(event) = reader.wait_for_event() {
                if sender.send((Instant::now(), event)).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { connection, root, damage, file, layout, events })
    }

    /// The next thing that happens before `until`, and when; `None` when nothing did, or when that
    /// moment has come: a screen that never rests holds nobody up.
    pub(crate) fn next(&self, until: Instant) -> Result<Option<(Instant, Seen)>> {
        while Instant::now() < until {
            let left = until.saturating_duration_since(Instant::now());
            let (at, event) = match self.events.recv_timeout(left) {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(RecvTimeoutError::Disconnected) => bail!("the X server went away"),
            };
            if let Some(seen) = self.understand(&event)? {
                return Ok(Some((at, seen)));
            }
        }
        Ok(None)
    }

    fn understand(&self, event: &Event) -> Result<Option<Seen>> {
        Ok(match event {
            Event::DamageNotify(_) => {
                self.connection.damage_subtract(self.damage, x11rb::NONE, x11rb::NONE)?;
                self.connection.flush()?;
                Some(Seen::Drawn)
            }
            Event::MapNotify(map) => {
                // A window that is gone again has no size; it was nothing to be seen.
                let size = self.connection.get_geometry(map.window)?.reply().ok();
                size.map(|size| Seen::Mapped {
                    window: map.window,
                    width: size.width,
                    height: size.height,
                })
            }
            Event::UnmapNotify(unmap) => Some(Seen::Unmapped { window: unmap.window }),
            _ => None,
        })
    }

    /// Forgets what has happened so far.
    pub(crate) fn forget(&self) -> Result<()> {
        while let Ok((_, event)) = self.events.try_recv() {
            self.understand(&event)?;
        }
        Ok(())
    }

    /// The pixels now.
    pub(crate) fn frame(&self) -> Result<Frame> {
        self.layout.frame(&self.file)
    }

    /// The largest window that is shown.
    pub(crate) fn main_window(&self) -> Result<Option<Window>> {
        let mut best = None;
        for window in self.connection.query_tree(self.root)?.reply()?.children {
            let Ok(shown) = self.connection.get_window_attributes(window)?.reply() else {
                continue;
            };
            let Ok(size) = self.connection.get_geometry(window)?.reply() else { continue };
            let area = u32::from(size.width) * u32::from(size.height);
            if shown.map_state == x11rb::protocol::xproto::MapState::VIEWABLE
                && best.is_none_or(|(largest, _)| area > largest)
            {
                best = Some((area, window));
            }
        }
        Ok(best.map(|(_, window)| window))
    }

    /// Gives a window the keyboard, as a window manager would.
    pub(crate) fn focus(&self, window: Window) -> Result<()> {
        self.connection.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME)?;
        Ok(self.connection.flush()?)
    }

    /// Takes the keyboard away from every window, as when the agent works in another one.
    pub(crate) fn unfocus(&self) -> Result<()> {
        self.connection.set_input_focus(InputFocus::NONE, x11rb::NONE, x11rb::CURRENT_TIME)?;
        Ok(self.connection.flush()?)
    }

    /// Presses keys together and lets them go in the opposite order.
    pub(crate) fn press(&self, keys: &[Key]) -> Result<()> {
        let (first, last) =
            (self.connection.setup().min_keycode, self.connection.setup().max_keycode);
        let map = self.connection.get_keyboard_mapping(first, last - first + 1)?.reply()?;
        let width = usize::from(map.keysyms_per_keycode);
        let mut codes = Vec::new();
        for key in keys {
            let row = map.keysyms.chunks_exact(width).position(|row| row[0] == *key as u32);
            codes.push(first + row.with_context(|| format!("the keyboard has no {key:?}"))? as u8);
        }
        let fake = |kind, code| {
            self.connection.xtest_fake_input(kind, code, x11rb::CURRENT_TIME, self.root, 0, 0, 0)
        };
        for code in &codes {
            fake(KEY_PRESS_EVENT, *code)?;
        }
        for code in codes.iter().rev() {
            fake(KEY_RELEASE_EVENT, *code)?;
        }
        Ok(self.connection.flush()?)
    }

    /// Width and height of a window.
    pub(crate) fn size(&self, window: Window) -> Result<(u16, u16)> {
        let size = self.connection.get_geometry(window)?.reply()?;
        Ok((size.width, size.height))
    }

    /// Asks a window to close, as its close button would.
    pub(crate) fn close(&self, window: Window) -> Result<()> {
        let atom = |name: &str| -> Result<u32> {
            Ok(self.connection.intern_atom(false, name.as_bytes())?.reply()?.atom)
        };
        let (protocols, delete) = (atom("WM_PROTOCOLS")?, atom("WM_DELETE_WINDOW")?);
        let message = ClientMessageEvent::new(32, window, protocols, [delete, 0, 0, 0, 0]);
        self.connection.send_event(false, window, EventMask::NO_EVENT, message)?;
        Ok(self.connection.flush()?)
    }

    /// The program that a window belongs to, by its class, such as `Dunst`.
    pub(crate) fn class(&self, window: Window) -> Result<String> {
        let property = self
            .connection
            .get_property(false, window, AtomEnum::WM_CLASS, AtomEnum::STRING, 0, 64)?
            .reply()?;
        let text = String::from_utf8_lossy(&property.value).into_owned();
        Ok(text.trim_end_matches('\0').rsplit('\0').next().unwrap_or_default().to_owned())
    }
}

/// Where the pixels stand in the server's file, which is a picture in the XWD format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    offset: u64,
    width: usize,
    height: usize,
    stride: usize,
}

impl Layout {
    fn read(file: &File) -> Result<Self> {
        let mut header = [0_u8; 100];
        file.read_exact_at(&mut header, 0).context("the screen file's header")?;
        Self::parse(&header)
    }

    /// Reads the header: big-endian words, of which some count here.
    fn parse(header: &[u8; 100]) -> Result<Self> {
        let word = |at: usize| {
            let bytes = header[at * 4..at * 4 + 4].iter();
            bytes.fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte)) as usize
        };
        let (header_size, version, bits, colours) = (word(0), word(1), word(11), word(19));
        if version != 7 || bits != 32 {
            bail!("the screen file has version {version} and {bits} bits a pixel, not 7 and 32");
        }
        // A colour of the table takes 12 bytes.
        let offset = (header_size + colours * 12) as u64;
        Ok(Self { offset, width: word(4), height: word(5), stride: word(12) })
    }

    fn frame(&self, file: &File) -> Result<Frame> {
        let mut bytes = vec![0_u8; self.stride * self.height];
        file.read_exact_at(&mut bytes, self.offset).context("the screen file's pixels")?;
        let mut pixels = Vec::with_capacity(self.width * self.height);
        for row in bytes.chunks_exact(self.stride) {
            pixels.extend(
                row[..self.width * 4]
                    .chunks_exact(4)
                    .map(|p| u32::from_le_bytes([p[0], p[1], p[2], 0])),
            );
        }
        Ok(Frame { pixels })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(pixels: &[u32]) -> Frame {
        Frame::of(pixels)
    }

    #[test]
    fn colours_are_counted_up_to_enough() {
        assert_eq!(frame(&[1, 1, 2, 1, 3]).colours(6), 3);
        assert_eq!(frame(&[1, 2, 3, 4, 5, 6, 7, 8]).colours(6), 6);
        assert_eq!(frame(&[]).colours(6), 0);
    }

    #[test]
    fn changed_counts_the_pixels_that_differ() {
        assert_eq!(frame(&[1, 2, 3]).changed(&frame(&[1, 9, 4])), 2);
    }

    #[test]
    fn the_layout_is_read_from_an_xwd_header() {
        let mut header = [0_u8; 100];
        let words = [(0, 160_u32), (1, 7), (4, 1280), (5, 800), (11, 32), (12, 5120), (19, 256)];
        for (at, word) in words {
            header[at * 4..at * 4 + 4].copy_from_slice(&word.to_be_bytes());
        }
        let layout = Layout::parse(&header).unwrap();
        assert_eq!(
            layout,
            Layout { offset: 160 + 256 * 12, width: 1280, height: 800, stride: 5120 }
        );
        header[7] = 6;
        assert!(Layout::parse(&header).is_err());
    }
}
