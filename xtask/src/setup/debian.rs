//! Debian and its children: packages by apt-get.
//!
//! Invariant: apt-get runs only when something is missing, after saying what and how much.

use super::For;
use crate::{process, step};
use anyhow::{Context, Result, bail};
use std::{collections::HashSet, process::Command};

/// WebKitGTK and the tray for the window; OpenSSL's libcrypto for the encrypted cache; ALSA for the
/// bell.
const BUILDING: &[&str] = &[
    "build-essential",
    "pkg-config",
    "libwebkit2gtk-4.1-dev",
    "libayatana-appindicator3-dev",
    "librsvg2-dev",
    "libssl-dev",
    "libasound2-dev",
];
/// A screen, a window manager, a session bus, a key store, `import` for pictures, letters for Hangul.
const VIRTUAL_DESKTOP: &[&str] = &[
    "xvfb",
    "openbox",
    "dbus",
    "gnome-keyring",
    "imagemagick",
    "fonts-dejavu-core",
    "fonts-noto-cjk",
];
/// WebDrivers, the visitor's browser, a notification daemon, eyes and fingers, pip for two tools.
const TESTS: &[&str] = &[
    "webkit2gtk-driver",
    "chromium",
    "chromium-driver",
    "dunst",
    "libsecret-tools",
    "xauth",
    "xdotool",
    "python3-venv",
];
/// Peers for the measurements: an IRC client and an XMPP web client with a server each.
const MEASURING: &[&str] = &["hexchat", "ngircd", "prosody"];
/// Comes with many packages, and often from elsewhere than Debian: only when there is none.
const NPM: &str = "npm";
/// In Ubuntu these are empty packages that want a snap, which neither containers nor WebDriver like.
const SNAPS_IN_UBUNTU: &[&str] = &["chromium", "chromium-driver"];

pub(crate) fn is_here() -> bool {
    process::is_installed("dpkg-query") && process::is_installed("apt-get")
}

/// The packages for a purpose on this distribution (`ID` of /etc/os-release).
fn packages(purpose: For, distribution: &str) -> Vec<&'static str> {
    let mut all = BUILDING.to_vec();
    if purpose >= For::VirtualDesktop {
        all.extend(VIRTUAL_DESKTOP);
    }
    if purpose >= For::Tests {
        all.extend(TESTS);
    }
    if purpose >= For::Measuring {
        all.extend(MEASURING);
        if !process::is_installed(NPM) {
            all.push(NPM);
        }
    }
    if distribution == "ubuntu" {
        all.retain(|package| !SNAPS_IN_UBUNTU.contains(package));
    }
    all
}

pub(crate) fn install(purpose: For) -> Result<()> {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let distribution = distribution(&release);
    if distribution == "ubuntu" && purpose >= For::Tests && !process::is_installed("chromedriver") {
        step::note(
            "Ubuntu has Chromium only as a snap: put `chromium` and `chromedriver` in PATH \
             yourself, or the tests with a visitor's browser will fail",
        );
    }
    let wanted = packages(purpose, distribution);
    if missing(&wanted)?.iter().any(|package| MEASURING.contains(package)) {
        step::note(
            "Debian starts the servers ngircd and prosody when it installs them; the measurements \
             use copies of their own, so `systemctl disable --now ngircd prosody` is fine",
        );
    }
    install_packages(&wanted)
}

/// Installs those of the packages that are missing.
pub(crate) fn install_packages(wanted: &[&str]) -> Result<()> {
    let missing = missing(wanted)?;
    if missing.is_empty() {
        return Ok(());
    }
    let (mut update, mut install) = (apt_get(), apt_get());
    update.args(["update", "-q"]);
    install.args(["install", "-y", "-q", "--no-install-recommends"]).args(&missing);
    let by_hand = format!("{} && {}", process::shown(&update), process::shown(&install));
    let names = missing.join(" ");
    if !is_root() && !process::is_installed("sudo") {
        bail!(
            "these Debian packages are missing, and installing them takes root or sudo:\n  {names}\n\
             run as root, then try again:\n  {by_hand}"
        );
    }
    let failed = || format!("cannot install the Debian packages {names}; by hand:\n  {by_hand}\n");
    refresh(&mut update).with_context(failed)?;
    let size = size_of(&missing).unwrap_or_default();
    step::note(&format!("missing: {names}"));
    step::note("installing them takes a minute or two, or ten on a slow network");
    let what = format!("installing {} Debian packages{size}", missing.len());
    // A thousand lines of apt's, which would bury ours; what it says of an error is kept.
    step::quiet(&what, || process::output(&mut install)).with_context(failed)?;
    Ok(())
}

