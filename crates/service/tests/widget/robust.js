/* The widget in pages, browsers and networks that are not as one would wish. */

const talk = async (more = {}) => {
  const service = new Service(more.welcome);
  const page = await visit({ service, ...more });
  await page.open();
  return { service, page };
};
const mine = (page) => page.lines().filter(([kind]) => kind === "mine").map(([, text]) => text);
const says = async (page, service, text) => {
  const before = service.said.size;
  page.say(text);
  await until(`"${text}" is said`, () => service.said.size === before + 1);
};
const sent = (page, count) =>
  until("it is in the chat", () => page.root.querySelectorAll(".mine[data-state=sent]").length === count);

check("r_030: Enter while Hangul is composed does not send, whichever way the browser tells it", async () => {
  const { service, page } = await talk();
  const box = page.$("input");
  page.type("input", "안녕하세요");
  ok(page.key(box, "Enter", { isComposing: true, keyCode: 229 }), "left to the input method");
  // Safari ends the composition first; only the code tells that the key was the input method's.
  box.dispatchEvent(new page.win.CompositionEvent("compositionend", { bubbles: true }));
  ok(page.key(box, "Enter", { keyCode: 229 }), "left to the input method");
  ok(page.key(box, "Escape", { isComposing: true, keyCode: 229 }), "left to the input method");
  ok(page.shown("panel"), "still open");
  same(box.value, "안녕하세요");
  ok(page.key(box, "Enter", { keyCode: 13, shiftKey: true }), "another line");
  await drawn();
  same(service.all("say"), []);
  ok(!page.key(box, "Enter", { keyCode: 13 }), "taken");
  await sent(page, 1);
  same(mine(page), ["안녕하세요"]);
  same(box.value, "");
});

check("the keyboard alone: in, round about, a question, and out again", async () => {
  const { service, page } = await talk({ width: 400, height: 700 });
  await says(page, service, "Hello");
  await until("it can be ended", () => page.shown("end"));
  same(page.$("panel").getAttribute("aria-modal"), "true", "the page is out of sight");
  page.$("end").focus();
  ok(!page.key(page.$("end"), "Tab", { shiftKey: true }), "taken");
  same(page.focused, "send", "from the first to the last");
  ok(!page.key(page.$("send"), "Tab"), "taken");
  same(page.focused, "end", "from the last to the first");
  ok(page.key(page.$("end"), "Tab"), "in between the browser's own way");

  page.$("end").click();
  same(page.focused, "end-cancel", "what ends nothing");
  ok(page.key(page.$("end-cancel"), "Tab"), "the browser's own way");
  page.$("end-confirm").focus();
  page.key(page.$("end-confirm"), "Tab");
  same(page.focused, "end-cancel");
  page.key(page.$("end-cancel"), "Tab", { shiftKey: true });
  same(page.focused, "end-confirm");
  page.key(page.$("end-confirm"), "Escape");
  ok(page.shown("panel") && !page.shown("end-confirm"), "the question alone is gone");
  same(page.focused, "end");
  page.key(page.$("end"), "Escape");
  ok(!page.shown("panel"), "closed");
  same(page.focused, "launcher");
});

check("beside the page Tab leaves the panel", async () => {
  const { page } = await talk();
  ok(!page.$("panel").hasAttribute("aria-modal"), "the page is in sight");
  page.$("send").focus();
  ok(page.key(page.$("send"), "Tab"), "the browser's own way");
});

check("the focus is never lost in what is no longer shown", async () => {
  const { service, page } = await talk();
  await says(page, service, "Hello");
  page.$("input").focus();
  service.state({ chat: "ended" }); // in another tab
  await until("it is over", () => page.shown("restart"));
  same(page.focused, "panel");
});

