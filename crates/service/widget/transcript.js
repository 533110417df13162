/*
 * The transcript: the chat's lines, then what is on its way.
 *
 * Invariant: a line keeps its element from "sending" to "said", so that nothing is read out or
 * jumps twice. Text becomes a text node or the text of a link, nothing else.
 */

/** Words of one speaker that are closer together stand as one group, with one time. */
const GROUP_WITHIN = 180000;

const lineNodes = new Map(); // key of an item -> its element

/** What the transcript shows, in order: the lines, then what is on its way. */
function items() {
  const list = state.fresh
    ? []
    : state.lines.map((l) => ({
        ...l.line,
        key: /^(mine|theirs)$/.test(l.line.kind) ? l.line.id : "n" + l.seq,
        at: l.at,
        send: "sent",
      }));
  if (state.rated && !state.fresh)
    list.push({ ...state.rated, kind: "rated", key: "r" + state.rated.at, send: "sent" });
  for (const g of state.greetings)
    list.push({ ...g, kind: "theirs", key: g.id, send: "sent" });
  const waiting = [...state.pending.values()]
    .filter((item) => !item.rate && !item.leave)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const item of waiting) {
    const send = item.failed ? "failed" : item.done ? "sent" : "sending";
    const at = parseInt(item.id.slice(0, 8) + item.id.slice(9, 13), 16);
    list.push({
      kind: item.ends ? "ending" : "mine",
      key: item.id,
      at,
      text: item.text,
      send,
      item,
    });
  }
  list.push(...uploadItems());
  const gone = new Set(state.lines.map((l) => l.line.file_id));
  const answered = list.map((it) => it.kind).lastIndexOf("mine");
  list.forEach((it, i) => {
    it.gone = !!it.file && gone.has(it.file.id) && !it.upload;
    // Answers that a click gives, until the visitor has said something or the chat is over.
    it.choices = i > answered && /^(waiting|served|left)$/.test(state.chat) ? it.options : [];
    const near = (other) =>
      other &&
      other.kind === it.kind &&
      other.name === it.name &&
      Math.abs(other.at - it.at) < GROUP_WITHIN &&
      (other.send === "failed") === (it.send === "failed");
    it.first = !near(list[i - 1]);
    it.last = !near(list[i + 1]) || it.send === "failed";
  });
  return list;
}

const clock = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(locale, { weekday: "long", month: "long", day: "numeric" });

/** What a line that is not a message says, and the word tests know it by. */
const NOTES = {
  __proto__: null,
  joined: (it) => ["joined", word("joined", it)],
  left_chat: (it) => ["left", word("gone", it)],
  ended: (it) => ["ended", word(it.mine ? "endedMine" : "endedTheirs")],
  continued: (it) => ["continued", word("continued", it)],
  ending: () => ["ending", word("ending")],
  file_deleted: (it) => ["file-deleted", word("fileDeleted", it)],
  rating_requested: (it) => ["rating-asked", word("ratingAsked", it)],
  rated: (it) => {
    const said = word({ good: "ratedGood", bad: "ratedBad" }[it.rating] || "ratedNone");
    return ["rated", it.comment ? `${said}: “${it.comment}”` : said];
  },
};

function renderLog() {
  const wanted = [];
  let lastDay = day.format(Date.now());
  for (const it of items()) {
    const its = day.format(it.at);
    if (its !== lastDay) wanted.push([{ key: "d" + its, kind: "day", at: it.at }, its]);
    lastDay = its;
    if (/^(mine|theirs|options)$/.test(it.kind) || NOTES[it.kind]) wanted.push([it]);
  }
  const seen = new Set();
  let place = parts.log.firstChild;
  for (const [it, dayName] of wanted) {
    seen.add(it.key);
    let node = lineNodes.get(it.key);
    if (!node) {
      node = it.text === undefined ? el("div") : message();
      lineNodes.set(it.key, node);
    }
    if (dayName) {
      node.className = "day";
      node.textContent = dayName;
    } else paint(node, it);
    if (node === place) place = place.nextSibling;
    else parts.log.insertBefore(node, place);
  }
  for (const [id, node] of lineNodes) {
    if (!seen.has(id)) {
      node.remove();
      lineNodes.delete(id);
    }
  }
}

function message() {
  return el(
    "div",
    {},
    el("div", { class: "who" }),
    el("div", { class: "bubble", "data-test": "text", dir: "auto" }),
    el("div", { class: "meta" }),
  );
}

function paint(node, it) {
  const link = it.send === "sending" && state.link !== "online" ? "kept" : it.send;
  const look = [it.kind, it.first, it.last, link, it.text, it.name, it.choices, fileLook(it)].join(
    "\u0000",
  );
  if (node.look === look) return;
  node.look = look;
  if (it.kind === "options") {
    paintOptions(node, it.choices || []);
    return;
  }
  if (it.text === undefined) {
    const [name, text] = NOTES[it.kind](it);
    node.className = "note";
    node.dataset.line = name;
    node.textContent = text;
    return;
  }
  node.className = ["line", it.kind, it.first && "first", it.last && "last", it.send]
    .filter(Boolean)
    .join(" ");
  Object.assign(node.dataset, {
    line: it.kind,
    state: it.send,
    initial: [...String(it.name || "").trim()][0] || "",
  });
  const [who, bubble, meta] = node.children;
  who.textContent = it.kind === "mine" ? word("you") : String(it.name);
  if (it.file) fillFile(bubble, it);
  else fill(bubble, String(it.text));
  bubble.classList.toggle("file", !!it.file);
  meta.replaceChildren();
  if (it.upload && it.send !== "sent") uploadMeta(meta, it.upload);
  else if (it.send === "failed") {
    const { code, limit, chars } = it.item.failed;
    let over = code === "text_too_long" ? word("tooLong", { n: chars - limit, limit }) : "";
    if (code === "limit_reached") over = word("chatFull");
    meta.append(
      [word("failed"), over].join(" "),
      retryButton("edit", it.item, true),
      retryButton("discard", it.item, false),
    );
  } else {
    meta.append(link === "sent" ? clock.format(it.at) : word(link));
  }
}

function paintOptions(node, choices) {
  node.className = "options";
  node.dataset.line = "options";
  const buttons = choices.map((text) => {
    const made = button("option", "option", String(text));
    made.dir = "auto";
    made.onclick = calm(() => choose(String(text)));
    return made;
  });
  node.replaceChildren(...buttons);
}

function retryButton(name, item, edit) {
  const made = button(name, "link", word(name));
  made.onclick = calm(() => {
    giveUp(item, edit);
  });
  return made;
}

/** Text with its web addresses as links; everything else stays text. */
function fill(node, text) {
  node.replaceChildren();
  let from = 0;
  for (const found of text.matchAll(/https?:\/\/[\w\-.~:/?#[\]@!$&()*+,;=%]+/gi)) {
    const href = found[0].replace(/[.,;:!?)\]]+$/, "");
    node.append(
      text.slice(from, found.index),
      el("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, href),
    );
    from = found.index + href.length;
  }
  node.append(text.slice(from));
}
