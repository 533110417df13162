/* How the widget looks: in small and enlarged windows, in pages with a style of their own. */

const LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenhersteller".repeat(4);

/** A chat with everything in it, and each word as long as they come. */
async function crowded(more) {
  const service = new Service({ chat: "served", ratings: true });
  const name = LONG.slice(0, 120);
  service.line({ kind: "joined", name, tagline: LONG.slice(0, 120) });
  service.line({ kind: "mine", id: "01", text: LONG });
  service.line({ kind: "theirs", id: "02", name, text: `${LONG} https://shop.example/${LONG}` });
  service.line({ kind: "options", options: [LONG.slice(0, 100), "No"] });
  service.line({ kind: "rating_requested", name });
  const page = await visit({ service, ...more });
  await page.open();
  service.tell({ frame: "typing", name, on: true });
  await until("all is there", () => page.shown("typing") && page.shown("rating"));
  return { service, page };
}

/** Everything is within the panel from side to side, and what is used within the window. */
function fits(page, names) {
  const { clientWidth: width, clientHeight: height } = page.win.document.documentElement;
  const panel = page.$("panel").getBoundingClientRect();
  ok(panel.left >= 0 && panel.right <= width + 0.5, `the panel: ${panel.left} to ${panel.right}`);
  for (const node of page.$("panel").querySelectorAll("*")) {
    const box = node.getBoundingClientRect();
    const unseen = box.width === 0 || getComputedStyle(node).clipPath !== "none";
    const inside = box.left >= panel.left - 0.5 && box.right <= panel.right + 0.5;
    ok(unseen || inside, `${node.className || node.tagName}: ${box.left} to ${box.right}`);
  }
  const body = page.of(".body");
  ok(body.scrollWidth <= body.clientWidth, "the conversation moves sideways");
  ok(body.clientHeight >= 48, `the conversation has ${body.clientHeight} px`);
  for (const name of names) {
    const box = page.$(name).getBoundingClientRect();
    ok(box.top >= 0 && box.bottom <= height + 0.5, `${name}: ${box.top} to ${box.bottom}`);
    ok(box.width >= 24 && box.height >= 24, `${name} is small: ${box.width} by ${box.height}`);
  }
}
const USED = ["end", "close", "input", "send", "rate-good", "rate-bad"];

for (const [what, width, height] of [
  ["a telephone", 320, 568],
  ["a telephone on its side", 568, 320],
  ["a window enlarged twice", 640, 360],
  ["a window enlarged four times", 320, 256],
  ["a large window", 1280, 900],
])
  for (const lang of ["en", "ko"])
    check(`${what}, ${lang}: nothing is cut off or out of reach`, async () => {
      const { page } = await crowded({ width, height, lang });
      fits(page, USED);
      page.$("end").click();
      await drawn();
      fits(page, ["close", "end-cancel", "end-confirm"]);
    });

check("on a telephone the first page has room for what is asked", async () => {
  const service = new Service({ staffed: false });
  const page = await visit({ service, width: 320, height: 568, lang: "ko" });
  await page.open();
  fits(page, ["close", "input", "send"]);
  page.$("leave-send").scrollIntoView();
  fits(page, ["leave-send"]);
});

check("the style of the page stays outside", async () => {
  const head = `<style>
    * { font-size: 40px !important; color: red !important; position: static !important;
        letter-spacing: 1em !important; direction: rtl !important; }
    html { text-transform: uppercase; visibility: visible; line-height: 5; word-spacing: 2em; }
    bellhop-widget { display: none !important; opacity: 0 !important; }
    :root { --ground: red; --accent: red; --ink1: red; }
    button { width: 500px !important; }
  </style>`;
  const { page } = await crowded({ head });
  fits(page, USED);
  const look = getComputedStyle(page.$("launcher"));
  same([look.width, look.position, look.backgroundColor], ["56px", "fixed", "rgb(14, 95, 91)"]);
  const said = getComputedStyle(page.of(".bubble"));
  same(
    [said.fontSize, said.letterSpacing, said.wordSpacing, said.textTransform, said.direction],
    ["15px", "normal", "0px", "none", "ltr"],
  );
});

