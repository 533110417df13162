//! The snapshot's row: the folded state as bytes, and what tells whether it may be used.
//!
//! It knows nothing of accounts. Invariant: a snapshot whose print is not that of its row counts
//! as damaged.

use bellhop_model::{Seq, Timestamp};
use sha2::{Digest, Sha256};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

/// A folded state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// The last event that is folded.
    pub(crate) seq: Seq,
    /// The newest moment of the events that are folded.
    pub(crate) at: Timestamp,
    /// The version of the fold.
    pub(crate) fold: u32,
    pub(crate) state: Vec<u8>,
}

/// What lies in the snapshot's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    Nothing,
    Damaged,
    Whole(Snapshot),
}

impl Snapshot {
    fn print(&self) -> Vec<u8> {
        let mut hash = Sha256::new();
        hash.update(self.seq.0.to_be_bytes());
        hash.update(self.at.0.to_be_bytes());
        hash.update(self.fold.to_be_bytes());
        hash.update(&self.state);
        hash.finalize().to_vec()
    }
}

pub(super) async fn write(
    connection: &mut SqliteConnection,
    made: &Snapshot,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT OR REPLACE INTO snapshot (one, seq, at, fold, print, state)
         VALUES (1, ?, ?, ?, ?, ?)",
    )
    .bind(made.seq.0.cast_signed())
    .bind(made.at.0)
    .bind(i64::from(made.fold))
    .bind(made.print())
    .bind(&made.state[..])
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn read(connection: &mut SqliteConnection) -> Result<Kept, sqlx::Error> {
    // A file that is only looked at may be of a schema that had none.
    let known: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE name = 'snapshot'")
            .fetch_one(&mut *connection)
            .await?;
    if known == 0 {
        return Ok(Kept::Nothing);
    }
    let row = sqlx::query("SELECT seq, at, fold, print, state FROM snapshot")
        .fetch_optional(connection)
        .await?;
    Ok(row.map_or(Kept::Nothing, |row| whole(&row).map_or(Kept::Damaged, Kept::Whole)))
}

fn whole(row: &SqliteRow) -> Option<Snapshot> {
    let snapshot = Snapshot {
        seq: Seq(row.try_get::<i64, _>(0).ok()?.cast_unsigned()),
        at: Timestamp(row.try_get(1).ok()?),
        fold: u32::try_from(row.try_get::<i64, _>(2).ok()?).ok()?,
        state: row.try_get(4).ok()?,
    };
    let print: Vec<u8> = row.try_get(3).ok()?;
    (print == snapshot.print()).then_some(snapshot)
}