check("a screen reader is told what everything is and what comes", async () => {
  const { service, page } = await talk({ welcome: { ratings: true } });
  service.line({ kind: "joined", name: "Mina" });
  service.line({ kind: "theirs", id: "01", name: "Mina", text: "Hello https://shop.example/" });
  service.line({ kind: "options", options: ["Yes", "No"] });
  service.state({ chat: "served" });
  await until("all is there", () => page.shown("option") && page.shown("rating"));
  for (const node of page.root.querySelectorAll("button, input, textarea, a, [tabindex], [role]")) {
    const names = (node.getAttribute("aria-labelledby") || "").split(" ").filter(Boolean);
    const by = names.map((id) => page.root.getElementById(id).textContent).join("");
    const name = by || node.getAttribute("aria-label") || node.textContent || node.hidden;
    ok(name || /^(log|status)$/.test(node.getAttribute("role")), `no name: ${node.outerHTML}`);
  }
  const panel = page.$("panel");
  same([panel.getAttribute("role"), page.$("launcher").getAttribute("aria-expanded")], ["dialog", "true"]);
  const log = page.$("log");
  same([log.getAttribute("role"), log.getAttribute("aria-live")], ["log", "polite"]);
  await until("what was said before is not read out as news", () => {
    service.tell({ frame: "pong" });
    return log.getAttribute("aria-busy") === "false";
  });
  const first = log.querySelector(".theirs");
  service.line({ kind: "theirs", id: "02", name: "Mina", text: "More" });
  await until("the next line", () => log.querySelectorAll(".theirs").length === 2);
  ok(log.querySelector(".theirs") === first, "a line that stands is not read out again");

  page.$("close").click();
  service.line({ kind: "theirs", id: "03", name: "Mina", text: "Are you there?" });
  const told = () => page.of("[role=status].unseen").textContent;
  await until("it is said aloud", () => told().includes("Are you there?"));
  ok(page.$("launcher").getAttribute("aria-label").includes("1 unread"), "and counted");
});

check("r_055: a reload and another page keep the chat, and what was typed", async () => {
  const { service, page } = await talk();
  await says(page, service, "Hello");
  service.line({ kind: "joined", name: "Mina" });
  service.line({ kind: "theirs", id: "01", name: "Mina", text: "Yes?" });
  service.state({ chat: "served" });
  page.type("input", "Half a sent");
  const so_far = [["mine", "Hello"], ["joined", "Mina joined the chat"], ["theirs", "Yes?"]];
  await until("all lines", () => page.lines().length === 3);
  for (const path of ["/page/shop", "/page/cart"]) {
    await page.go(path);
    same(page.lines(), so_far, path);
    same(page.$("input").value, "Half a sent");
    ok(page.shown("panel"), "open as it was");
  }
  const hello = service.all("hello").pop();
  same(hello.cursor, service.lines[2].seq);
  ok(hello.page.url.includes("/page/cart"), hello.page.url);
  same(new Set(service.all("hello").map((f) => f.key)).size, 1, "one visitor");
});

check("what a page kept wrongly is asked for anew", async () => {
  const { service, page } = await talk();
  await says(page, service, "Hello");
  await sent(page, 1);
  page.win.dispatchEvent(new page.win.Event("pagehide"));
  const key = Object.keys(sessionStorage).find((name) => name.endsWith(":chat"));
  for (const broken of ["{", "5", '{"chat":"waiting","cursor":1001,"lines":[{"seq":1001}]}']) {
    next.before = () => sessionStorage.setItem(key, broken);
    await page.reload();
    await until("the line is there", () => mine(page).length === 1);
  }
});

check("a lost connection keeps what is said, and says it once, also after a reload", async () => {
  const { service, page } = await talk();
  await says(page, service, "One");
  service.down = true;
  service.cut();
  page.say("Two");
  page.say("Three");
  page.type("input", "Four");
  await until("it is kept", () => page.of(".meta") && page.$("log").textContent.includes("Kept"));
  await page.reload();
  same(mine(page), ["One", "Two", "Three"]);
  same(page.$("input").value, "Four");
  service.down = false;
  page.win.dispatchEvent(new page.win.Event("online"));
  await sent(page, 3);
  same([...service.said.values()], ["One", "Two", "Three"], "in their order");
  same(mine(page), ["One", "Two", "Three"]);
  await page.reload();
  same(service.all("say").length, 3);
});

check("an answer that was lost does not double what was said", async () => {
  const { service, page } = await talk();
  service.answers = false;
  const { line } = service;
  service.line = (said) => service.lines.push({ frame: "line", prev: 0, seq: 1001, at: 1, line: said });
  page.say("Once");
  await until("it was said", () => service.said.size === 1);
  service.line = line;
  service.answers = true;
  service.cut();
  await sent(page, 1);
  await until("it was said again", () => service.all("say").length === 2 || mine(page).length === 1);
  await drawn();
  same([mine(page), service.said.size], [["Once"], 1]);
});

