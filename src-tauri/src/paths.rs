//! Where the program keeps its files.
//!
//! One directory holds everything: whoever owns its lock owns the data ([`crate::owner`]).

use std::path::{Path, PathBuf};

/// The data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PathError {
    #[error("this system names no directory for a program's data; set BELLHOP_DATA_DIR")]
    NoHome,
    #[error("the data directory {path} cannot be made: {source}")]
    Make { path: PathBuf, source: std::io::Error },
}

/// `BELLHOP_DATA_DIR`, or the operating system's place for a program's local data. Made if it is
/// missing, readable by its owner alone.
pub(crate) fn data_dir() -> Result<PathBuf, PathError> {
    let dir = match std::env::var_os("BELLHOP_DATA_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => directories::ProjectDirs::from("net", "bellhop", "Bellhop")
            .ok_or(PathError::NoHome)?
            .data_local_dir()
            .to_owned(),
    };
    make_private(&dir).map_err(|source| PathError::Make { path: dir.clone(), source })?;
    Ok(dir)
}

fn make_private(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn s14_the_data_directory_is_its_owners_alone() {
        let outer = tempfile::tempdir().unwrap();
        let dir = outer.path().join("a/b");
        make_private(&dir).unwrap();
        assert_eq!(std::fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
