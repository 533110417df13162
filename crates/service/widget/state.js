/*
 * What the widget knows of its chat, and how it survives a reload or a move to another page.
 *
 * Invariant: `cursor` is the number of the last of `lines`; both are stored together, so that a
 * stored transcript never claims to reach further than it does.
 */

let key = shared.get("key");
if (!/^[0-9a-f]{32}$/.test(key || "")) {
  shared.set("key", hex(random(16)));
  key = shared.get("key");
}
let kept = read(own.get("chat")) || {};
// What another version stored, or the page: the service has it all.
if (!Array.isArray(kept.lines) || !kept.lines.every((l) => l && l.seq > 0 && l.line))
  kept = {};
const state = {
  link: "connecting", // connecting · online · offline · outdated
  chat: kept.chat || "none",
  staffed: true,
  within: true, // within operating hours
  opensAt: 0, // the next opening, where it is closed and one is known
  ahead: 0, // by how much the service's clock is ahead of the browser's
  left: null, // a message left: null, sending, taken or failed
  greetings: [], // { id, name, text, at }: said before there is a chat
  ratings: false, // chats can be rated
  rated: null, // { rating, comment, at }: taken, and there is no line that says so
  rateRefused: false, // the last rating was not taken
  files: null, // { extensions, bytes, pass, expires_at }: which files may be sent
  pass: null, // { pass, expires_at }: what opens those in the chat
  lines: Array.isArray(kept.lines) ? kept.lines : [],
  cursor: kept.cursor || 0,
  pending: new Map(), // id -> { id, text, ends, rate, leave, mine, done, failed, notBefore }
  typists: new Set(), // names of those who type now
  name: shared.get("name") || "",
  readTo: Number(shared.get("read")) || 0,
  open: own.get("open") === "1",
  confirming: false,
  welcomedAt: 0,
  fresh: false, // the visitor begins a new chat: the ended one is out of sight
  peek: null, // what arrived while the panel was closed, for a few seconds
};

let saving = 0;
function saveChat() {
  clearTimeout(saving);
  saving = 0;
  own.set("chat", json({ chat: state.chat, cursor: state.cursor, lines: state.lines }));
}
function saveSoon() {
  if (!saving) saving = later(saveChat, 200);
}

/** The lines belong to a chat that is over, or to a journal that is no more. */
function forget() {
  state.lines = [];
  state.cursor = 0;
  state.rated = null;
  for (const [id, item] of state.pending) if (item.done) state.pending.delete(id);
}

/** A visit is over when no page of the site was open for so long. */
const VISIT_ENDS_AFTER = 1800000;
/** Visits so far, this one included. */
function countVisit() {
  let visits = Number(shared.get("visits")) || 0;
  if (!visits || Date.now() - (Number(shared.get("seen")) || 0) > VISIT_ENDS_AFTER) {
    visits += 1;
    shared.set("visits", String(visits));
  }
  seenNow();
  return visits;
}
function seenNow() {
  shared.set("seen", String(Date.now()));
}
