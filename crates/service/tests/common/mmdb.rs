//! A database of addresses in the MaxMind format with one network in it: 192.0.2.0/24, a city.
//!
//! https://maxmind.github.io/MaxMind-DB/: a binary tree of 24-bit records, 16 zero bytes, the
//! data, a marker, the metadata.

/// The bytes of such a file.
pub fn one_city() -> Vec<u8> {
    const PREFIX: [u8; 3] = [192, 0, 2];
    let nodes = 24_u32;
    // Record: the next node, `nodes` for nothing, or nodes + 16 + offset for data.
    let mut file = Vec::new();
    for bit in 0..nodes {
        let byte = PREFIX[bit as usize / 8];
        let is_one = byte >> (7 - bit % 8) & 1 == 1;
        let onward = if bit + 1 == nodes { nodes + 16 } else { bit + 1 };
        for side in [false, true] {
            let record = if side == is_one { onward } else { nodes };
            file.extend(&record.to_be_bytes()[1..]);
        }
    }
    file.extend([0; 16]);
    let name = |text: &str| map(&[("names", map(&[("en", string(text))]))]);
    let subdivisions = [vec![0x01, 0x04], name("Seoul")].concat();
    file.extend(map(&[
        ("country", map(&[("iso_code", string("KR"))])),
        ("subdivisions", subdivisions),
        ("city", name("Jongno-gu")),
    ]));
    file.extend(b"\xab\xcd\xefMaxMind.com");
    file.extend(map(&[
        ("binary_format_major_version", number(0xa2, 2)),
        ("binary_format_minor_version", number(0xa2, 0)),
        ("build_epoch", [vec![0x04, 0x02], 1_764_230_400_u32.to_be_bytes().to_vec()].concat()),
        ("database_type", string("Test-City")),
        ("description", map(&[("en", string("A test"))])),
        ("ip_version", number(0xa2, 4)),
        ("languages", [vec![0x01, 0x04], string("en")].concat()),
        ("node_count", [vec![0xc4], nodes.to_be_bytes().to_vec()].concat()),
        ("record_size", number(0xa2, 24)),
    ]));
    file
}

fn map(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = vec![0xe0 | u8::try_from(entries.len()).unwrap()];
    for (name, value) in entries {
        bytes.extend(string(name));
        bytes.extend(value);
    }
    bytes
}

/// At most 28 bytes, so that the length is in the first one.
fn string(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap();
    assert!(length < 29, "{text}");
    [vec![0x40 | length], text.as_bytes().to_vec()].concat()
}

/// An unsigned number of 16 bits.
fn number(control: u8, value: u16) -> Vec<u8> {
    [vec![control], value.to_be_bytes().to_vec()].concat()
}
