//! A file of any length that nobody reads without the key: written and read piece by piece.
//!
//! STREAM over ChaCha20-Poly1305: each piece tells its place and whether it is the last, so that
//! none can be changed, moved, repeated or left off unseen. The key of a file follows from ours, from
//! the file's name and from random bytes at its beginning. Invariants: no byte of content is on the
//! disk in clear; what is read is what was written under that name, or an error; with its first
//! bytes gone a file cannot be read by anybody, ourselves included.

use crate::SealKey;
use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit,
    aead::{
        generic_array::GenericArray,
        stream::{NewStream, StreamBE32, StreamPrimitive},
    },
};
use hkdf::Hkdf;
use sha2::Sha256;
use std::io::{self, Read, Seek, SeekFrom, Write};
use zeroize::Zeroizing;

/// Bytes of content in one piece, the last one excepted.
const PIECE: usize = 64 * 1024;
/// Bytes by which a sealed piece is longer.
const TAG: usize = 16;
const MAGIC: &[u8; 8] = b"bellhop1";
/// Bytes of the random beginning.
pub const SALT: usize = 32;
/// Bytes before the first piece. Whoever destroys them destroys the file.
pub const HEAD: usize = MAGIC.len() + SALT;

type Cipher = StreamBE32<ChaCha20Poly1305>;

impl SealKey {
    /// 32 bytes for one purpose, from which the key cannot be found.
    #[must_use]
    pub fn derived(&self, salt: &[u8], purpose: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut derived = Zeroizing::new([0; 32]);
        let expanded = Hkdf::<Sha256>::new(Some(salt), self.bytes()).expand(purpose, &mut *derived);
        // It fails for lengths above 255 hashes alone.
        debug_assert!(expanded.is_ok());
        derived
    }
}

fn cipher(key: &SealKey, name: &str, salt: &[u8]) -> Cipher {
    let purpose = [b"bellhop sealed stream 1\0", name.as_bytes()].concat();
    let key = key.derived(salt, &purpose);
    let cipher = ChaCha20Poly1305::new((&*key).into());
    // No two files have the same key, so their numbers may be the same.
    StreamBE32::from_aead(cipher, &GenericArray::default())
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is damaged, or the key is another one's")
}

/// Writes such a file. It is whole once [`Sealing::finish`] is done.
pub struct Sealing<W: Write> {
    to: W,
    cipher: Cipher,
    place: u32,
    piece: Zeroizing<Vec<u8>>,
}

impl<W: Write> Sealing<W> {
    /// Begins a file that is read under the same name. `salt` must be random.
    ///
    /// # Errors
    /// `to` cannot be written.
    pub fn begin(mut to: W, key: &SealKey, name: &str, salt: [u8; SALT]) -> io::Result<Self> {
        to.write_all(MAGIC)?;
        to.write_all(&salt)?;
        let piece = Zeroizing::new(Vec::with_capacity(PIECE));
        Ok(Self { to, cipher: cipher(key, name, &salt), place: 0, piece })
    }

    /// Writes the last piece.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.seal(true)?;
        self.to.flush()?;
        Ok(self.to)
    }

    fn seal(&mut self, last: bool) -> io::Result<()> {
        let sealed = self.cipher.encrypt(self.place, last, self.piece.as_slice());
        let sealed = sealed.map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
        self.to.write_all(&sealed)?;
        let next = self.place.checked_add(1).ok_or(io::ErrorKind::FileTooLarge)?;
        self.place = next;
        self.piece.clear();
        Ok(())
    }
}

impl<W: Write> Write for Sealing<W> {
    /// A full piece waits until there is more: the last one is sealed in another way.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.piece.len() == PIECE && !bytes.is_empty() {
            self.seal(false)?;
        }
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    /// What is not yet a piece stays.
    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Reads such a file, from wherever one likes.
pub struct Opening<R: Read + Seek> {
    from: R,
    cipher: Cipher,
    /// Bytes of content.
    size: u64,
    at: u64,
    /// The piece that was read last, and its place.
    piece: Zeroizing<Vec<u8>>,
    place: Option<u64>,
}

impl<R: Read + Seek> Opening<R> {
    /// Begins to read the file that was written under this name.
    ///
    /// # Errors
    /// It cannot be read, or is no such file.
    pub fn begin(mut from: R, key: &SealKey, name: &str) -> io::Result<Self> {
        let length = from.seek(SeekFrom::End(0))?;
        from.rewind()?;
        let mut head = [0; HEAD];
        from.read_exact(&mut head)?;
        let (magic, salt) = head.split_at(MAGIC.len());
        let sealed = length.saturating_sub(HEAD as u64);
        let whole = (PIECE + TAG) as u64;
        let (pieces, rest) = (sealed.div_ceil(whole), sealed % whole);
        if magic != MAGIC || pieces == 0 || (1..TAG as u64).contains(&rest) {
            return Err(damaged());
        }
        let size = sealed - pieces * TAG as u64;
        let (cipher, piece) = (cipher(key, name, salt), Zeroizing::new(Vec::new()));
        let mut opening = Self { from, cipher, size, at: 0, piece, place: None };
        // An empty file is one piece, too; read here, for nobody reads on.
        opening.open(0)?;
        Ok(opening)
    }

