//! Whether ui/dist is what its sources make: a hash of what goes in and of what came out.
//!
//! Invariant: a stamp is current only if neither side has changed since it was written, so a
//! ui/dist that something else has overwritten is built again, too.

use super::{Files, entries, gather, name_of};
use crate::paths;
use anyhow::{Context, Result};
use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

/// What the dashboard is made of, besides ui/ itself.
const SOURCES: &[&str] = &["Cargo.toml", "Cargo.lock", ".cargo/config.toml", "crates/model"];

pub(crate) struct Stamp {
    sources: u64,
}

impl Stamp {
    /// The sources as they are now, to be built with this profile by this very xtask.
    pub(crate) fn of_sources(profile: &str) -> Result<Self> {
        let root = paths::root();
        let mut files = Files::new();
        for name in SOURCES {
            let path = root.join(name);
            if path.is_dir() {
                gather(&path, &format!("{name}/"), &mut files)?;
            } else {
                files.insert((*name).into(), super::read(&path)?);
            }
        }
        for path in entries(&root.join("ui"))? {
            let name = format!("ui/{}", name_of(&path));
            if name == "ui/dist" {
                continue;
            }
            if path.is_dir() {
                gather(&path, &format!("{name}/"), &mut files)?;
            } else {
                files.insert(name, super::read(&path)?);
            }
        }
        let mut hasher = DefaultHasher::new();
        profile.hash(&mut hasher);
        this_xtask().hash(&mut hasher);
        files.hash(&mut hasher);
        Ok(Self { sources: hasher.finish() })
    }

    pub(crate) fn is_current(&self, stamp_file: &Path, dist: &Path) -> bool {
        let written = fs::read_to_string(stamp_file).unwrap_or_default();
        self.text(dist).is_ok_and(|now| now == written)
    }

    pub(crate) fn write(&self, stamp_file: &Path, dist: &Path) -> Result<()> {
        fs::write(stamp_file, self.text(dist)?)
            .with_context(|| format!("cannot write {}", stamp_file.display()))
    }

    fn text(&self, dist: &Path) -> Result<String> {
        let mut files = Files::new();
        gather(dist, "", &mut files)?;
        let mut hasher = DefaultHasher::new();
        files.hash(&mut hasher);
        Ok(format!("{:016x} {:016x}\n", self.sources, hasher.finish()))
    }
}

/// The build steps are in this program: one that was compiled anew may do them otherwise.
fn this_xtask() -> Option<std::time::SystemTime> {
    fs::metadata(env::current_exe().ok()?).ok()?.modified().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_current_until_either_side_changes() {
        let folder = tempfile::tempdir().unwrap();
        let (file, dist) = (folder.path().join("stamp"), folder.path().join("dist"));
        fs::create_dir(&dist).unwrap();
        fs::write(dist.join("index.html"), "one").unwrap();
        let stamp = Stamp { sources: 7 };
        assert!(!stamp.is_current(&file, &dist), "there is none yet");
        stamp.write(&file, &dist).unwrap();
        assert!(stamp.is_current(&file, &dist));
        assert!(!Stamp { sources: 8 }.is_current(&file, &dist), "sources changed");
        fs::write(dist.join("index.html"), "two").unwrap();
        assert!(!stamp.is_current(&file, &dist), "ui/dist changed");
    }
}
