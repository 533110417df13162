// Starts the dashboard. The module is asked for first, for it is the largest; the theme and the
// language of the last time are set before the first paint, so that the window does not flash in
// the wrong ones while the program is asked for them.
const module_or_path = fetch(new URL("./bellhop_ui_bg.wasm", import.meta.url));
const root = document.documentElement;
for (const [key, attribute] of [["bellhop.theme", "data-theme"], ["bellhop.lang", "lang"]]) {
  try {
    const value = localStorage.getItem(key);
    if (value) root.setAttribute(attribute, value);
  } catch {
    // Storage may be closed to the page; the system's theme then holds until the program answers.
  }
}
const { default: init, boot } = await import("./bellhop_ui.js");
await init({ module_or_path });
boot();
