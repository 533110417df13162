//! Whether the files that lie there are those that the events speak of.

use super::shelf::{Found as Lying, Shelf};
use crate::{account::Account, verify::Found};
use bellhop_model::FileId;
use std::io;

/// Files that are named one by one.
const NAMED: usize = 10;

/// What is to be said about them; nothing where there were never any. Reads every file to its end.
pub(crate) fn files(shelf: &Shelf, account: &Account) -> Vec<Found> {
    let lying = match shelf.found() {
        Ok(lying) => lying,
        Err(error) => return vec![Found::Bad(format!("the files cannot be read: {error}"))],
    };
    let mut told = Vec::new();
    let (mut whole, mut wrong) = (0_u64, 0_usize);
    for (id, kept) in account.files() {
        match problem(shelf, id, kept.bytes) {
            None => whole += 1,
            Some(problem) => {
                wrong += 1;
                if wrong <= NAMED {
                    let chat = kept.chat_id;
                    told.push(Found::Bad(format!("file {id} of chat {chat} {problem}")));
                }
            }
        }
    }
    if wrong > NAMED {
        told.push(Found::Bad(format!("{} more files are not whole", wrong - NAMED)));
    }
    if wrong == 0 && whole > 0 {
        told.push(Found::Good(format!("{whole} files are as they were sent")));
    }
    let goes = |lying: &&Lying| match lying {
        Lying::File(id) => account.is_deleted(id),
        Lying::Arrived(id) => !account.has_file(id),
        Lying::Arriving(_) => true,
        Lying::Other => false,
    };
    let going = lying.iter().filter(goes).count();
    if going > 0 {
        told.push(Found::Note(format!("the next start removes {going} that are of no event")));
    }
    let unknown = |lying: &&Lying| match lying {
        Lying::File(id) => !account.has_file(id) && !account.is_deleted(id),
        _ => false,
    };
    let unknown = lying.iter().filter(unknown).count();
    if unknown > 0 {
        told.push(Found::Note(format!("{unknown} files are there that no event speaks of")));
    }
    told
}

fn problem(shelf: &Shelf, id: &FileId, bytes: u64) -> Option<String> {
    let read = shelf.open(id).and_then(|mut file| io::copy(&mut file, &mut io::sink()));
    match read {
        Ok(read) if read == bytes => None,
        Ok(read) => Some(format!("has {read} bytes, and {bytes} were sent")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some("is not there".to_owned()),
        Err(error) => Some(format!("cannot be read: {error}")),
    }
}
