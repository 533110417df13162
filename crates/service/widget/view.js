/*
 * How the elements follow the state.
 *
 * Invariant: `render` is the only place that writes what is known into elements.
 */

const PEEK_FOR = 8000;
const PEEK_CHARS = 160;
const WARN_CHARS = 200;

function statusWords() {
  if (state.link !== "online") return word(state.link);
  if (state.chat === "served") {
    const inIt = peopleInIt();
    const names = [...inIt.keys()].join(", ");
    const served = word("served", {
      name: names || parts.panel.querySelector("h2").textContent,
    });
    const [only] = inIt.size === 1 ? inIt.values() : [];
    return only ? `${served} · ${only.tagline || word("support")}` : served;
  }
  if (state.chat === "waiting") {
    const waits = word(state.staffed ? "waiting" : "waitingAway");
    return state.within ? waits : `${waits} · ${closedWords("closed", "closedUntil")}`;
  }
  if (state.chat === "left" || (state.chat === "ended" && !state.fresh)) return word(state.chat);
  if (!state.within) return closedWords("closed", "closedUntil");
  return word(state.staffed ? "none" : "away");
}

/** Outside operating hours: that it is closed, and until when, by the visitor's own clock. */
function closedWords(plain, until) {
  const when = openingWords();
  return when ? word(until, { when }) : word(plain);
}

/**
 * The next opening in the browser's time zone: the time alone where it is today, the day of the
 * week within six days, the date after that; nothing where it is over or not known.
 */
function openingWords() {
  const now = Date.now() + state.ahead;
  if (state.opensAt <= now) return "";
  const midnight = (at) => new Date(at).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(state.opensAt) - midnight(now)) / 86400000);
  const written = (parts) => new Intl.DateTimeFormat(locale, parts).format(state.opensAt);
  const time = { hour: "numeric", minute: "2-digit" };
  if (days < 1) return written(time);
  if (days > 6) return written({ weekday: "long", month: "long", day: "numeric", ...time });
  const tomorrow = new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(1, "day");
  return `${days === 1 ? tomorrow : written({ weekday: "long" })} ${written(time)}`;
}

function introWords() {
  if (!state.within) return closedWords("introClosed", "introClosedUntil");
  return word(state.staffed ? "intro" : "introAway");
}

/** Who of the team is in the chat: their names, and what they say of themselves. */
function peopleInIt() {
  const inIt = new Map();
  for (const { line } of state.lines) {
    if (line.kind === "joined") inIt.set(line.name, line);
    if (line.kind === "continued" && !inIt.has(line.name)) inIt.set(line.name, line);
    if (line.kind === "left_chat") inIt.delete(line.name);
  }
  return inIt;
}

let faceless = null; // the address of a picture that could not be had

/** The picture of whoever joined last, where they have one. */
function renderFace() {
  const inIt = state.chat === "served" ? [...peopleInIt().values()] : [];
  const { avatar } = inIt[inIt.length - 1] || {};
  const named = /^[0-9a-f]{32}$/.test(avatar || "");
  const from = named ? `${address.origin.replace(/^ws/, "http")}/avatar/${avatar}` : "";
  const known = named && from !== faceless;
  parts.face.hidden = !known;
  parts.root.dataset.face = known;
  if (parts.face.getAttribute("src") !== from)
    if (known) parts.face.setAttribute("src", from);
    else parts.face.removeAttribute("src");
}

let scheduled = 0;
/** Follows the state soon, once for however many changes come together. */
function show() {
  if (!scheduled) scheduled = later(render, 0);
}

