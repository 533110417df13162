/*
 * What the checks of the widget are made of: pages in frames, with the real script, and a double
 * of the service at the end of their lines.
 *
 * A frame is a tab of the same browser: it shares what the browser stores with the others. Nothing
 * sleeps; what is waited for has a limit.
 */

const LIMIT = 20000;
const settings = new URLSearchParams(location.search);
const SERVICE = settings.get("service"); // the origin of the real one, which serves the script
const checks = [];
let open = []; // pages of the check that runs
let next = null; // what is done to a page before its first script

/** One check; its name says what it shows. */
function check(name, run) {
  checks.push({ name, run });
}

async function runAll() {
  const told = [];
  for (const { name, run } of checks) {
    localStorage.clear();
    sessionStorage.clear();
    let failed = null;
    try {
      await run();
    } catch (error) {
      failed = `${error.message}\n${error.stack}`;
    }
    open.forEach((page) => page.close());
    open = [];
    told.push({ name, failed });
  }
  await fetch("/told", { method: "POST", body: JSON.stringify(told) });
}

function ok(is, what) {
  if (!is) throw new Error(what);
}
function same(is, wanted, what = "") {
  const [a, b] = [JSON.stringify(is), JSON.stringify(wanted)];
  ok(a === b, `${what} is ${a} instead of ${b}`);
}
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
async function until(what, is) {
  const begun = Date.now();
  for (;;) {
    const found = is();
    if (found) return found;
    ok(Date.now() - begun < LIMIT, `not in time: ${what}`);
    await pause(20);
  }
}

/** Everything that can be seen of a moment has been drawn. */
const drawn = () => pause(60);

/**
 * The service at the other end of the lines of the pages that are given it: one visitor's chat, as
 * docs/protocol.md tells it.
 */
class Service {
  constructor(welcome = {}) {
    this.now = { staffed: true, open: true, chat: "none", ...welcome };
    this.heard = []; // everything, in order
    this.said = new Map(); // id -> line
    this.lines = [];
    this.sockets = new Set();
    this.down = false;
    this.answers = true;
    this.refuses = {}; // frame -> refusal
    this.rated = false; // a rating has a line, as in a chat that is not put away
    this.rejects = null;
  }
  /** What was heard of a kind. */
  all(frame) {
    return this.heard.filter((f) => f.frame === frame);
  }
  tell(frame) {
    this.sockets.forEach((socket) => socket.receive(frame));
  }
  /** The chat has another line. */
  line(line) {
    const prev = this.lines.length ? this.lines[this.lines.length - 1].seq : 0;
    const frame = { frame: "line", prev, seq: (prev || 1000) + 1, at: Date.now(), line };
    this.lines.push(frame);
    this.tell(frame);
  }
  state(change) {
    Object.assign(this.now, change);
    this.tell({ frame: "state", ...this.now });
  }
  /** Every line breaks. */
  cut() {
    [...this.sockets].forEach((socket) => socket.end());
  }
  hear(socket, frame) {
    this.heard.push(frame);
    const { id } = frame;
    if (frame.frame === "hello") {
      if (this.rejects) {
        socket.receive({ frame: "rejected", code: this.rejects });
        socket.end();
        return;
      }
      const known = this.lines.findIndex((l) => l.seq === frame.cursor);
      const reset = frame.cursor !== 0 && known < 0;
      socket.receive({ frame: "welcome", protocol: 1, reset, now: Date.now(), ...this.now });
      this.lines.slice(known + 1).forEach((l) => socket.receive(l));
    } else if (frame.frame === "ping") socket.receive({ frame: "pong" });
    else if (id && this.refuses[frame.frame]) {
      if (this.answers)
        socket.receive({ frame: "refused", id, refusal: this.refuses[frame.frame] });
    } else if (id) this.take(socket, frame);
  }
  take(socket, frame) {
    const { id } = frame;
    if (frame.frame === "say" && !this.said.has(id)) {
      this.said.set(id, frame.text);
      if (!/waiting|served/.test(this.now.chat)) this.state({ chat: "waiting" });
      this.line({ kind: "mine", id, text: frame.text });
    }
    const { rating, comment } = frame;
    if (frame.frame === "rate" && this.rated) this.line({ kind: "rated", rating, comment });
    if (this.answers) socket.receive({ frame: "taken", id });
  }
}

