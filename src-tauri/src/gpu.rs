//! Which renderer WebKitGTK gets.
//!
//! Without a GPU its default renderer draws 17 frames a second and doubles the CPU of a start;
//! with NVIDIA's driver it may draw nothing. `WEBKIT_DISABLE_DMABUF_RENDERER=1` cures both. It is
//! set only where it is needed, only when the agent has not decided herself, and never under
//! WebDriver, where pictures of the window hang with it.

/// Sets the variable before GTK reads it. Called first thing, while there is one thread.
#[cfg(target_os = "linux")]
pub(crate) fn choose_renderer() {
    const VARIABLE: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    let decided = ["WEBKIT_SKIA_ENABLE_CPU_RENDERING", "TAURI_WEBVIEW_AUTOMATION", VARIABLE]
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    if decided || dmabuf_works(std::path::Path::new("/")) {
        return;
    }
    tracing::info!("no GPU that WebKitGTK draws well with: {VARIABLE}=1");
    // SAFETY: called at the start of main, before any other thread exists.
    #[allow(unsafe_code)]
    unsafe {
        std::env::set_var(VARIABLE, "1");
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn choose_renderer() {}

/// There is a render node and the driver behind it is not NVIDIA's own.
#[cfg(target_os = "linux")]
fn dmabuf_works(root: &std::path::Path) -> bool {
    let render_node = std::fs::read_dir(root.join("dev/dri")).is_ok_and(|nodes| {
        nodes.flatten().any(|node| node.file_name().to_string_lossy().starts_with("renderD"))
    });
    render_node && !root.join("proc/driver/nvidia/version").exists()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_probe_wants_a_render_node_and_no_nvidia_driver() {
        let root = tempfile::tempdir().unwrap();
        assert!(!dmabuf_works(root.path()));
        std::fs::create_dir_all(root.path().join("dev/dri/renderD128")).unwrap();
        assert!(dmabuf_works(root.path()));
        std::fs::create_dir_all(root.path().join("proc/driver/nvidia/version")).unwrap();
        assert!(!dmabuf_works(root.path()));
    }
}