    /// Bytes of content.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    fn open(&mut self, place: u64) -> io::Result<()> {
        let begin = place * PIECE as u64;
        let length = (self.size - begin).min(PIECE as u64);
        let last = begin + length == self.size;
        let number = u32::try_from(place).map_err(|_| damaged())?;
        let offset = HEAD as u64 + place * (PIECE + TAG) as u64;
        self.from.seek(SeekFrom::Start(offset))?;
        let mut sealed = vec![0; length as usize + TAG];
        self.from.read_exact(&mut sealed)?;
        let opened = self.cipher.decrypt(number, last, sealed.as_slice());
        self.piece = Zeroizing::new(opened.map_err(|_| damaged())?);
        self.place = Some(place);
        Ok(())
    }
}

impl<R: Read + Seek> Read for Opening<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.size || to.is_empty() {
            return Ok(0);
        }
        let place = self.at / PIECE as u64;
        if self.place != Some(place) {
            self.place = None;
            self.open(place)?;
        }
        let from = (self.at % PIECE as u64) as usize;
        let known = self.piece.get(from..).unwrap_or_default();
        let given = known.len().min(to.len());
        to[..given].copy_from_slice(&known[..given]);
        self.at += given as u64;
        Ok(given)
    }
}

impl<R: Read + Seek> Seek for Opening<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let wanted = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = wanted.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

impl<W: Write> std::fmt::Debug for Sealing<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealing").field("place", &self.place).finish_non_exhaustive()
    }
}

impl<R: Read + Seek> std::fmt::Debug for Opening<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opening").field("size", &self.size).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn key(byte: u8) -> SealKey {
        SealKey::new([byte; 32])
    }

    fn sealed(content: &[u8]) -> Vec<u8> {
        let mut sealing = Sealing::begin(Vec::new(), &key(3), "a", [7; SALT]).unwrap();
        // In uneven parts, as they come from a network.
        for part in content.chunks(70_001) {
            sealing.write_all(part).unwrap();
        }
        sealing.finish().unwrap()
    }

    fn opened(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        Opening::begin(Cursor::new(bytes), &key(3), "a")?.read_to_end(&mut content)?;
        Ok(content)
    }

    fn content(bytes: usize) -> Vec<u8> {
        (0..bytes).map(|at| (at * 7 % 251) as u8).collect()
    }

    #[test]
    fn r8_what_is_written_is_read_again_whatever_its_length_and_is_nowhere_in_clear() {
        for bytes in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 5] {
            let content = content(bytes);
            let sealed = sealed(&content);
            assert_eq!(opened(&sealed).unwrap(), content, "{bytes}");
            let pieces = bytes.div_ceil(PIECE).max(1);
            assert_eq!(sealed.len(), HEAD + bytes + pieces * TAG);
        }
        let words = b"umbrella ".repeat(20_000);
        assert!(!sealed(&words).windows(8).any(|part| part == b"umbrella"));
    }

    #[test]
    fn it_is_read_from_wherever_one_likes() {
        let content = content(3 * PIECE + 100);
        let sealed = sealed(&content);
        let mut opening = Opening::begin(Cursor::new(&sealed), &key(3), "a").unwrap();
        assert_eq!(opening.size(), content.len() as u64);
        for at in [3 * PIECE, PIECE - 1, 0, 2 * PIECE + 7] {
            opening.seek(SeekFrom::Start(at as u64)).unwrap();
            let mut part = [0; 64];
            opening.read_exact(&mut part).unwrap();
            assert_eq!(part, content[at..at + 64]);
        }
        assert_eq!(opening.seek(SeekFrom::End(-10)).unwrap(), content.len() as u64 - 10);
        let mut rest = Vec::new();
        opening.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, content[content.len() - 10..]);
        assert!(opening.seek(SeekFrom::Current(-1_000_000_000)).is_err());
    }

    #[test]
    fn bad_input_what_was_changed_moved_left_off_or_is_of_another_is_an_error() {
        let content = content(2 * PIECE + 9);
        let whole = sealed(&content);
        for at in [0, HEAD - 1, HEAD, HEAD + PIECE + TAG + 3, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(opened(&changed).is_err(), "byte {at}");
        }
        let (first, second) = (HEAD + PIECE + TAG, HEAD + 2 * (PIECE + TAG));
        let mut swapped = whole[..HEAD].to_vec();
        swapped.extend_from_slice(&whole[first..second]);
        swapped.extend_from_slice(&whole[HEAD..first]);
        swapped.extend_from_slice(&whole[second..]);
        assert!(opened(&swapped).is_err());
        for length in [0, 5, HEAD, first, second, second + 3, whole.len() - 1] {
            assert!(opened(&whole[..length]).is_err(), "{length}");
        }
        let other = |key, name| Opening::begin(Cursor::new(&whole), &key, name).is_err();
        assert!(other(key(4), "a") && other(key(3), "b"));
        assert!(!other(key(3), "a"));
        let mut destroyed = whole.clone();
        destroyed[..HEAD].fill(0);
        assert!(opened(&destroyed).is_err());
    }

    #[test]
    fn a_derived_key_is_of_its_purpose_and_printed_nowhere() {
        let derive = |purpose: &[u8]| *key(3).derived(b"", purpose);
        assert_ne!(derive(b"one"), derive(b"two"));
        assert_ne!(derive(b"one"), [3; 32]);
        let sealing = Sealing::begin(Vec::new(), &key(3), "a", [0xAB; SALT]).unwrap();
        assert!(!format!("{sealing:?}").contains("171"));
    }
}
