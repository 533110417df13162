//! The two files that hold an icon in several sizes: Windows' .ico and Apple's .icns.
//!
//! Invariant: both hold PNG pictures unchanged, which every system that Tauri supports reads.

/// Apple's kinds of PNG entries and their size in pixels.
pub(crate) const ICNS: &[(&[u8; 4], u32)] = &[
    (b"icp4", 16),
    (b"icp5", 32),
    (b"ic11", 32),
    (b"ic12", 64),
    (b"ic07", 128),
    (b"ic13", 256),
    (b"ic08", 256),
    (b"ic14", 512),
    (b"ic09", 512),
    (b"ic10", 1024),
];

/// A directory of pictures, then the pictures: sizes and offsets in little endian.
pub(crate) fn ico(pictures: &[(u32, Vec<u8>)]) -> Vec<u8> {
    const HEADER: usize = 6;
    const ENTRY: usize = 16;
    let mut file = Vec::new();
    for word in [0, 1, pictures.len() as u16] {
        file.extend(word.to_le_bytes());
    }
    let mut offset = HEADER + ENTRY * pictures.len();
    for (size, png) in pictures {
        // 256 does not fit in the byte and is written as 0.
        let side = u8::try_from(*size).unwrap_or(0);
        file.extend([side, side, 0, 0]);
        file.extend(1_u16.to_le_bytes());
        file.extend(32_u16.to_le_bytes());
        file.extend((png.len() as u32).to_le_bytes());
        file.extend((offset as u32).to_le_bytes());
        offset += png.len();
    }
    for (_, png) in pictures {
        file.extend(png);
    }
    file
}

/// Entries of kind, length (its own eight bytes included) and picture, in big endian.
pub(crate) fn icns(pictures: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    const HEAD: usize = 8;
    let entry = |kind: &[u8; 4], content: &[u8]| {
        let mut entry = kind.to_vec();
        entry.extend(((content.len() + HEAD) as u32).to_be_bytes());
        entry.extend(content);
        entry
    };
    let entries: Vec<u8> =
        pictures.iter().flat_map(|(kind, png)| entry(kind, png.as_slice())).collect();
    entry(b"icns", &entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ico_points_to_its_pictures() {
        let file = ico(&[(16, b"small".to_vec()), (256, b"large!".to_vec())]);
        assert_eq!(&file[..6], [0, 0, 1, 0, 2, 0]);
        assert_eq!(file[6], 16);
        assert_eq!(file[22], 0, "256 is written as 0");
        let offset = |entry: usize| {
            let at = 6 + 16 * entry + 12;
            u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize
        };
        assert_eq!(&file[offset(0)..offset(1)], b"small");
        assert_eq!(&file[offset(1)..], b"large!");
    }

    #[test]
    fn an_icns_tells_its_own_length_and_each_entrys() {
        let file = icns(&[(b"icp4", b"png".to_vec())]);
        assert_eq!(file, b"icns\0\0\0\x13icp4\0\0\0\x0bpng");
    }
}
