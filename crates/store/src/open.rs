//! Opening the two files, whatever state they are in.
//!
//! Order: look at both without changing a byte; judge the key; then bring each file up to date,
//! or set it aside and begin a fresh one; then connect. Invariant: an [`OpenError`] means that
//! nothing was changed, and "damaged" is concluded only with a key that is known to be right.

use crate::{
    connect,
    error::{OpenError, StoreError},
    files,
    key::{self, KeyCheck},
    load, salvage,
    schema::{self, Format},
    store::Store,
};
use bellhop_sealed::SealKey;
use sqlx::SqliteConnection;
use std::path::{Path, PathBuf};

/// An open store, and what happened on the way.
#[derive(Debug)]
pub struct Opened {
    pub store: Store,
    /// A damaged file was put aside and a fresh one begun.
    pub set_aside: Option<SetAside>,
}

/// A file that was damaged. Its bytes are where they were, under another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Where the file is now: `<name>.damaged-<unix ms>`. With two damaged files the mirror's;
    /// `detail` names the other.
    pub path: PathBuf,
    /// What was wrong with it, and what was lost or carried over.
    pub detail: String,
}

/// What stands under a file's name.
#[derive(Debug)]
enum Found {
    Nothing,
    /// It opens with the key and has this format.
    Format(i64),
    /// It is no database to this key.
    Unreadable(String),
    /// It is damaged, whatever the key: empty, or cut short.
    Damaged(String),
}

/// Opens the store in `dir`, which is made if it is missing.
pub(crate) async fn open(dir: &Path, key: &SealKey) -> Result<Opened, OpenError> {
    connect::require_cipher().await?;
    let on_dir = |error: std::io::Error| io_error(dir, &error);
    files::make_directory(dir).map_err(on_dir)?;
    let cache = look(dir, &schema::CACHE, key).await?;
    let own = look(dir, &schema::OWN, key).await?;
    judge_key(dir, key, [(&schema::CACHE, &cache), (&schema::OWN, &own)])?;

    let suspect = dir.join(files::SUSPECT);
    let examine = files::length(&suspect).map_err(on_dir)? > 0;
    let own = prepare(dir, &schema::OWN, key, own, examine).await?;
    let cache = prepare(dir, &schema::CACHE, key, cache, examine).await?;
    if examine {
        files::remove(&suspect).map_err(on_dir)?;
    }

    let failed = |error: StoreError| error.on_open(dir.join(files::CACHE));
    let mut writer = connect::writer(dir, key).await.map_err(failed)?;
    forget_past_alerts(&mut writer).await.map_err(failed)?;
    let readers = connect::readers(dir, key).await.map_err(failed)?;
    Ok(Opened { store: Store::start(dir, key, writer, readers), set_aside: together(cache, own) })
}

fn io_error(path: &Path, error: &std::io::Error) -> OpenError {
    OpenError::Io { path: path.to_owned(), detail: error.to_string() }
}

/// Looks at a file without changing it.
async fn look(dir: &Path, format: &Format, key: &SealKey) -> Result<Found, OpenError> {
    let path = dir.join(format.name);
    let on_path = |error: std::io::Error| io_error(&path, &error);
    let has_log = files::length(&files::wal(&path)).map_err(on_path)? > 0;
    if !path.try_exists().map_err(on_path)? {
        return Ok(if has_log {
            Found::Damaged("the file is gone and its log is left".to_owned())
        } else {
            Found::Nothing
        });
    }
    // A file gets its name when it is complete, so an empty one was emptied by something else.
    if files::length(&path).map_err(on_path)? == 0 {
        return Ok(Found::Damaged("the file is empty".to_owned()));
    }
    let version = async {
        let mut file = connect::to_look(&path, key).await?;
        let version = schema::version(&mut file).await?;
        file.close().await?;
        Ok::<_, StoreError>(version)
    };
    match version.await {
        Ok(found) if found > format.known() => {
            Err(OpenError::Newer { path, found, known: format.known() })
        }
        Ok(0) => Ok(Found::Damaged("the file has no tables".to_owned())),
        Ok(found) => Ok(Found::Format(found)),
        Err(StoreError::Damaged { detail }) => Ok(Found::Unreadable(detail)),
        // The first page is good, so the key is right.
        Err(StoreError::Suspect { detail }) => {
            let damage = confirm(&path, key, detail).await.map_err(|e| e.on_open(&path))?;
            Ok(Found::Damaged(damage))
        }
        Err(error) => Err(error.on_open(path)),
    }
}

/// Turns a suspicion into what is wrong with the file, or into an error where nothing is.
async fn confirm(path: &Path, key: &SealKey, suspicion: String) -> Result<String, StoreError> {
    match schema::examine(path, key).await {
        Ok(Some(damage)) => Ok(damage),
        Err(StoreError::Damaged { detail }) => Ok(detail),
        Ok(None) => Err(StoreError::Io { detail: suspicion }),
        Err(error) => Err(error),
    }
}

