//! Pictures: how large they are, and GIF files drawn anew as PNG files (domain.md 15).
//!
//! Invariant: a file that says it is larger than it may be is not decoded, whatever it decodes to;
//! nothing of a GIF file but its first frame's pixels is in the PNG file.

use bellhop_model::{
    FileKind,
    file::FileRefusal,
    limits::{GIF_PIXELS, PICTURE_PIXELS},
};
use image::{
    DynamicImage, ExtendedColorType, ImageDecoder as _, ImageEncoder as _, ImageFormat,
    ImageReader, Limits,
    codecs::{gif::GifDecoder, png::PngEncoder},
};
use std::io::{self, BufReader, Cursor, Read, Seek, Write};

/// Bytes that decoding may take besides the pixels.
const BESIDES: u64 = 16 * 1024 * 1024;

/// Width and height, as the beginning of the file tells them; a picture that is too large for anybody
/// to decode is refused.
pub(super) fn pixels(kind: FileKind, head: &[u8]) -> Result<Option<(u32, u32)>, FileRefusal> {
    let format = match kind {
        FileKind::Png => ImageFormat::Png,
        FileKind::Jpeg => ImageFormat::Jpeg,
        FileKind::Pdf | FileKind::Text | FileKind::Other => return Ok(None),
    };
    let mut reader = ImageReader::with_format(Cursor::new(head), format);
    reader.no_limits();
    // What cannot be told is not wrong: the rest of the preface may not be here.
    let Ok(size) = reader.into_dimensions() else { return Ok(None) };
    within(size, PICTURE_PIXELS)?;
    Ok(Some(size))
}

fn within((width, height): (u32, u32), limit: u64) -> Result<(), FileRefusal> {
    let too_large = u64::from(width) * u64::from(height) > limit;
    if too_large { Err(FileRefusal::PictureTooLarge { limit }) } else { Ok(()) }
}

/// Why no PNG file was drawn.
#[derive(Debug)]
pub(super) enum NotDrawn {
    Refused(FileRefusal),
    /// Reading or writing failed.
    Io(io::Error),
}

/// Draws the first frame of a GIF file into `to`, at most `limit` bytes. Returns width and height.
pub(super) fn redraw(
    from: impl Read + Seek,
    to: impl Write,
    limit: u64,
) -> Result<(u32, u32), NotDrawn> {
    let refused = |error: image::ImageError| match error {
        // Both ends are ours; what a file lacks is told in the same way.
        image::ImageError::IoError(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            NotDrawn::Io(error)
        }
        _ => NotDrawn::Refused(FileRefusal::ContentDiffers),
    };
    let mut decoder = GifDecoder::new(BufReader::new(from)).map_err(refused)?;
    let (width, height) = decoder.dimensions();
    within((width, height), GIF_PIXELS).map_err(NotDrawn::Refused)?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(GIF_PIXELS * 4 + BESIDES);
    decoder.set_limits(limits).map_err(refused)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(refused)?.into_rgba8();
    let mut bounded = Bounded { to, left: limit, full: false };
    let drawn = PngEncoder::new(&mut bounded).write_image(
        &picture,
        width,
        height,
        ExtendedColorType::Rgba8,
    );
    match drawn {
        Ok(()) => Ok((width, height)),
        Err(_) if bounded.full => Err(NotDrawn::Refused(FileRefusal::TooLarge { limit })),
        Err(error) => Err(refused(error)),
    }
}

/// A writer that takes only so much.
struct Bounded<W> {
    to: W,
    left: u64,
    full: bool,
}

impl<W: Write> Write for Bounded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.left {
            self.full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let written = self.to.write(bytes)?;
        self.left -= written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Delay, Frame, Rgba, RgbaImage, codecs::gif::GifEncoder};

    fn animated() -> Vec<u8> {
        let frame = |color| {
            let picture = RgbaImage::from_pixel(40, 30, Rgba(color));
            Frame::from_parts(picture, 0, 0, Delay::from_numer_denom_ms(100, 1))
        };
        let mut bytes = Vec::new();
        let mut encoder = GifEncoder::new(&mut bytes);
        encoder.encode_frames([frame([200, 0, 0, 255]), frame([0, 0, 200, 255])]).unwrap();
        drop(encoder);
        bytes
    }

    #[test]
    fn domain_15_the_first_frame_of_a_gif_becomes_a_png() {
        let mut png = Vec::new();
        let drawn = redraw(Cursor::new(animated()), &mut png, 1_000_000).unwrap();
        assert_eq!(drawn, (40, 30));
        let picture = image::load_from_memory_with_format(&png, ImageFormat::Png).unwrap();
        let Rgba([red, _, blue, alpha]) = *picture.to_rgba8().get_pixel(20, 15);
        assert!(red > 150 && blue < 50 && alpha == 255);
        assert_eq!(pixels(FileKind::Png, &png), Ok(Some((40, 30))));
    }

    #[test]
    fn bad_input_a_gif_that_says_it_is_huge_is_not_decoded() {
        let mut bomb = animated();
        bomb[6..10].copy_from_slice(&[0xff; 4]);
        let drawn = redraw(Cursor::new(bomb), io::sink(), 1_000_000);
        let too_large = FileRefusal::PictureTooLarge { limit: GIF_PIXELS };
        assert!(matches!(drawn, Err(NotDrawn::Refused(why)) if why == too_large));
    }

    #[test]
    fn bad_input_what_is_no_whole_gif_and_what_becomes_too_long_is_refused() {
        let whole = animated();
        for bytes in [
            &whole[..6],
            &whole[..20],
            &whole[..whole.len() / 3],
            b"GIF89a\x05\0\x05\0\0\0\0<script>",
        ] {
            let drawn = redraw(Cursor::new(bytes), io::sink(), 1_000_000);
            assert!(
                matches!(drawn, Err(NotDrawn::Refused(FileRefusal::ContentDiffers))),
                "{} bytes: {drawn:?}",
                bytes.len()
            );
        }
        let drawn = redraw(Cursor::new(whole), io::sink(), 20);
        assert!(
            matches!(drawn, Err(NotDrawn::Refused(FileRefusal::TooLarge { limit: 20 }))),
            "{drawn:?}"
        );
    }

    #[test]
    fn bad_input_a_picture_that_says_it_is_huge_is_refused_and_one_that_says_nothing_is_not() {
        let mut png = Vec::new();
        let small = RgbaImage::new(20, 10);
        small.write_to(&mut Cursor::new(&mut png), ImageFormat::Png).unwrap();
        assert_eq!(pixels(FileKind::Png, &png), Ok(Some((20, 10))));
        assert_eq!(pixels(FileKind::Png, &png[..10]), Ok(None));
        assert_eq!(pixels(FileKind::Pdf, &png), Ok(None));
        let mut jpeg = Vec::new();
        let rgb = DynamicImage::from(RgbaImage::new(64, 48)).into_rgb8();
        rgb.write_to(&mut Cursor::new(&mut jpeg), ImageFormat::Jpeg).unwrap();
        assert_eq!(pixels(FileKind::Jpeg, &jpeg), Ok(Some((64, 48))));
        let mut header = png[..16].to_vec();
        header.extend_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0, 8, 6, 0, 0, 0]);
        let checksum = crc(&header[12..]);
        header.extend_from_slice(&checksum.to_be_bytes());
        header.extend_from_slice(&png[33..]);
        let too_large = FileRefusal::PictureTooLarge { limit: PICTURE_PIXELS };
        assert_eq!(pixels(FileKind::Png, &header), Err(too_large));
    }

    /// As the chunks of a PNG file have it.
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 }
            })
        })
    }
}
