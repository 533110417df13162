/*
 * What the visitor said and the service has not answered yet.
 *
 * Invariant: an item is stored before it is sent, keeps its id with every repeat, and leaves only
 * with the service's answer or by the visitor's hand. Each is a stored value of its own, so that
 * two tabs never overwrite each other's.
 */

const ANSWER_WITHIN = 20000;
const ADOPT_AFTER = 5000;

function store(item) {
  shared.set(
    "out:" + item.id,
    json({
      text: item.text,
      ends: item.ends,
      rate: item.rate,
      leave: item.leave,
      failed: item.failed,
    }),
  );
}
function restore(id, mine) {
  const found = read(shared.get("out:" + id));
  if (!found || state.pending.has(id)) return;
  const item = {
    id,
    text: String(found.text || ""),
    ends: !!found.ends,
    rate: found.rate,
    leave: found.leave,
    failed: found.failed,
    mine,
  };
  state.pending.set(id, item);
  // Another tab sends it; should that one be closed first, this one does.
  if (!mine)
    later(() => {
      item.mine = true;
      pump();
    }, ADOPT_AFTER);
}
function queue(text, ends, rate, leave) {
  const item = { id: newId(), text, ends, rate, leave, mine: true };
  state.pending.set(item.id, item);
  store(item);
  pump();
}
/** The service has it. The transcript's own line takes its place when it comes. */
function settle(id) {
  const item = state.pending.get(id);
  shared.drop("out:" + id);
  if (item) item.done = true;
  if (item && item.rate) ratingTaken(item.rate);
  if (item && item.leave) state.left = "taken";
  if (item && (item.ends || item.rate || item.leave || state.lines.some((l) => l.line.id === id))) state.pending.delete(id);
  released(id);
}
function refused(id, refusal) {
  const item = state.pending.get(id);
  if (item && (refusal.code === "too_fast" || refusal.code === "storage_unavailable")) {
    const wait = Math.min(Math.max(Number(refusal.retry_for_ms) || 2000, 200), 60000);
    item.notBefore = Date.now() + wait;
    later(pump, wait + 10);
  } else if (item && (item.ends || item.rate || item.leave)) {
    shared.drop("out:" + id);
    state.pending.delete(id);
    if (item.leave) notLeft(item, refusal);
    if (item.rate) state.rateRefused = true;
  } else if (item) {
    item.failed = refusal;
    store(item);
  }
  released(id);
}
/** The visitor takes a refused message back, into the text box or out of sight. */
function giveUp(item, edit) {
  shared.drop("out:" + item.id);
  state.pending.delete(item.id);
  if (edit) {
    parts.input.value = [parts.input.value, item.text].filter(Boolean).join("\n");
    typed();
  }
  render();
  parts.input.focus();
}
/** Another tab's item is no longer stored: it was answered, or given up. */
function goneElsewhere(id) {
  const item = state.pending.get(id);
  if (item && item.failed) state.pending.delete(id);
  else if (item) settle(id);
}

let inFlight = null; // the id that waits for its answer
let overdue = 0;

function released(id) {
  if (inFlight !== id) return;
  inFlight = null;
  clearTimeout(overdue);
  pump();
}
/** Sends the oldest item; the next one only after its answer, so that the order holds. */
function pump() {
  if (!welcomed || inFlight) return;
  const waiting = [...state.pending.values()]
    .filter((item) => item.mine && !item.done && !item.failed)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const next = waiting[0];
  if (!next || (next.notBefore || 0) > Date.now()) return;
  inFlight = next.id;
  if (!next.rate && !next.ends && !/^(waiting|served)$/.test(state.chat)) tellWished();
  if (next.rate) tell({ frame: "rate", id: next.id, ...next.rate });
  else if (next.leave) tell({ frame: "leave", id: next.id, text: next.text, ...next.leave });
  else if (next.ends) tell({ frame: "end", id: next.id });
  else tell({ frame: "say", id: next.id, text: next.text });
  overdue = later(() => lose(true), ANSWER_WITHIN);
}
