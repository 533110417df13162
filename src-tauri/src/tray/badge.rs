//! The tray icon, with the number waiting drawn into it: Windows shows no text beside an icon.
//!
//! The pictures are made from `icons/tray/*.svg` by `cargo xtask icons`.

use tauri::image::Image;

const QUIET: &[u8] = include_bytes!("../../../icons/tray/normal-32.png");
const MUTED: &[u8] = include_bytes!("../../../icons/tray/muted-32.png");
const OFFLINE: &[u8] = include_bytes!("../../../icons/tray/offline-32.png");
/// With the numbers 1 to 9.
const NUMBERED: [&[u8]; 9] = [
    include_bytes!("../../../icons/tray/waiting-1-32.png"),
    include_bytes!("../../../icons/tray/waiting-2-32.png"),
    include_bytes!("../../../icons/tray/waiting-3-32.png"),
    include_bytes!("../../../icons/tray/waiting-4-32.png"),
    include_bytes!("../../../icons/tray/waiting-5-32.png"),
    include_bytes!("../../../icons/tray/waiting-6-32.png"),
    include_bytes!("../../../icons/tray/waiting-7-32.png"),
    include_bytes!("../../../icons/tray/waiting-8-32.png"),
    include_bytes!("../../../icons/tray/waiting-9-32.png"),
];
const MANY: &[u8] = include_bytes!("../../../icons/tray/waiting-many-32.png");

/// How the bell looks (looks.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bell {
    /// Nobody waits.
    Quiet,
    /// Nobody waits, and nothing but this icon would say so if somebody did.
    Muted,
    /// So many wait.
    Waiting(u32),
    /// Nobody knows who waits.
    Offline,
}

/// The picture.
pub(crate) fn icon(bell: Bell) -> tauri::Result<Image<'static>> {
    let picture = match bell {
        Bell::Quiet | Bell::Waiting(0) => QUIET,
        Bell::Muted => MUTED,
        Bell::Offline => OFFLINE,
        Bell::Waiting(number) => NUMBERED.get(number as usize - 1).copied().unwrap_or(MANY),
    };
    Image::from_bytes(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_012_each_number_and_each_state_has_its_own_picture() {
        let bells = (0..=10).map(Bell::Waiting).chain([Bell::Muted, Bell::Offline]);
        let icons: Vec<Vec<u8>> = bells.map(|bell| icon(bell).unwrap().rgba().to_vec()).collect();
        for (n, one) in icons.iter().enumerate() {
            assert!(icons[n + 1..].iter().all(|other| other != one), "{n} repeats");
        }
        let many = |number| icon(Bell::Waiting(number)).unwrap().rgba().to_vec();
        assert_eq!(many(12), many(10));
    }
}
