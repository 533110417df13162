/*
 * A message that the visitor leaves while nobody is there.
 *
 * Invariant: it goes through the outbox like everything the visitor says, so it is left once.
 */

function leave() {
  const text = whole(parts.leaveText.value);
  const email = parts.leaveEmail.value.trim();
  if (!text.trim() || chars(text) > MESSAGE_CHARS) {
    parts.leaveText.focus();
    return;
  }
  giveName();
  writeLeaving("");
  state.left = "sending";
  queue(text, false, undefined, { email });
  render();
}
/** The service does not take it: somebody is there meanwhile, or it is not right. */
function notLeft(item, refusal) {
  if (refusal.code === "somebody_is_there") {
    state.left = null;
    queue(item.text, false);
  } else {
    state.left = "failed";
    writeLeaving(item.text);
    parts.leaveEmail.value = item.leave.email || "";
  }
}

/** What is typed there survives a reload. */
function writeLeaving(text) {
  parts.leaveText.value = text;
  own.set("leaving", text);
}

/** What is being typed is not taken out of the visitor's hands when somebody comes. */
function renderLeave() {
  const begun = parts.leaveText.value.trim() !== "";
  parts.leave.hidden = (state.staffed && !begun) || /^(sending|taken)$/.test(state.left);
  parts.leaveSaid.hidden = !state.left || (state.left === "failed" && parts.leave.hidden);
  const said = { sending: "sending", failed: "leaveFailed", taken: "leaveTaken" }[state.left];
  setText(parts.leaveSaid, said ? word(said) : "");
}
/** A chat begins, and the introduction goes: what was begun there goes on in the text box. */
function carryOn() {
  if (!parts.leaveText.value.trim() || parts.input.value || parts.composer.hidden) return;
  parts.input.value = parts.leaveText.value;
  writeLeaving("");
  typed();
}
