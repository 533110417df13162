/*
 * The line to the service: docs/protocol.md, "The visitors' socket".
 *
 * Invariant: a line of the transcript is taken only as the next after the cursor, so that it stands
 * there once, whoever sent it from whichever tab; a hole is healed by asking anew.
 */

/** What comes sooner after a welcome is what was said before, not news. */
const SETTLED_AFTER = 1500;
/** A line that held for so long starts the waiting times anew when it breaks. */
const STEADY_AFTER = 30000;
const RETRY_MOST = 30000;

let socket = null;
let welcomed = false; // the service has answered our hello on this socket
let stopped = false; // it speaks another language; only a reload helps
let tries = 0;
let holes = 0;
let retry = 0;
let quiet = 0;
let keyRenewed = false;
let shownPage = null; // the page the service was last told of

function pageNow() {
  return {
    url: cut(location.href, URL_CHARS),
    title: cut(document.title || "", TITLE_CHARS),
    language: cut(said, 35),
  };
}
function timeZone() {
  try {
    return cut(new Intl.DateTimeFormat().resolvedOptions().timeZone || "", 64);
  } catch (_) {
    return "";
  }
}
function tell(frame) {
  if (socket && socket.readyState === 1) socket.send(json(frame));
}
function connect() {
  clearTimeout(retry);
  if (socket || stopped) return;
  let line;
  try {
    line = new WebSocket(address.href);
  } catch (_) {
    lose(true);
    return;
  }
  socket = line;
  clearTimeout(quiet);
  quiet = later(() => lose(true), DEAD_AFTER_PING);
  line.onopen = calm(() => {
    if (line !== socket) return;
    shownPage = pageNow();
    tell({
      frame: "hello",
      protocol: PROTOCOL,
      key,
      cursor: state.cursor,
      language: cut(navigator.language || said, 35),
      page: shownPage,
      referrer: cut(document.referrer || "", URL_CHARS),
      time_zone: timeZone(),
      visits: countVisit(),
    });
  });
  line.onmessage = calm((message) => {
    if (line !== socket) return;
    listen();
    const frame = typeof message.data === "string" ? read(message.data) : null;
    if (frame && typeof frame === "object") {
      receive(frame);
      show();
    }
  });
  line.onclose = calm(() => {
    if (line === socket) lose(true);
  });
  line.onerror = line.onclose;
}
/** Any frame is a sign of life; silence is asked about once. */
function listen() {
  clearTimeout(quiet);
  quiet = later(ask, PING_AFTER);
}
function ask() {
  clearTimeout(quiet);
  tell({ frame: "ping" });
  quiet = later(() => lose(true), DEAD_AFTER_PING);
}
function lose(again) {
  const line = socket;
  socket = null;
  if (welcomed && Date.now() - state.welcomedAt > STEADY_AFTER) tries = 0;
  if (state.link !== "outdated") state.link = welcomed && tries === 0 ? "connecting" : "offline";
  welcomed = false;
  inFlight = null;
  typingOn = false;
  [quiet, overdue, retry].forEach(clearTimeout);
  state.typists.clear();
  if (line)
    try {
      line.close();
    } catch (_) {
      /* it was closed */
    }
  if (again && !stopped) {
    retry = later(
      connect,
      100 + Math.random() * Math.min(RETRY_MOST, 500 * 2 ** Math.min(tries, 10)),
    );
    tries += 1;
  }
  show();
}
/** Instead of waiting for the next try; `anew` also gives up a line that seems to hold. */
function connectNow(anew) {
  if (socket && !anew) return;
  lose(false);
  tries = 0;
  connect();
}

function receive(f) {
  if (f.frame === "welcome") {
    welcomed = true;
    bar(false);
    state.link = "online";
    state.welcomedAt = Date.now();
    state.ahead = f.now - state.welcomedAt || 0;
    if (f.reset) forget();
    state.greetings = []; // those that still are follow
    if (state.open) tell({ frame: "widget", open: true });
    tellWished();
    state.chat = f.chat;
    seeStaff(f);
    state.ratings = !!f.ratings;
    filesTold(f);
    if (!state.name && f.name) state.name = String(f.name);
    else if (state.name && state.name !== f.name) tell({ frame: "name", name: state.name });
    // By then the lines of what was taken before are here; what has none belongs to no chat of now.
    const done = [...state.pending.values()].filter((item) => item.done);
    later(() => {
      done.forEach((item) => state.pending.delete(item.id));
      show();
    }, SETTLED_AFTER);
    saveSoon();
    pump();
  } else if (f.frame === "line") {
    receiveLine(f);
  } else if (f.frame === "taken") {
    settle(f.id);
  } else if (f.frame === "refused") {
    refused(f.id, f.refusal || {});
  } else if (f.frame === "state") {
    state.chat = f.chat;
    seeStaff(f);
    saveSoon();
  } else if (f.frame === "greeting") {
    greeted(f);
  } else if (f.frame === "typing") {
    seeTyping(String(f.name || ""), !!f.on);
  } else if (f.frame === "rejected") {
    rejected(f.code);
  }
}

function seeStaff(f) {
  state.staffed = !!f.staffed;
  state.within = f.open !== false;
  state.opensAt = Number(f.opens_at) || 0;
}

function receiveLine(f) {
  if (!(f.seq > state.cursor) || !f.line) return;
  if (f.prev !== state.cursor && f.prev !== 0) {
    // Something is missing: ask anew from where we stand; if that does not help, from the start.
    holes += 1;
    if (holes > 2) forget();
    lose(true);
    return;
  }
  if (f.prev === 0 && state.cursor !== 0) forget(); // the first line of another chat
  holes = 0;
  state.cursor = f.seq;
  state.fresh = false;
  state.lines.push({ seq: f.seq, at: f.at, line: f.line });
  if (f.line.kind === "rated") state.rated = null;
  if (f.line.kind === "mine") settle(f.line.id);
  if (f.line.kind === "mine") state.pending.delete(f.line.id);
  if (f.line.kind === "mine") uploads.delete(f.line.id);
  if (f.line.kind === "theirs") {
    state.greetings = state.greetings.filter((g) => g.id !== f.line.id);
    if (Date.now() - state.welcomedAt > SETTLED_AFTER) announce(f.line);
  }
  saveSoon();
}

/** An automatic message before there is a chat; it is a line of the chat that begins. */
function greeted(f) {
  if (state.greetings.some((g) => g.id === f.id)) return;
  state.greetings.push({ id: String(f.id), name: f.name, text: f.text, at: f.at });
  if (Date.now() - state.welcomedAt > SETTLED_AFTER) announce(f);
}

function rejected(code) {
  if (code === "protocol_unknown") {
    stopped = true;
    state.link = "outdated";
  } else if (code === "not_available") {
    stopped = true;
    bar(true);
  } else if (code === "cursor_ahead") {
    forget();
    markRead(0);
    saveChat();
  } else if (code === "bad_token" && !keyRenewed) {
    keyRenewed = true;
    key = hex(random(16));
    shared.set("key", key);
    forget();
  } else if ((code === "bad_frame" || code === "frame_too_large") && inFlight) {
    refused(inFlight, { code }); // or it would be sent and thrown out for ever
  }
}

/** There is no chat for this browser: it sees nothing of one, on the next page not even at first. */
function bar(on) {
  if (on) shared.set("barred", "1");
  else shared.drop("barred");
  parts.root.hidden = on;
}

/** The service ends every sign itself, also one that its agent does not renew. */
function seeTyping(name, on) {
  if (on) state.typists.add(name);
  else state.typists.delete(name);
}
