/*
 * Files: chosen, dropped or pasted, sent over HTTP, and as they stand in the transcript.
 *
 * Invariants: a file keeps its id with every repeat, so it is in the chat once; what stands in the
 * text box is not touched. What was not sent goes with the page, for no page can keep a file.
 */

const FILE_TRIES = 5;
const FILE_SILENCE = 45000;
const FILES_AT_ONCE = 10;
const FILE_NAME_CHARS = 100;
const HOUR = 3600000;
const SHOWN_WIDTH = 232;
const SHOWN_HEIGHT = 200;

const uploads = new Map(); // id -> { id, file, name, part, taken, failed, tries, notBefore, request }
const service = address ? address.origin.replace(/^ws/, "http") : "";
const TYPES = {
  gif: "image/gif",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  pdf: "application/pdf",
  png: "image/png",
  txt: "text/plain",
};

let sendingFile = null; // the upload that is under way
let passEnds = 0;

/** What may be sent, and what opens what was: told with every welcome. */
function filesTold(f) {
  state.files = f.files || null;
  clearTimeout(passEnds);
  if (!state.files) return;
  // The address of a picture stays as it is while it opens: what is shown is not asked for anew.
  const had = read(own.get("pass")) || {};
  const mine = String(had.pass).split(".")[0] === String(state.files.pass).split(".")[0];
  state.pass = mine && had.expires_at > f.now + HOUR ? had : state.files;
  keepPass(state.pass);
  const left = state.pass.expires_at - f.now - HOUR / 2;
  passEnds = later(() => connectNow(true), Math.min(Math.max(left, HOUR / 2), 2 ** 31 - 1));
  pumpFiles();
}
function keepPass({ pass, expires_at }) {
  state.pass = { pass, expires_at };
  own.set("pass", json(state.pass));
}
function fileAddress(id) {
  const pass = (state.pass || {}).pass || "";
  return `${service}/file/${encodeURIComponent(id)}?pass=${encodeURIComponent(pass)}`;
}
/** The pass may be of a service that is no more; the newest one is tried, once. */
function renewPass() {
  if (!state.files || (state.pass || {}).pass === state.files.pass) return;
  keepPass(state.files);
  show();
}

function maySend() {
  return !!state.files && /^(waiting|served|left)$/.test(state.chat) && !state.fresh;
}
const extensionOf = (name) => (/\.([^.]+)$/.exec(name) || ["", ""])[1].toLowerCase();

/** How large a file is, for people. */
function sizeWords(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes <= 999 * 1024) return `${Math.ceil(bytes / 1024)} KB`;
  return `${(Math.ceil((bytes * 10) / 1048576) / 10).toFixed(1)} MB`;
}

/** What is wrong with a file, as far as that is known here. */
function fileProblem(file) {
  const { extensions, bytes } = state.files;
  if (!extensions.includes(extensionOf(file.name)))
    return { code: "kind_not_allowed", allowed: extensions };
  if (file.size > bytes) return { code: "too_large", limit: bytes };
  return file.size === 0 ? { code: "empty" } : undefined;
}
function addFiles(list) {
  if (!maySend()) return;
  for (const file of [...list].slice(0, FILES_AT_ONCE)) {
    const id = newId();
    uploads.set(id, { id, file, name: whole(file.name), part: 0, tries: 0, failed: fileProblem(file) });
  }
  render();
  toBottom();
  pumpFiles();
}

/** Sends the oldest file; the next one once it is there. */
function pumpFiles() {
  if (!welcomed || sendingFile) return;
  const next = [...uploads.values()].find((u) => !u.taken && !u.failed);
  if (next && (next.notBefore || 0) <= Date.now()) sendFile(next);
}
function sendFile(upload) {
  const { file } = upload;
  const request = new XMLHttpRequest();
  const extension = extensionOf(upload.name);
  const stem = upload.name.slice(0, upload.name.length - extension.length - 1);
  const name = encodeURIComponent(`${cut(stem, FILE_NAME_CHARS)}.${extension}`);
  let silence = 0;
  const heard = () => {
    clearTimeout(silence);
    silence = later(() => request.abort(), FILE_SILENCE);
  };
  sendingFile = upload;
  upload.request = request;
  request.open("PUT", `${service}/file/${upload.id}?name=${name}`);
  request.setRequestHeader("authorization", `Visitor ${key}`);
  request.setRequestHeader("content-type", file.type || TYPES[extension] || "application/octet-stream");
  request.upload.onprogress = calm((event) => {
    heard();
    upload.part = event.total ? event.loaded / event.total : 0;
    show();
  });
  request.onloadend = calm(() => {
    clearTimeout(silence);
    sendingFile = null;
    upload.request = null;
    fileAnswered(upload, request.status, read(request.responseText) || {});
    show();
    pumpFiles();
  });
  heard();
  request.send(file);
}
/** What is not final is tried again with the same id, at once when the line is back. */
function fileAnswered(upload, status, told) {
  if (!uploads.has(upload.id)) return; // given up meanwhile
  const passing = /^(too_fast|too_slow|storage_unavailable)$/.test(told.code);
  if (status === 200) {
    upload.taken = true;
    if (state.lines.some((l) => l.line.id === upload.id)) uploads.delete(upload.id);
  } else if (told.code && !passing) {
    upload.failed = told;
  } else {
    if (welcomed && !passing) upload.tries += 1;
    if (upload.tries >= FILE_TRIES) {
      upload.failed = { code: "lost" };
      return;
    }
    const wait = Number(told.retry_for_ms) || 500 * 2 ** upload.tries;
    upload.part = 0;
    upload.notBefore = Date.now() + Math.min(Math.max(wait, 500), 60000);
    later(pumpFiles, upload.notBefore - Date.now() + 10);
  }
}
function fileAgain(upload) {
  Object.assign(upload, { failed: undefined, tries: 0, notBefore: 0, part: 0 });
  render();
  pumpFiles();
}
function fileDropped(upload) {
  uploads.delete(upload.id);
  if (upload.request) upload.request.abort();
  render();
  parts.input.focus();
}

