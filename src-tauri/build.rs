//! Compiles the program's permissions and embeds the dashboard.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // generate_context!() embeds ui/dist; cargo would not see a new file there.
    println!("cargo:rerun-if-changed=ui/dist");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // WebKitGTK loads the system's SQLite into this process. Without this the linker exports
        // our SQLCipher's sqlite3_* symbols, and WebKit would run on them.
        println!("cargo:rustc-link-arg-bins=-Wl,--exclude-libs,ALL");
    }
    tauri_build::try_build(
        tauri_build::Attributes::new()
            .capabilities_path_pattern("./src-tauri/capabilities/*.json")
            .app_manifest(
                tauri_build::AppManifest::new()
                    .permissions_path_pattern("./src-tauri/permissions/*.toml"),
            ),
    )?;
    Ok(())
}