/// Whether apt-get could install this package.
pub(crate) fn knows(package: &str) -> bool {
    process::output(Command::new("apt-cache").args(["policy", package]))
        .is_ok_and(|policy| policy.contains("Candidate:") && !policy.contains("Candidate: (none)"))
}

/// Fetches the list of packages, so that `knows` can answer.
pub(crate) fn update() -> Result<()> {
    refresh(apt_get().args(["update", "-q"]))
}

fn refresh(update: &mut Command) -> Result<()> {
    step::quiet("asking Debian for its list of packages", || process::output(update)).map(drop)
}

fn missing<'a>(wanted: &[&'a str]) -> Result<Vec<&'a str>> {
    // Exits with 1 when it has never heard of one of them, which is an answer, too.
    let told = Command::new("dpkg-query")
        .args(["--show", "--showformat=${Package} ${db:Status-Status}\n"])
        .args(wanted)
        .output()
        .context("cannot start dpkg-query")?;
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let installed = installed(&told);
    Ok(wanted.iter().copied().filter(|package| !installed.contains(package)).collect())
}

fn installed(told: &str) -> HashSet<&str> {
    told.lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, status)| *status == "installed")
        .map(|(package, _)| package)
        .collect()
}

/// Download and disk space, in apt-get's own words, for the announcement.
fn size_of(packages: &[&str]) -> Option<String> {
    let told = Command::new("apt-get")
        .args(["install", "--assume-no", "--no-install-recommends"])
        .args(packages)
        .env("LC_ALL", "C")
        .output()
        .ok()?;
    size_in(&String::from_utf8_lossy(&told.stdout))
}

fn size_in(told: &str) -> Option<String> {
    let between = |start: &str, end: &str| {
        let rest = told.split_once(start)?.1;
        Some(rest.split_once(end)?.0.trim().to_owned())
    };
    let fetched = between("Need to get ", " of archives")?;
    let used = between("After this operation, ", " of additional disk space")?;
    Some(format!(" ({fetched} to fetch, {used} on disk)"))
}

fn distribution(os_release: &str) -> &str {
    os_release
        .lines()
        .find_map(|line| line.strip_prefix("ID="))
        .map_or("debian", |id| id.trim_matches('"'))
}

fn apt_get() -> Command {
    let mut command = if is_root() {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        // sudo clears the environment: the variable has to go through it.
        sudo.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        sudo
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_root() -> bool {
    process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_dpkg_calls_installed_counts() {
        let told = "xvfb installed\nopenbox config-files\ndunst not-installed\n";
        assert_eq!(installed(told), HashSet::from(["xvfb"]));
    }

    #[test]
    fn tests_need_all_that_building_needs() {
        let tests = packages(For::Tests, "debian");
        assert!(packages(For::Building, "debian").iter().all(|p| tests.contains(p)));
        assert!(tests.contains(&"chromium-driver"));
    }

    #[test]
    fn ubuntu_is_not_asked_for_a_snap() {
        assert!(!packages(For::Tests, "ubuntu").contains(&"chromium"));
        assert_eq!(distribution("NAME=x\nID=ubuntu\n"), "ubuntu");
        assert_eq!(distribution("ID=\"debian\""), "debian");
        assert_eq!(distribution(""), "debian");
    }

    #[test]
    fn the_announcement_has_apts_own_figures() {
        let told = "Need to get 123 MB/130 MB of archives.\n\
                    After this operation, 456 MB of additional disk space will be used.\n";
        assert_eq!(size_in(told).unwrap(), " (123 MB/130 MB to fetch, 456 MB on disk)");
        assert_eq!(size_in("nothing of the kind"), None);
    }
}
