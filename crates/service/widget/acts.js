/*
 * What the visitor does: types, sends, gives a name, opens, closes, ends.
 */

const TYPING_STOPS = 4000;

let typingOn = false; // the service believes that the visitor types
let renewing = 0;
let stopping = 0;

/** At every change of the text box. */
function typed() {
  own.set("draft", parts.input.value);
  if (!parts.input.value.trim()) {
    stopTyping();
    return;
  }
  clearTimeout(stopping);
  stopping = later(stopTyping, TYPING_STOPS);
  if (typingOn || !welcomed || !/^(waiting|served|left)$/.test(state.chat)) return;
  typingOn = true;
  tell({ frame: "typing", on: true });
  clearInterval(renewing);
  renewing = setInterval(
    calm(() => {
      if (typingOn) tell({ frame: "typing", on: true });
    }),
    TYPING_RENEW,
  );
}
function stopTyping() {
  clearTimeout(stopping);
  clearInterval(renewing);
  if (typingOn) tell({ frame: "typing", on: false });
  typingOn = false;
}

function submit() {
  const text = whole(parts.input.value);
  if (!text.trim() || chars(text) > MESSAGE_CHARS) {
    parts.input.focus();
    return;
  }
  giveName();
  parts.input.value = "";
  typed();
  queue(text, false);
  render();
  toBottom();
  parts.input.focus();
}
/** An answer that an agent offered. What is in the text box stays there. */
function choose(text) {
  giveName();
  queue(text, false);
  render();
  toBottom();
  parts.input.focus();
}
function giveName() {
  const name = cleanName(parts.name.value);
  if (!name || name === state.name) return;
  state.name = name;
  shared.set("name", name);
  if (welcomed) tell({ frame: "name", name });
}
function markRead(seq) {
  if (seq === state.readTo) return;
  state.readTo = seq;
  shared.set("read", String(seq));
}
let opener = null; // what had the focus before the panel took it

function setOpen(open) {
  const before = document.activeElement;
  if (open && before && before !== document.body && before !== parts.host) opener = before;
  state.open = open;
  state.confirming = false;
  state.peek = null;
  own.set("open", open ? "1" : "0");
  if (welcomed) tell({ frame: "widget", open });
  parts.root.dataset.theme = theme();
  render();
  fit();
  if (!open) {
    if (opener && opener.isConnected) opener.focus();
    else parts.launcher.focus();
    opener = null;
    return;
  }
  toBottom();
  const first = parts.composer.hidden ? parts.restart : parts.input;
  (matchMedia("(pointer: coarse)").matches ? parts.panel : first).focus();
}
function confirmEnd(on) {
  state.confirming = on;
  render();
  (on ? parts.endCancel : parts.end.hidden ? parts.panel : parts.end).focus();
}
function end() {
  state.confirming = false;
  stopTyping();
  queue("", true);
  render();
  (parts.composer.hidden ? parts.restart : parts.input).focus();
}

const ACTIVE_EVERY = 30000;
let activeToldAt = 0;

/** The visitor moved the mouse or pressed a key, in whichever part of the page. */
function active() {
  if (!welcomed || Date.now() - activeToldAt < ACTIVE_EVERY) return;
  activeToldAt = Date.now();
  tell({ frame: "active" });
}
