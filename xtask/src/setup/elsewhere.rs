//! Systems on which nothing is installed from here: says what is missing and how to get it.
//!
//! Invariant: everything that is missing is said at once, each with its own way to get it.
//! These checks could only be compiled, not run, on the machines where Bellhop has been built so
//! far: where one is wrong, `BELLHOP_SKIP_SETUP=1` goes past it.

use super::For;
use crate::process;
use anyhow::{Result, bail};
use std::{env, fmt::Write as _, path::Path, process::Command};

/// One thing that a machine must have.
struct Need {
    what: &'static str,
    get: &'static str,
    there: bool,
}

pub(crate) fn linux(purpose: For) -> Result<()> {
    let module =
        |name: &str| process::succeeds(Command::new("pkg-config").args(["--exists", name]));
    let mut needs = vec![
        Need {
            what: "pkg-config and a C compiler",
            get: "packages pkg-config (pkgconf) and gcc",
            there: process::is_installed("pkg-config") && process::is_installed("cc"),
        },
        Need {
            what: "WebKitGTK 4.1 for development",
            get: "Fedora: webkit2gtk4.1-devel; Arch: webkit2gtk-4.1; openSUSE: webkit2gtk3-devel",
            there: module("webkit2gtk-4.1"),
        },
        Need {
            what: "Ayatana AppIndicator for development",
            get: "Fedora: libappindicator-gtk3-devel; Arch: libayatana-appindicator; \
                  openSUSE: libayatana-appindicator3-devel",
            there: module("ayatana-appindicator3-0.1") || module("appindicator3-0.1"),
        },
        Need {
            what: "OpenSSL for development",
            get: "Fedora: openssl-devel; Arch: openssl; openSUSE: libopenssl-devel",
            there: module("libcrypto"),
        },
        Need {
            what: "ALSA for development",
            get: "Fedora: alsa-lib-devel; Arch: alsa-lib; openSUSE: alsa-devel",
            there: module("alsa"),
        },
    ];
    if purpose >= For::VirtualDesktop {
        needs.extend(programs(&[
            "Xvfb",
            "openbox",
            "dbus-daemon",
            "gnome-keyring-daemon",
            "import",
        ]));
    }
    if purpose >= For::Tests {
        needs.extend(programs(&[
            "WebKitWebDriver",
            "chromedriver",
            "dunst",
            "secret-tool",
            "xdotool",
        ]));
    }
    if purpose >= For::Measuring {
        needs.extend(programs(&["hexchat", "ngircd", "prosody", "npm"]));
    }
    demand("this Linux distribution", needs)
}

pub(crate) fn macos() -> Result<()> {
    demand(
        "macOS",
        vec![Need {
            what: "Xcode's command line tools",
            get: "xcode-select --install",
            there: process::succeeds(Command::new("xcode-select").arg("-p")),
        }],
    )
}

pub(crate) fn windows() -> Result<()> {
    demand(
        "Windows",
        vec![
            Need {
                what: "the WebView2 runtime",
                get: "winget install Microsoft.EdgeWebView2Runtime",
                there: has_webview2(),
            },
            Need {
                what: "Visual Studio's C++ build tools",
                get: "winget install Microsoft.VisualStudio.2022.BuildTools --override \
                      \"--passive --wait --add Microsoft.VisualStudio.Workload.VCTools;includeRecommended\"",
                there: has_visual_c(),
            },
            Need {
                what: "Perl, with which OpenSSL is built for the encrypted cache",
                get: "winget install StrawberryPerl.StrawberryPerl",
                there: env::var_os("OPENSSL_DIR").is_some() || process::is_installed("perl"),
            },
        ],
    )
}

fn programs(names: &[&'static str]) -> impl Iterator<Item = Need> {
    names.iter().map(|name| Need {
        what: name,
        get: "the package that has this program",
        there: process::is_installed(name),
    })
}

fn has_webview2() -> bool {
    const CLIENT: &str = r"Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}";
    [r"HKLM\SOFTWARE\WOW6432Node", r"HKLM\SOFTWARE", r"HKCU\Software"].iter().any(|hive| {
        process::succeeds(Command::new("reg").args([
            "query",
            &format!(r"{hive}\{CLIENT}"),
            "/v",
            "pv",
        ]))
    })
}

fn has_visual_c() -> bool {
    let Some(programs) = env::var_os("ProgramFiles(x86)") else { return false };
    let finder = Path::new(&programs).join(r"Microsoft Visual Studio\Installer\vswhere.exe");
    process::output(Command::new(finder).args([
        "-products",
        "*",
        "-requires",
        "Microsoft.VisualStudio.Component.VC.Tools.x86.x64",
        "-property",
        "installationPath",
    ]))
    .is_ok_and(|found| !found.trim().is_empty())
}

fn demand(system: &str, needs: Vec<Need>) -> Result<()> {
    if env::var_os("BELLHOP_SKIP_SETUP").is_some() {
        return Ok(());
    }
    match missing(needs) {
        None => Ok(()),
        Some(list) => bail!(
            "on {system} nothing is installed for you, and this is missing:\n{list}\
             then try again (BELLHOP_SKIP_SETUP=1 goes past these checks)"
        ),
    }
}

fn missing(needs: Vec<Need>) -> Option<String> {
    let mut list = String::new();
    for need in needs.into_iter().filter(|need| !need.there) {
        // Writing to a String cannot fail.
        let _ = writeln!(list, "  {}\n    get it: {}", need.what, need.get);
    }
    (!list.is_empty()).then_some(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_missing_is_said_at_once_with_how_to_get_it() {
        let need = |what, there| Need { what, get: "get-it", there };
        let list =
            missing(vec![need("one", false), need("two", true), need("three", false)]).unwrap();
        assert!(list.contains("one") && list.contains("three") && !list.contains("two"));
        assert_eq!(list.matches("get it: get-it").count(), 2);
        assert!(missing(vec![need("one", true)]).is_none());
    }
}