check("a message that is left is kept while it is typed, and goes on where somebody comes", async () => {
  const { service, page } = await talk({ welcome: { staffed: false } });
  page.type("leave-text", "Do you ship");
  await page.reload();
  same(page.$("leave-text").value, "Do you ship");
  service.state({ staffed: true });
  await until("somebody is there", () => page.text("status") === "We are here");
  ok(page.shown("leave"), "not taken out of the visitor's hands");
  service.tell({ frame: "greeting", id: "g1", name: "Mina", text: "May I help?", at: Date.now() });
  await until("it is in the text box", () => page.$("input").value === "Do you ship");
  same(page.$("leave-text").value, "");
});

check("two tabs are one visitor: every line once in both, and one is read in the other", async () => {
  const service = new Service();
  const a = await (await visit({ service })).open();
  const b = await (await visit({ service, ownTab: tabStorage() })).open();
  same(new Set(service.all("hello").map((f) => f.key)).size, 1);
  await says(a, service, "From A");
  await says(b, service, "From B");
  for (const page of [a, b]) {
    await sent(page, 2);
    same(mine(page), ["From A", "From B"]);
  }
  same(service.all("say").length, 2);
  b.$("close").click();
  service.line({ kind: "theirs", id: "01", name: "Mina", text: "Hello" });
  await until("both have it", () => a.lines().length === 3 && b.lines().length === 3);
  await until("it is read", () => b.$("launcher").getAttribute("aria-label") === "Open the chat");
});

check("what a tab could not send any more another sends", async () => {
  const service = new Service();
  const a = await (await visit({ service })).open();
  const b = await (await visit({ service, ownTab: tabStorage() })).open();
  const socket = [...service.sockets][0];
  socket.send = () => {}; // its line is dead, and nobody knows yet
  a.say("Last words");
  await until("the other sees it on its way", () => mine(b).length === 1);
  a.close();
  await until("it is said", () => service.said.size === 1);
  await sent(b, 1);
});

const BLOCKED = (win) => {
  for (const kind of ["localStorage", "sessionStorage"])
    Object.defineProperty(win, kind, {
      get() {
        throw new win.DOMException("blocked", "SecurityError");
      },
    });
};
const FULL = (win) => {
  win.Storage.prototype.setItem = () => {
    throw new win.DOMException("full", "QuotaExceededError");
  };
};
for (const [what, before] of [
  ["is blocked", BLOCKED],
  ["is full", FULL],
])
  check(`a chat goes on within the page where storage ${what}`, async () => {
    const { service, page } = await talk({ before });
    await says(page, service, "One");
    service.cut();
    page.say("Two");
    await until("it is said", () => service.said.size === 2);
    await sent(page, 2);
    same(mine(page), ["One", "Two"]);
    same(new Set(service.all("hello").map((f) => f.key)).size, 1);
    same(page.win.failures, []);
  });

check("old libraries that replace what is built in break nothing", async () => {
  const before = (win) => {
    win.Array.from = (given) => [given];
    for (const { prototype } of [win.Array, win.String, win.Object, win.Date])
      Object.defineProperty(prototype, "toJSON", { value: () => "broken", writable: true });
    win.Object.prototype.added = win.Array.prototype.added = () => "enumerable";
  };
  const { service, page } = await talk({ before, tag: "data-skills=tea,cups" });
  const [hello] = service.all("hello");
  same([hello.page.title, hello.protocol], ["Shop", 1]);
  await says(page, service, "달항아리 👋");
  same(service.all("skills").pop().skills, ["tea", "cups"]);
  same([...service.said.values()], ["달항아리 👋"]);
  service.line({ kind: "theirs", id: "01", name: "Mina", text: "Yes" });
  await until("the answer", () => page.lines().length === 2);
  await page.reload();
  same(page.lines(), [["mine", "달항아리 👋"], ["theirs", "Yes"]]);
  same(service.all("hello").pop().cursor, service.lines[1].seq);
});

check("a framework that draws the document anew does not lose the chat, nor a dialog its keys", async () => {
  const { service, page } = await talk();
  await says(page, service, "Hello");
  page.win.document.querySelector("bellhop-widget").remove();
  await until("it is there again", () => page.root && page.shown("panel"));
  same(mine(page), ["Hello"]);
  const { document } = page.win;
  const heard = [];
  document.addEventListener("keydown", (event) => heard.push(event.key));
  document.addEventListener("focusin", (event) => {
    heard.push("focusin");
    if (event.target.tagName !== "BUTTON") document.querySelector("button").focus();
  });
  page.$("input").focus();
  page.key(page.$("input"), "k");
  same([page.focused, heard], ["input", []]);
});
