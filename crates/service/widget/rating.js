/*
 * The visitor's rating of the chat: two thumbs, and a comment once one of them is chosen; at any
 * time after somebody was in the chat, also after its end.
 *
 * Invariant: what is shown is what the service has, or what is on its way to it.
 */

function ratedNow() {
  const waiting = Array.from(state.pending.values()).filter((item) => item.rate && !item.failed);
  waiting.sort((a, b) => (a.id < b.id ? -1 : 1));
  if (waiting.length > 0) return waiting[waiting.length - 1].rate;
  if (state.rated) return state.rated;
  const lines = state.lines.filter((l) => l.line.kind === "rated");
  return lines.length > 0 ? lines[lines.length - 1].line : { rating: null };
}

function lastComment() {
  const lines = state.lines.filter((l) => l.line.kind === "rated" && l.line.comment);
  return lines.length > 0 ? lines[lines.length - 1].line.comment : "";
}

/** A thumb that is chosen already takes the rating back. */
function rate(rating) {
  queue("", false, { rating: ratedNow().rating === rating ? null : rating });
  render();
  if (!parts.rateForm.hidden) parts.rateComment.focus();
}
function comment() {
  const text = whole(parts.rateComment.value).trim();
  const { rating } = ratedNow();
  if (!text || !rating) return;
  parts.rateComment.value = "";
  queue("", false, { rating, comment: cut(text, COMMENT_CHARS) });
  render();
}

function renderRating() {
  const met = state.lines.some((l) => l.line.kind === "joined");
  parts.rating.hidden = !state.ratings || !met || state.fresh || state.confirming;
  const now = ratedNow();
  const over = /^(left|ended|none)$/.test(state.chat);
  const asked = state.lines.filter((l) => /^rat/.test(l.line.kind)).pop();
  const missing = !now.rating || !now.comment;
  const wanted =
    (over && missing) || (!now.rating && asked && asked.line.kind === "rating_requested");
  parts.rating.classList.toggle("wanted", !!wanted);
  setText(parts.rateAsk, word(now.rating ? "rateThanks" : "rateAsk"));
  for (const [rating, thumb] of [
    ["good", parts.rateGood],
    ["bad", parts.rateBad],
  ])
    thumb.setAttribute("aria-pressed", String(now.rating === rating));
  const open = !!now.rating && missing;
  // A comment that went with another rating need not be written twice.
  if (open && parts.rateForm.hidden && !parts.rateComment.value)
    parts.rateComment.value = lastComment();
  parts.rateForm.hidden = !open;
}
