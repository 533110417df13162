/*
 * The visitor's rating of the chat: two thumbs, and a comment once one of them is chosen; at any
 * time after somebody was in the chat, also after its end.
 *
 * Invariant: what is shown is what the service has, or what is on its way to it.
 */

const ratedLines = () => state.lines.map((l) => l.line).filter((line) => line.kind === "rated");

function ratedNow() {
  const waiting = [...state.pending.values()].filter((item) => item.rate && !item.failed);
  waiting.sort((a, b) => (a.id < b.id ? -1 : 1));
  if (waiting.length > 0) return waiting[waiting.length - 1].rate;
  return state.rated || ratedLines().pop() || { rating: null };
}

/** The service has it. Where the chat is put away no line comes that says so: this is it then. */
function ratingTaken(rate) {
  const same = (line) =>
    line.rating === rate.rating && (line.comment || "") === (rate.comment || "");
  const line = ratedLines().pop();
  state.rated = line && same(line) ? null : { ...rate, at: Date.now() + state.ahead };
}

function lastComment() {
  const told = state.rated ? [state.rated] : ratedLines();
  const last = told.filter((rated) => rated.comment).pop();
  return last ? last.comment : "";
}

/** A thumb that is chosen already takes the rating back. */
function rate(rating) {
  state.rateRefused = false;
  queue("", false, { rating: ratedNow().rating === rating ? null : rating });
  render();
  if (!parts.rateForm.hidden) parts.rateComment.focus();
}
function comment() {
  const text = whole(parts.rateComment.value).trim();
  const { rating } = ratedNow();
  if (!text || !rating) return;
  parts.rateComment.value = "";
  state.rateRefused = false;
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
  const taken = now.rating ? "rateThanks" : "rateAsk";
  setText(parts.rateAsk, word(state.rateRefused ? "rateRefused" : taken));
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