/** A WebSocket whose other end is a `Service`. */
function doubleOf(service) {
  return class {
    constructor(url) {
      this.url = url;
      this.readyState = 0;
      setTimeout(() => {
        if (service.down) return this.end();
        this.readyState = 1;
        service.sockets.add(this);
        if (this.onopen) this.onopen({});
      });
    }
    send(text) {
      const frame = JSON.parse(text);
      setTimeout(() => this.readyState === 1 && service.hear(this, frame));
    }
    receive(frame) {
      const data = JSON.stringify(frame);
      setTimeout(() => this.readyState === 1 && this.onmessage && this.onmessage({ data }));
    }
    close() {
      service.sockets.delete(this);
      this.readyState = 3;
    }
    /** The service's end; what it said before comes through. */
    end() {
      service.sockets.delete(this);
      setTimeout(() => {
        if (this.readyState === 3) return;
        this.readyState = 3;
        if (this.onclose) this.onclose({});
      });
    }
  };
}

/** Called by each page before anything else in it. */
function prepare(win) {
  win.violations = [];
  win.failures = [];
  win.document.addEventListener("securitypolicyviolation", (event) =>
    win.violations.push(`${event.violatedDirective} ${event.blockedURI}`),
  );
  win.addEventListener("error", (event) => win.failures.push(event.message));
  const { service, before, ownTab } = next;
  if (service) win.WebSocket = doubleOf(service);
  // Frames share what a tab stores as well; another tab has its own.
  if (ownTab) Object.defineProperty(win, "sessionStorage", { value: ownTab });
  if (before) before(win);
}

/** What a tab stores, for one that is another. */
function tabStorage() {
  const held = new Map();
  return {
    get length() {
      return held.size;
    },
    key: (i) => [...held.keys()][i],
    getItem: (key) => (held.has(key) ? held.get(key) : null),
    setItem: (key, value) => held.set(key, String(value)),
    removeItem: (key) => held.delete(key),
  };
}

/** A page of the site in a tab, with the widget in it. */
class Page {
  constructor(options) {
    this.options = { lang: "en", tag: "", head: "", width: 1000, height: 800, ...options };
    this.frame = document.createElement("iframe");
    Object.assign(this.frame, { width: this.options.width, height: this.options.height });
    document.body.append(this.frame);
  }
  get win() {
    return this.frame.contentWindow;
  }
  get root() {
    const host = this.win.document.querySelector("bellhop-widget");
    return host && host.shadowRoot;
  }
  /** Goes to a page; the widget is there when this is done. */
  async go(path = "/page/shop") {
    const { lang, tag, head, policy, service } = this.options;
    next = this.options;
    const html =
      `<!doctype html><html lang="${lang}"><meta charset=utf-8><title>Shop</title>` +
      `<script src="/prepare.js"></script>${head}<body><h1>Shop</h1><button>Chat with us</button>` +
      `<script src="${SERVICE}/widget.js" ${tag}></script></body>`;
    const url = `${path}?${new URLSearchParams({ html, policy: policy || "" })}`;
    const loaded = new Promise((done) => (this.frame.onload = done));
    this.win.location.replace(url);
    await loaded;
    if (service && !service.down && !service.rejects)
      await until("the welcome", () => this.root && this.of(".root").dataset.link === "online");
    return this;
  }
  reload() {
    return this.go();
  }
  of(selector) {
    return this.root.querySelector(selector);
  }
  /** The element with this `data-test`. */
  $(test) {
    return this.of(`[data-test="${test}"]`);
  }
  shown(test) {
    const node = this.$(test);
    return !!node && node.getClientRects().length > 0;
  }
  text(test) {
    // Names stand between marks that keep their direction to themselves.
    return this.$(test).textContent.replace(/[\u2068\u2069]/g, "");
  }
  lines() {
    return [...this.root.querySelectorAll("[data-line]")].map((node) => [
      node.dataset.line,
      (node.querySelector(".bubble") || node).textContent.replace(/[\u2068\u2069]/g, ""),
    ]);
  }
  async open() {
    if (!this.shown("panel")) this.$("launcher").click();
    await drawn();
    return this;
  }
  type(test, text) {
    const box = this.$(test);
    box.focus();
    box.value = text;
    box.dispatchEvent(new this.win.Event("input", { bubbles: true, composed: true }));
  }
  /** Whether the page was allowed to go on with the key. */
  key(node, key, more = {}) {
    const given = { key, bubbles: true, composed: true, cancelable: true, ...more };
    return node.dispatchEvent(new this.win.KeyboardEvent("keydown", given));
  }
  say(text) {
    this.type("input", text);
    this.key(this.$("input"), "Enter", { keyCode: 13 });
  }
  get focused() {
    const node = this.root.activeElement;
    return node && (node.dataset.test || node.className);
  }
  close() {
    this.frame.remove();
  }
}

/** Another tab, at once on a page. */
function visit(options) {
  const page = new Page(options);
  open.push(page);
  return page.go();
}
