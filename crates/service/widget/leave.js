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
  parts.leaveText.value = "";
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
    parts.leaveText.value = item.text;
    parts.leaveEmail.value = item.leave.email || "";
  }
}

function renderLeave() {
  parts.leave.hidden = state.staffed || !!state.left;
  parts.leaveSaid.hidden = !state.left || (state.left === "failed" && state.staffed);
  const said = { sending: "sending", failed: "leaveFailed", taken: "leaveTaken" }[state.left];
  setText(parts.leaveSaid, said ? word(said) : "");
  if (state.left === "failed") parts.leave.hidden = state.staffed;
}