check("marks that turn the direction turn only the words around them", async () => {
  const service = new Service({ chat: "served" });
  const text = "\u202eSee https://shop.example/moc.knab now";
  service.line({ kind: "theirs", id: "01", name: "\u202eMina", text });
  service.line({ kind: "joined", name: "\u05d0\u05d1" });
  const page = await visit({ service });
  await page.open();
  const link = page.of(".bubble a");
  const letters = link.firstChild;
  const at = (i) => {
    const range = page.win.document.createRange();
    range.setStart(letters, i);
    range.setEnd(letters, i + 1);
    return range.getBoundingClientRect();
  };
  const first = at(0);
  for (let i = 1; i < 20; i += 1) {
    const next = at(i);
    ok(next.top > first.top || next.left > at(i - 1).left, `letter ${i} is out of order`);
  }
  ok(page.$("log").textContent.includes("\u2068\u05d0\u05d1\u2069 joined"), "a name is by itself");
});

check("what is said is never markup", async () => {
  const service = new Service({ chat: "served", ratings: true });
  const text = '<img src=x onerror="parent.pwned=1"><script>parent.pwned=1</script> javascript:alert(1)';
  service.line({ kind: "joined", name: text, tagline: text, avatar: "../../etc/passwd" });
  service.line({ kind: "mine", id: "01", text });
  service.line({ kind: "theirs", id: "02", name: text, text });
  service.line({ kind: "options", options: [text] });
  service.line({ kind: "rated", rating: "good", comment: text });
  service.line({ kind: "toString", text: "not known", name: "x" });
  const page = await visit({ service, tag: `data-title='${text}'` });
  await page.open();
  await drawn();
  ok(!page.shown("face"), "no picture of that name");
  same(page.root.querySelectorAll("img:not([data-test=face]), script, a").length, 0);
  same(window.pwned, undefined);
  same(page.lines().length, 5, "what is not known shows nothing");
});

/** How light a colour is (WCAG 2.2, relative luminance). */
function luminance(colour) {
  const parts = colour.match(/[\d.]+/g).slice(0, 3).map((part) => part / 255);
  const [r, g, b] = parts.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

for (const [what, options, theme] of [
  ["a page that is dark", { head: "<style>:root { color-scheme: dark }</style>" }, "dark"],
  ["a page that is light", { head: '<meta name="color-scheme" content="light">' }, "light"],
  ["a page that says so", { tag: "data-theme=dark" }, "dark"],
  ["a page of both kinds", { head: "<style>:root { color-scheme: light dark }</style>" }, "auto"],
])
  check(`${what}: the colours can be told apart`, async () => {
    const { page } = await crowded(options);
    const root = page.of(".root");
    same(root.dataset.theme, theme);
    const probe = page.of(".count");
    const colour = (token) => {
      probe.style.color = `var(${token})`;
      return getComputedStyle(probe).color;
    };
    ok(contrast(colour("--ground"), theme === "dark" ? "0,0,0" : "255,255,255") < 1.3, "ground");
    for (const [ink, ground, least] of [
      ["--ink1", "--ground", 7],
      ["--ink2", "--raised", 4.5],
      ["--ink2", "--sunken", 4.5],
      ["--ink3", "--ground", 4.5],
      ["--ink3", "--raised", 4.5],
      ["--on-accent", "--accent", 4.5],
      ["--on-accent", "--accent-hover", 4.5],
      ["--accent-ink", "--raised", 4.5],
      ["--danger", "--raised", 4.5],
    ]) {
      const is = contrast(colour(ink), colour(ground));
      ok(is >= least, `${ink} on ${ground}: ${is.toFixed(2)}`);
    }
  });
