// Confirms every message of the backend at once, and says that the page has been painted.
const { invoke, Channel } = window.__TAURI__.core;
const channel = new Channel();
channel.onmessage = (number) => invoke("confirm", { number });
requestAnimationFrame(() => requestAnimationFrame(() => invoke("ready", { channel })));
