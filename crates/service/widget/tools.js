/*
 * What the rest stands on: where the script came from, numbers both ends know, ids, clean text,
 * storage that works where the browser refuses it.
 *
 * Invariant: nothing here throws into the host page, and nothing relies on what old libraries are
 * known to replace in it (`Array.from`, `toJSON`).
 */

// The numbers of docs/protocol.md, "Limits"; times in milliseconds.
const PROTOCOL = 1;
const MESSAGE_CHARS = 4000;
const NAME_CHARS = 120;
const COMMENT_CHARS = 1000;
const EMAIL_CHARS = 254;
const URL_CHARS = 2048;
const TITLE_CHARS = 300;
const PING_AFTER = 25000;
const DEAD_AFTER_PING = 10000;
const TYPING_RENEW = 3000;
const TAG_CHARS = 140;
const SKILLS = 5;

/** A function whose failure the host page does not notice. */
const calm =
  (fn) =>
  (...given) => {
    try {
      return fn(...given);
    } catch (_) {
      return undefined;
    }
  };
const later = (fn, ms) => setTimeout(calm(fn), ms);
const hex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
const random = (n) => crypto.getRandomValues(new Uint8Array(n));
/** Half a surrogate pair is no Unicode and would make the whole frame unreadable. */
const whole = (text) =>
  text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g, (c) =>
    c.length === 2 ? c : "\ufffd",
  );
const chars = (text) => [...text].length;
const cut = (text, limit) => whole([...text.slice(0, 2 * limit)].slice(0, limit).join(""));
/** A name on one line, as the service will have it (model: rules::clean_name). */
const cleanName = (text) =>
  cut(
    whole(text)
      .replace(/\s/g, " ")
      .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, "")
      .split(" ")
      .filter(Boolean)
      .join(" "),
    NAME_CHARS,
  ).trimEnd();

let lastMillis = 0;
/** A UUID, version 7, later in order than every one before it in this page. */
function newId() {
  lastMillis = Math.max(Date.now(), lastMillis + 1);
  const bytes = random(16);
  for (let i = 0; i < 6; i += 1) bytes[i] = Math.floor(lastMillis / 2 ** (8 * (5 - i))) % 256;
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** A storage area that falls back to memory where the browser refuses or is full. */
function keep(kind, prefix) {
  const memory = new Map();
  let area = null;
  try {
    area = window[kind];
    area.setItem(prefix + "probe", "1");
    area.removeItem(prefix + "probe");
  } catch (_) {
    area = null;
  }
  const drop = (key) => {
    memory.delete(key);
    if (area)
      try {
        area.removeItem(prefix + key);
      } catch (_) {
        /* it is gone all the same */
      }
  };
  return {
    drop,
    get(key) {
      if (memory.has(key)) return memory.get(key);
      try {
        return area && area.getItem(prefix + key);
      } catch (_) {
        return null;
      }
    },
    set(key, value) {
      memory.delete(key);
      if (area)
        try {
          area.setItem(prefix + key, value);
          return;
        } catch (_) {
          drop(key);
        }
      memory.set(key, value);
    },
    keys() {
      const found = [...memory.keys()];
      if (area)
        try {
          for (let i = 0; i < area.length; i += 1) {
            if (area.key(i).startsWith(prefix)) found.push(area.key(i).slice(prefix.length));
          }
        } catch (_) {
          /* what memory holds is enough */
        }
      return found;
    },
  };
}
const read = (text) => {
  try {
    return JSON.parse(text);
  } catch (_) {
    return null;
  }
};
/** JSON as it should be, also in a page whose library gave arrays and objects a `toJSON`. */
function json(value) {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(json).join(",")}]`;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${json(field)}`).join(",")}}`;
}

// Where we came from, and so whom we talk to. Without it (a copy pasted into a page) we stay away.
const tag =
  document.currentScript ||
  document.querySelector('script[src*="/widget.js"]') ||
  document.createElement("script");
const address = calm(() => {
  const url = new URL("visitor", tag.src);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url;
})();

const prefix = `bellhop:${address ? address.host : ""}:`;
/** The browser's: key, name, outbox, how far it was read. */
const shared = keep("localStorage", prefix);
/** This tab's: transcript, draft, open or not. */
const own = keep("sessionStorage", prefix);
