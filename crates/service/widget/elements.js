/*
 * The widget's elements, in a shadow root of their own. The `data-test` names are the hooks that
 * tests hold on to.
 *
 * Leaves to others: what they show (view.js, transcript.js) and what they do (main.js).
 */

const ICONS = {
  chat: "M6 4h12a3 3 0 0 1 3 3v7a3 3 0 0 1-3 3h-6l-5 4v-4H6a3 3 0 0 1-3-3V7a3 3 0 0 1 3-3z",
  bell: "M4 16.5h16M5.5 16.5a6.5 6.5 0 0 1 13 0M12 10V7M10 6.5h4M3 20h18",
  down: "M6 9l6 6 6-6",
  up: "M12 19V5M5.5 11.5L12 5l6.5 6.5",
  good: "M8 11v9H4v-9zM8 11l4-7.5a2 2 0 0 1 2 2V10h4.2a2 2 0 0 1 2 2.3l-1 6a2 2 0 0 1-2 1.7H8",
  bad: "M16 13V4h4v9zM16 13l-4 7.5a2 2 0 0 1-2-2V14H5.8a2 2 0 0 1-2-2.3l1-6a2 2 0 0 1 2-1.7H16",
};

/** An element with attributes and children; a text child becomes a text node. */
function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
  node.append(...children);
  return node;
}
function icon(name, size) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  Object.entries({
    viewBox: "0 0 24 24",
    width: size,
    height: size,
    "aria-hidden": "true",
    class: name,
  }).forEach(([key, value]) => svg.setAttribute(key, value));
  return svg;
}
function button(test, name, ...children) {
  return el("button", { type: "button", class: name, "data-test": test }, ...children);
}

const parts = {};