/// Refuses a wrong key; remembers a right one.
fn judge_key(dir: &Path, key: &SealKey, found: [(&Format, &Found); 2]) -> Result<(), OpenError> {
    let check = dir.join(files::KEY_CHECK);
    let on_check = |error: std::io::Error| io_error(&check, &error);
    let said = key::compare(&check, key).map_err(on_check)?;
    let opens = found.iter().any(|(_, found)| matches!(found, Found::Format(_)));
    let unreadable = found.iter().find(|(_, found)| matches!(found, Found::Unreadable(_)));
    match unreadable {
        // Neither a file nor the check value speaks for the key: the files are left alone.
        Some((format, _)) if !opens && said != KeyCheck::Same => {
            Err(OpenError::WrongKey { path: dir.join(format.name) })
        }
        _ if said == KeyCheck::Same => Ok(()),
        _ => key::remember(&check, key).map_err(on_check),
    }
}

/// Makes a file ready for the writer. Answers with what was set aside on the way.
async fn prepare(
    dir: &Path,
    format: &Format,
    key: &SealKey,
    found: Found,
    examine: bool,
) -> Result<Option<SetAside>, OpenError> {
    let path = dir.join(format.name);
    let failed = |error: StoreError| error.on_open(path.clone());
    let damage = match found {
        Found::Nothing if format.name == files::OWN && dir.join(files::SALVAGED).exists() => {
            // The last start was cut short between two renames.
            files::put_in_place(&dir.join(files::SALVAGED), &path)
                .map_err(|error| io_error(&path, &error))?;
            return Ok(None);
        }
        Found::Nothing => {
            schema::create(dir, format, key).await.map_err(failed)?;
            return Ok(None);
        }
        Found::Unreadable(detail) | Found::Damaged(detail) => detail,
        Found::Format(version) => {
            let sound = async {
                schema::migrate(dir, format, key, version).await?;
                check(&path, format, key, examine).await
            };
            match sound.await {
                Ok(()) => return Ok(None),
                Err(StoreError::Damaged { detail }) => detail,
                Err(StoreError::Suspect { detail }) => {
                    confirm(&path, key, detail).await.map_err(failed)?
                }
                Err(error) => return Err(failed(error)),
            }
        }
    };
    replace(dir, format, key, &damage).await.map(Some)
}

/// Reads what the program begins with, and every page where a running program met damage.
async fn check(
    path: &Path,
    format: &Format,
    key: &SealKey,
    examine: bool,
) -> Result<(), StoreError> {
    if examine && let Some(detail) = schema::examine(path, key).await? {
        return Err(StoreError::Damaged { detail });
    }
    let mut file = connect::to_write(path, key).await?;
    if format.name == files::OWN {
        load::own(&mut file, true).await?;
    } else {
        load::mirror(&mut file).await?;
    }
    file.close().await?;
    Ok(())
}

/// Sets a damaged file aside and begins a fresh one.
async fn replace(
    dir: &Path,
    format: &Format,
    key: &SealKey,
    damage: &str,
) -> Result<SetAside, OpenError> {
    let path = dir.join(format.name);
    let failed = |error: StoreError| error.on_open(path.clone());
    let (aside, outcome) = if format.name == files::OWN {
        let (aside, kept) = replace_own(dir, key).await.map_err(failed)?;
        (aside, format!("{kept} of the agent's own rows could be read and are kept"))
    } else {
        let aside = files::set_aside(&path).map_err(|error| io_error(&path, &error))?;
        schema::create(dir, format, key).await.map_err(failed)?;
        (aside, "the history is fetched from the service again".to_owned())
    };
    tracing::error!("{} is damaged ({damage}); it is now {}", path.display(), aside.display());
    Ok(SetAside { path: aside, detail: format!("{}: {damage}; {outcome}", format.name) })
}

/// Puts the rows that can be read into a fresh file first, so that at every moment one of the two
/// is found by the next start.
async fn replace_own(dir: &Path, key: &SealKey) -> Result<(PathBuf, usize), StoreError> {
    let path = dir.join(files::OWN);
    let salvaged = dir.join(files::SALVAGED);
    let rows = salvage::read(&path, key).await;
    let mut fresh = schema::begin(dir, &schema::OWN, key).await?;
    let kept = rows.len();
    rows.write(&mut fresh.connection).await?;
    fresh.finish(&salvaged).await?;
    let aside = files::set_aside(&path)?;
    files::put_in_place(&salvaged, &path)?;
    Ok((aside, kept))
}

/// An alert of a chat that belongs to the history can happen again only with another
/// `waiting_since`; without this the table would grow by a row with every chat there ever was.
async fn forget_past_alerts(writer: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM alerted WHERE EXISTS
         (SELECT 1 FROM chat WHERE chat.id = alerted.chat_id AND chat.past = 1)",
    )
    .execute(writer)
    .await?;
    Ok(())
}

fn together(cache: Option<SetAside>, own: Option<SetAside>) -> Option<SetAside> {
    match (cache, own) {
        (Some(cache), Some(own)) => Some(SetAside {
            detail: format!("{}; {} (now {})", cache.detail, own.detail, own.path.display()),
            path: cache.path,
        }),
        (one, other) => one.or(other),
    }
}
