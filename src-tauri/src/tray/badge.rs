//! The tray icon with the number waiting drawn into it: Windows shows no text beside an icon.

use tauri::image::Image;

const QUIET: &[u8] = include_bytes!("../../../icons/tray/normal-32.png");
const WAITING: &[u8] = include_bytes!("../../../icons/tray/waiting-32.png");

const AMBER: [u8; 4] = [0xF5, 0x9E, 0x0B, 0xFF];
const INK: [u8; 4] = [0x1F, 0x14, 0x02, 0xFF];

/// Digits of 3 by 5 points, a row in each three bits.
const DIGITS: [[u8; 5]; 10] = [
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b010, 0b110, 0b010, 0b010, 0b111],
    [0b111, 0b001, 0b111, 0b100, 0b111],
    [0b111, 0b001, 0b111, 0b001, 0b111],
    [0b101, 0b101, 0b111, 0b001, 0b001],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b100, 0b111, 0b101, 0b111],
    [0b111, 0b001, 0b010, 0b010, 0b010],
    [0b111, 0b101, 0b111, 0b101, 0b111],
    [0b111, 0b101, 0b111, 0b001, 0b111],
];
/// A point of a digit is so many pixels wide and high.
const POINT: u32 = 3;

/// The bell; with a number from 1 to 9, and "9" alone for more, in an amber field at its foot.
pub(crate) fn icon(waiting: u32) -> Image<'static> {
    let source = if waiting == 0 { QUIET } else { WAITING };
    let Ok(image) = Image::from_bytes(source) else {
        // The files are part of the program; the test below reads them.
        return Image::new_owned(vec![0; 4], 1, 1);
    };
    let (width, height) = (image.width(), image.height());
    let mut pixels = image.rgba().to_vec();
    if waiting > 0 {
        draw(&mut pixels, width, height, usize::try_from(waiting.min(9)).unwrap_or(9));
    }
    Image::new_owned(pixels, width, height)
}

fn draw(pixels: &mut [u8], width: u32, height: u32, digit: usize) {
    let (field_w, field_h) = (3 * POINT + 4, 5 * POINT + 4);
    let (left, top) = (width.saturating_sub(field_w), height.saturating_sub(field_h));
    let mut put = |x: u32, y: u32, colour: [u8; 4]| {
        let at = ((y * width + x) * 4) as usize;
        if let Some(pixel) = pixels.get_mut(at..at + 4) {
            pixel.copy_from_slice(&colour);
        }
    };
    for y in top..height {
        for x in left..width {
            let corner = (x == left || x == width - 1) && (y == top || y == height - 1);
            if !corner {
                put(x, y, AMBER);
            }
        }
    }
    for (row, bits) in (0_u32..).zip(DIGITS[digit]) {
        for column in 0..3_u32 {
            if bits >> (2 - column) & 1 == 1 {
                for dy in 0..POINT {
                    for dx in 0..POINT {
                        put(left + 2 + column * POINT + dx, top + 2 + row * POINT + dy, INK);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_looks_different() {
        let icons: Vec<Vec<u8>> = (0..=9).map(|n| icon(n).rgba().to_vec()).collect();
        assert!(icons[0].len() > 4, "the icon could not be read");
        for (n, one) in icons.iter().enumerate() {
            assert!(icons[n + 1..].iter().all(|other| other != one), "{n} repeats");
        }
        assert_eq!(icon(12).rgba(), icon(9).rgba());
    }
}