/** Files on their way, as the transcript shows them. */
function uploadItems() {
  return [...uploads.values()].map((upload) => ({
    kind: "mine",
    key: upload.id,
    at: parseInt(upload.id.slice(0, 8) + upload.id.slice(9, 13), 16),
    text: upload.name,
    file: { bytes: upload.file.size },
    send: upload.failed ? "failed" : upload.taken ? "sent" : "sending",
    upload,
  }));
}
/** What makes a file's line look as it does. */
function fileLook(it) {
  if (!it.file) return "";
  const { upload } = it;
  return upload
    ? [Math.floor(upload.part * 100), (upload.failed || {}).code].join(" ")
    : [it.gone, (state.pass || {}).pass].join(" ");
}
function fillFile(bubble, it) {
  const name = String(it.text);
  const about = el("span", { class: "about" }, el("b", { dir: "auto" }, name));
  about.append(el("span", {}, it.gone ? word("fileGone") : sizeWords(Number(it.file.bytes))));
  if (it.gone || it.upload || it.send !== "sent") {
    bubble.replaceChildren(icon("clip", 18), about);
    return;
  }
  const href = fileAddress(String(it.file.id));
  const link = el("a", { href, target: "_blank", rel: "noopener noreferrer", "data-test": "file" });
  if (/^(png|jpeg)$/.test(it.file.kind)) link.append(shownPicture(href, name, it.file.pixels), about);
  else link.append(icon("clip", 18), about);
  bubble.replaceChildren(link);
}
/** A small picture in the room it will take, so that nothing jumps when it is there. */
function shownPicture(src, alt, pixels) {
  const [width, height] = Array.isArray(pixels) ? pixels.map(Number) : [0, 0];
  const picture = el("img", { src, alt, loading: "lazy", decoding: "async" });
  if (width > 0 && height > 0) {
    const scale = Math.min(1, SHOWN_WIDTH / width, SHOWN_HEIGHT / height);
    picture.style.width = `${Math.max(1, Math.round(width * scale))}px`;
    picture.style.aspectRatio = `${width} / ${height}`;
  }
  picture.onerror = calm(renewPass);
  return picture;
}
function uploadMeta(meta, upload) {
  const act = (name, fn) => {
    const made = button("file-" + name, "link", word(name));
    made.onclick = calm(() => fn(upload));
    return made;
  };
  const { failed } = upload;
  if (failed) {
    const again = WORDS[lang]["file_" + failed.code] ? [] : [act("again", fileAgain)];
    meta.append(failedWords(failed), ...again, act("discard", fileDropped));
  } else if (state.link !== "online") {
    meta.append(word("fileKept"), act("cancel", fileDropped));
  } else {
    const n = Math.floor(upload.part * 100);
    meta.append(word("uploading", { n }), act("cancel", fileDropped));
  }
}
function failedWords({ code, limit, allowed }) {
  const values = { size: sizeWords(Number(limit) || 0), allowed: (allowed || []).join(", ") };
  return word(WORDS[lang]["file_" + code] ? "file_" + code : "fileFailed", values);
}

function buildFiles() {
  ICONS.clip =
    "M20 11.5l-8.2 8.2a5 5 0 0 1-7.1-7.1l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7l-8.2 8.2a1.7 1.7 0 0 1-2.4-2.4l7.5-7.5";
  parts.attach = button("attach", "round clip", icon("clip", 20));
  parts.attach.setAttribute("aria-label", word("attach"));
  parts.attach.title = word("attach");
  parts.chooser = el("input", { type: "file", multiple: "", hidden: "", "data-test": "chooser" });
  parts.input.before(parts.attach, parts.chooser);
  parts.dropHere = el("p", { class: "drop", hidden: "", "aria-hidden": "true" }, word("dropHere"));
  parts.panel.append(parts.dropHere);
}
function renderFiles() {
  parts.attach.hidden = !maySend();
  parts.chooser.accept = state.files ? state.files.extensions.map((x) => "." + x).join(",") : "";
}
function hearFiles() {
  const on = (node, what, fn) => node.addEventListener(what, calm(fn));
  const hasFiles = (event) => [...((event.dataTransfer || {}).types || [])].includes("Files");
  on(parts.attach, "click", () => parts.chooser.click());
  on(parts.chooser, "change", () => {
    addFiles(parts.chooser.files);
    parts.chooser.value = "";
    parts.input.focus();
  });
  on(parts.panel, "dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault(); // else the browser leaves the page for the file
    event.dataTransfer.dropEffect = maySend() ? "copy" : "none";
    parts.dropHere.hidden = !maySend();
  });
  on(parts.panel, "dragleave", (event) => {
    if (!parts.panel.contains(event.relatedTarget)) parts.dropHere.hidden = true;
  });
  on(parts.panel, "drop", (event) => {
    parts.dropHere.hidden = true;
    if (!hasFiles(event)) return;
    event.preventDefault();
    addFiles(event.dataTransfer.files);
  });
  on(parts.input, "paste", (event) => {
    const { clipboardData } = event;
    // What is copied from a document is text and a picture of it; the text is what is meant.
    if (!clipboardData || !clipboardData.files.length || clipboardData.getData("text/plain")) return;
    event.preventDefault();
    addFiles(clipboardData.files);
  });
}