function render() {
  clearTimeout(scheduled);
  scheduled = 0;
  const atBottom = isAtBottom();
  const before = parts.log.lastElementChild;
  const focused = parts.root.getRootNode().activeElement;
  const over = state.chat === "ended" && !state.fresh && !hasPending();
  const talking = /^(waiting|served)$/.test(state.chat);
  if (state.open && document.visibilityState === "visible")
    markRead(Math.max(state.cursor, state.readTo));

  parts.root.dataset.open = state.open;
  parts.panel.hidden = !state.open;
  parts.root.dataset.link = state.link;
  parts.status.dataset.state = state.link;
  parts.status.dataset.away = !state.staffed || !state.within;
  setText(parts.statusText, statusWords());
  renderFace();
  parts.end.hidden = !talking || state.confirming;
  parts.confirm.hidden = !state.confirming;
  parts.composer.hidden = over || state.confirming;
  parts.over.hidden = !over || state.confirming;
  parts.log.setAttribute("aria-busy", String(Date.now() - state.welcomedAt < SETTLED_AFTER));
  renderLog();
  renderRating();
  renderLeave();
  renderFiles();
  parts.intro.hidden = talking || parts.log.childElementCount > 0;
  if (parts.intro.hidden) carryOn();
  setText(parts.introText, introWords());
  const typists = [...state.typists];
  parts.typing.hidden = typists.length === 0;
  setText(
    parts.typing.lastChild,
    typists.length === 0
      ? ""
      : word(typists.length > 1 ? "typingMany" : "typing", { name: typists.join(", ") }),
  );
  renderLauncher();
  renderInput();
  if (atBottom) toBottom();
  parts.below.hidden =
    isAtBottom() || (parts.below.hidden && before === parts.log.lastElementChild);
  // What had the focus is out of sight or gone: the keyboard goes on from the panel.
  if (focused && state.open && focused.getClientRects().length === 0) parts.panel.focus();
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
function hasPending() {
  return [...state.pending.values()].some(
    (item) => !item.ends && !item.rate && !item.leave && !item.failed,
  );
}

function renderLauncher() {
  const unread = state.open
    ? 0
    : state.lines.filter((l) => l.line.kind === "theirs" && l.seq > state.readTo).length +
      state.greetings.length;
  const label = word(state.open ? "close" : "launch");
  parts.launcher.setAttribute("aria-expanded", String(state.open));
  parts.launcher.setAttribute(
    "aria-label",
    unread ? `${label}, ${word("unread", { n: unread })}` : label,
  );
  parts.badge.hidden = unread === 0;
  setText(parts.badge, unread > 99 ? "99+" : String(unread));
  const peek = unread > 0 && !state.open ? state.peek : null;
  parts.peek.hidden = !peek;
  setText(parts.peekName, peek ? String(peek.name) : "");
  setText(parts.peekText, peek ? cut(String(peek.text), PEEK_CHARS) : "");
}

function renderInput() {
  const { input } = parts;
  const free =
    MESSAGE_CHARS -
    (input.value.length < MESSAGE_CHARS / 2 ? input.value.length : chars(input.value));
  setText(
    parts.count,
    free < 0
      ? word("tooLong", { n: -free, limit: MESSAGE_CHARS })
      : free < WARN_CHARS
        ? word("charsLeft", { n: free })
        : "",
  );
  parts.count.classList.toggle("bad", free < 0);
  parts.send.setAttribute("aria-disabled", String(!input.value.trim() || free < 0));
  if (input.measured === input.value + state.open) return;
  input.measured = input.value + state.open;
  input.style.height = "auto";
  if (input.scrollHeight) input.style.height = `${Math.min(input.scrollHeight, 136)}px`;
}

function isAtBottom() {
  const { body } = parts;
  return body.scrollHeight - body.scrollTop - body.clientHeight < 48;
}
function toBottom() {
  parts.body.scrollTop = parts.body.scrollHeight;
  parts.below.hidden = true;
}

/** News while the panel is closed: said aloud by a screen reader, shown for a moment. */
function announce(line) {
  if (state.open) return;
  parts.announcer.textContent = word("newMessage", {
    name: line.name,
    text: cut(String(line.text), PEEK_CHARS),
  });
  state.peek = line;
  later(() => {
    if (state.peek === line) {
      state.peek = null;
      show();
    }
  }, PEEK_FOR);
}