function build() {
  parts.statusText = el("span", { role: "status" });
  parts.face = el("img", { class: "face", alt: "", "data-test": "face" });
  parts.status = el(
    "p",
    { class: "status", "data-test": "status" },
    el("i", { class: "dot" }),
    parts.statusText,
  );
  parts.end = button("end", "quiet", word("end"));
  parts.close = button("close", "round", icon("down", 20));
  parts.close.setAttribute("aria-label", word("close"));
  const header = el(
    "div",
    { class: "head" },
    el("span", { class: "mark" }, icon("bell", 24)),
    parts.face,
    el(
      "div",
      { class: "grow" },
      el("h2", { id: "title" }, tag.dataset.title || word("title")),
      parts.status,
    ),
    parts.end,
    parts.close,
  );

  parts.introText = el("p");
  parts.name = el("input", {
    "data-test": "name",
    type: "text",
    autocomplete: "name",
    maxlength: NAME_CHARS,
    "aria-label": word("name"),
    placeholder: word("name"),
  });
  parts.leaveText = el("textarea", {
    "data-test": "leave-text",
    rows: "3",
    "aria-label": word("leaveText"),
    placeholder: word("leaveText"),
  });
  parts.leaveEmail = el("input", {
    "data-test": "leave-email",
    type: "email",
    autocomplete: "email",
    maxlength: EMAIL_CHARS,
    "aria-label": word("leaveEmail"),
    placeholder: word("leaveEmail"),
  });
  parts.leave = el(
    "form",
    { class: "leave", "data-test": "leave" },
    parts.leaveText,
    parts.leaveEmail,
    el("button", { type: "submit", class: "plain", "data-test": "leave-send" }, word("leave")),
  );
  parts.leaveSaid = el("p", { class: "note", role: "status", "data-test": "leave-said" });
  parts.intro = el(
    "div",
    { class: "intro" },
    el("h3", {}, word("hello")),
    parts.introText,
    parts.name,
    parts.leave,
    parts.leaveSaid,
  );
  parts.log = el("div", {
    "data-test": "log",
    role: "log",
    "aria-live": "polite",
    "aria-label": word("log"),
  });
  parts.typing = el(
    "p",
    { class: "typing", "data-test": "typing" },
    el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")),
    el("span"),
  );
  parts.body = el(
    "div",
    { class: "body", tabindex: "0", role: "group", "aria-label": word("log") },
    parts.intro,
    parts.log,
    parts.typing,
  );
  parts.below = button("below", "below", word("below"), icon("down", 16));

  parts.rateAsk = el("p", { id: "rate-ask", role: "status", "data-test": "rate-ask" });
  parts.rateGood = button("rate-good", "thumb", icon("good", 18));
  parts.rateGood.setAttribute("aria-label", word("rateGood"));
  parts.rateBad = button("rate-bad", "thumb", icon("bad", 18));
  parts.rateBad.setAttribute("aria-label", word("rateBad"));
  parts.rateComment = el("input", {
    "data-test": "rate-comment",
    type: "text",
    maxlength: COMMENT_CHARS,
    "aria-label": word("rateComment"),
    placeholder: word("rateComment"),
  });
  parts.rateForm = el(
    "form",
    { hidden: "" },
    parts.rateComment,
    el("button", { type: "submit", class: "quiet", "data-test": "rate-send" }, word("send")),
  );
  parts.rating = el(
    "div",
    { class: "rating", "data-test": "rating", role: "group", "aria-labelledby": "rate-ask" },
    parts.rateAsk,
    parts.rateGood,
    parts.rateBad,
    parts.rateForm,
  );

  parts.endConfirm = button("end-confirm", "danger", word("endYes"));
  parts.endCancel = button("end-cancel", "plain", word("endNo"));
  parts.confirm = el(
    "div",
    { class: "confirm", role: "alertdialog", "aria-labelledby": "end-ask" },
    el("p", { id: "end-ask" }, word("endAsk")),
    parts.endCancel,
    parts.endConfirm,
  );

  parts.input = el("textarea", {
    "data-test": "input",
    rows: "1",
    "aria-label": word("input"),
    placeholder: word("placeholder"),
    enterkeyhint: "send",
    "aria-describedby": "count",
  });
  parts.send = el(
    "button",
    { type: "submit", class: "send", "data-test": "send", "aria-label": word("send") },
    icon("up", 20),
  );
  parts.count = el("p", { class: "count", id: "count", "data-test": "count" });
  parts.composer = el(
    "form",
    {},
    el("div", { class: "field" }, parts.input, parts.send),
    parts.count,
  );
  parts.restart = button("restart", "primary", word("restart"));
  parts.over = el("div", { class: "over" }, parts.restart);

  parts.panel = el(
    "section",
    {
      class: "panel",
      id: "panel",
      "data-test": "panel",
      role: "dialog",
      "aria-labelledby": "title",
      tabindex: "-1",
    },
    header,
    parts.body,
    parts.below,
    parts.rating,
    parts.confirm,
    parts.composer,
    parts.over,
  );
  parts.peekName = el("b");
  parts.peekText = el("span");
  parts.peek = button("peek", "peek", parts.peekName, parts.peekText);
  parts.badge = el("span", { class: "badge", "data-test": "badge", "aria-hidden": "true" });
  parts.launcher = button("launcher", "launcher", icon("chat", 26), icon("down", 26), parts.badge);
  parts.launcher.setAttribute("aria-controls", "panel");
  parts.launcher.setAttribute("aria-haspopup", "dialog");
  parts.announcer = el("div", { class: "unseen", role: "status" });
  parts.root = el(
    "div",
    { class: "root", lang, "data-theme": theme() },
    parts.panel,
    parts.peek,
    parts.launcher,
    parts.announcer,
  );

  parts.host = el("bellhop-widget");
  const shadow = parts.host.attachShadow({ mode: "open" });
  dress(shadow);
  shadow.append(parts.root);
}

/** In a constructed sheet, which a strict `style-src` of the page does not forbid. */
function dress(shadow) {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
  } catch (_) {
    shadow.append(el("style", {}, STYLE));
  }
}

/** What the site says, or what the page itself keeps to; else what the visitor prefers. */
function theme() {
  const style = getComputedStyle(document.documentElement).colorScheme || "normal";
  const meta = document.querySelector('meta[name="color-scheme"]');
  const kept = (style === "normal" && meta ? meta.content : style).match(/dark|light/g) || [];
  return tag.dataset.theme || (kept.length === 1 ? kept[0] : "auto");
}

/** On a telephone the open panel hides the page. */
const coversPage = () => state.open && matchMedia("(max-width: 480px)").matches;

/** There it fills what the keyboard leaves, unless the visitor has enlarged a part of the page. */
function fit() {
  const seen = window.visualViewport;
  const full = coversPage() && seen && seen.scale < 1.05;
  parts.panel.style.height = full ? `${seen.height}px` : "";
  parts.panel.style.top = full ? `${seen.offsetTop}px` : "";
  if (coversPage()) parts.panel.setAttribute("aria-modal", "true");
  else parts.panel.removeAttribute("aria-modal");
}
