//! The tray icon, with the number waiting drawn into it: Windows shows no text beside an icon.
//!
//! The pictures are made from `icons/tray/*.svg` by `cargo xtask icons`.

use tauri::image::Image;

const QUIET: &[u8] = include_bytes!("../../../icons/tray/normal-32.png");
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

/// The bell; with a number while somebody waits.
pub(crate) fn icon(waiting: u32) -> tauri::Result<Image<'static>> {
    let picture = match waiting as usize {
        0 => QUIET,
        number => NUMBERED.get(number - 1).copied().unwrap_or(MANY),
    };
    Image::from_bytes(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_012_each_number_has_its_own_picture() {
        let icons: Vec<Vec<u8>> = (0..=10).map(|n| icon(n).unwrap().rgba().to_vec()).collect();
        for (n, one) in icons.iter().enumerate() {
            assert!(icons[n + 1..].iter().all(|other| other != one), "{n} repeats");
        }
        assert_eq!(icon(12).unwrap().rgba(), icon(10).unwrap().rgba());
    }
}
