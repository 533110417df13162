//! What a machine must have before Bellhop can be built, opened without a screen, or tested.
//!
//! Invariant: nothing is installed unannounced, and what cannot be installed from here is named
//! together with the command that gets it.
//! Left to others: the tools that only `test` uses (`tools.rs`).

mod debian;
mod elsewhere;
mod wasm;

use anyhow::Result;

pub(crate) use wasm::Toolchain;

/// What the machine is made ready for; each includes the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum For {
    /// Compiling the program and the dashboard.
    Building,
    /// Opening the window without a screen and taking its picture.
    VirtualDesktop,
    /// Every test.
    Tests,
    /// The measurements beside other programs.
    Measuring,
}

/// Makes the machine ready, or says what is missing.
pub(crate) fn setup(purpose: For) -> Result<()> {
    if cfg!(target_os = "linux") {
        if debian::is_here() { debian::install(purpose)? } else { elsewhere::linux(purpose)? }
    } else if cfg!(target_os = "macos") {
        elsewhere::macos()?;
    } else if cfg!(windows) {
        elsewhere::windows()?;
    }
    wasm::setup()
}

/// The compiler for the dashboard, as `setup` left it.
pub(crate) fn wasm_toolchain() -> Result<Toolchain> {
    wasm::Toolchain::find()
}
