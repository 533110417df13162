/*
 * Begins: puts the widget into the page, listens to the visitor, to the other tabs and to the
 * page, and opens the line.
 */

const LOOK_AT_PAGE_EVERY = 1000;
const RETITLE_WITHIN = 5000;
const SEEN_EVERY = 60000;
const FOCUSABLE = "button, input, textarea, a[href], [tabindex='0']";

function hear() {
  const on = (node, what, fn) => node.addEventListener(what, calm(fn));
  on(parts.launcher, "click", () => setOpen(!state.open));
  on(parts.peek, "click", () => setOpen(true));
  on(parts.close, "click", () => setOpen(false));
  on(parts.end, "click", () => confirmEnd(true));
  on(parts.endCancel, "click", () => confirmEnd(false));
  on(parts.endConfirm, "click", end);
  on(parts.restart, "click", () => {
    state.fresh = true;
    render();
    parts.input.focus();
  });
  on(parts.below, "click", () => {
    toBottom();
    parts.input.focus();
  });
  on(parts.body, "scroll", () => {
    if (isAtBottom()) parts.below.hidden = true;
  });
  on(parts.rateGood, "click", () => rate("good"));
  on(parts.rateBad, "click", () => rate("bad"));
  on(parts.rateForm, "submit", (event) => {
    event.preventDefault();
    comment();
  });
  on(parts.leave, "submit", (event) => {
    event.preventDefault();
    leave();
  });
  on(parts.leaveText, "input", () => writeLeaving(parts.leaveText.value));
  on(parts.name, "change", giveName);
  on(parts.input, "input", () => {
    typed();
    render();
  });
  on(parts.composer, "submit", (event) => {
    event.preventDefault();
    submit();
  });
  on(parts.panel, "keydown", keys);
  on(parts.face, "error", () => {
    faceless = parts.face.getAttribute("src"); // the page's policy may allow no pictures of ours
    render();
  });
  // The page's own shortcuts would take our elements for plain ones and eat what is typed; a
  // dialog of the page would take the focus back.
  ["keydown", "keypress", "keyup", "focusin"].forEach((what) =>
    on(parts.root, what, (event) => event.stopPropagation()),
  );
}

function keys(event) {
  if (event.isComposing || event.keyCode === 229) return; // an input method is at work
  const focused = parts.root.getRootNode().activeElement;
  if (event.key === "Escape") {
    event.preventDefault();
    if (state.confirming) confirmEnd(false);
    else setOpen(false);
  } else if (event.key === "Tab" && (state.confirming || coversPage())) {
    stayInside(event, focused);
  } else if (event.key === "Enter" && !event.shiftKey && focused === parts.input) {
    event.preventDefault();
    submit();
  } else if (event.key === "Enter" && focused === parts.name) {
    event.preventDefault();
    giveName();
    parts.input.focus();
  }
}

/** Tab goes round: within the question, or within the panel where the page is out of sight. */
function stayInside(event, focused) {
  const all = [...(state.confirming ? parts.confirm : parts.panel).querySelectorAll(FOCUSABLE)];
  const shown = all.filter((node) => node.getClientRects().length > 0);
  const at = shown.indexOf(focused);
  const next = event.shiftKey ? at - 1 : at + 1;
  if (at >= 0 && shown[next]) return; // the browser's own way
  if (at < 0 && !event.shiftKey && !state.confirming) return;
  event.preventDefault();
  shown[event.shiftKey ? shown.length - 1 : 0].focus();
}

/** What another tab of this browser stored. */
function fromOtherTab(event) {
  if (!event.key || !event.key.startsWith(prefix)) return;
  const name = event.key.slice(prefix.length);
  if (name.startsWith("out:")) {
    if (event.newValue === null) goneElsewhere(name.slice(4));
    else restore(name.slice(4), false);
  } else if (name === "read") {
    state.readTo = Math.max(state.readTo, Number(event.newValue) || 0);
  } else if (name === "name" && event.newValue) {
    state.name = event.newValue;
  } else if (name === "key" && /^[0-9a-f]{32}$/.test(event.newValue) && event.newValue !== key) {
    key = event.newValue; // two first tabs at once: the later key is the browser's
    forget();
    connectNow(true);
  }
  show();
}

/** A page that changes its address or title without loading. */
function watchPage() {
  let toldAt = 0;
  const look = () => {
    // A framework that draws the whole document anew leaves out what it does not know.
    if (!parts.host.isConnected) document.documentElement.append(parts.host);
    if (!welcomed || document.visibilityState !== "visible") return;
    const page = pageNow();
    const moved = page.url !== shownPage.url;
    const renamed = page.title !== shownPage.title && Date.now() - toldAt > RETITLE_WITHIN;
    if (!moved && !renamed) return;
    shownPage = page;
    toldAt = Date.now();
    tell({ frame: "page", page });
  };
  // A router sets the title after the address: look when it has had its turn.
  const soon = () => later(look, 50);
  ["popstate", "hashchange"].forEach((what) => window.addEventListener(what, soon));
  setInterval(calm(look), LOOK_AT_PAGE_EVERY);
  // A page that stays open for long is one visit, however often its line breaks.
  setInterval(calm(seenNow), SEEN_EVERY);
}

function watchBrowser() {
  const on = (what, fn) => window.addEventListener(what, calm(fn));
  on("storage", fromOtherTab);
  ["pointermove", "pointerdown", "keydown", "wheel", "touchmove"].forEach((what) =>
    window.addEventListener(what, calm(active), { capture: true, passive: true }),
  );
  on("online", () => connectNow(true));
  on("offline", () => lose(true));
  on("pagehide", () => {
    saveChat();
    seenNow();
    stopTyping();
    lose(false); // an open line would keep the page out of the back-forward cache
  });
  on("pageshow", (event) => {
    if (event.persisted) connectNow(true);
  });
  document.addEventListener(
    "visibilitychange",
    calm(() => {
      if (document.visibilityState !== "visible") return;
      show();
      if (welcomed) ask();
      else connectNow(false);
    }),
  );
  if (window.visualViewport)
    ["resize", "scroll"].forEach((what) => window.visualViewport.addEventListener(what, calm(fit)));
}

function begin() {
  build();
  buildFiles();
  hear();
  hearFiles();
  shared
    .keys()
    .filter((name) => name.startsWith("out:"))
    .forEach((name) => restore(name.slice(4), true));
  parts.input.value = own.get("draft") || "";
  parts.leaveText.value = own.get("leaving") || "";
  parts.name.value = state.name;
  if (shared.get("barred")) bar(true);
  document.documentElement.append(parts.host);
  render();
  toBottom();
  fit();
  watchBrowser();
  watchPage();
  connect();
}

if (address) {
  calm(answerPage)();
  // A page rendered in advance is not a visit yet.
  if (document.prerendering)
    document.addEventListener("prerenderingchange", calm(begin), { once: true });
  else calm(begin)();
}
