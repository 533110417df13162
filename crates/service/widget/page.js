/*
 * What the host page asks of the widget: attributes of the script's tag, the functions of
 * `Bellhop`, and what was pushed into it before the script was there. docs/widget.md tells whoever
 * makes a page.
 *
 * Invariant: the service is told only what docs/protocol.md allows; what is wrong changes nothing.
 */

const SKILL = /^[\p{Alphabetic}\p{N}_-]+$/u;

/** Whom the next request is for, and what they must be able to do: as this page says. */
const wished = { department: null, skills: [] };

/** `undefined` where it is no department. */
function asDepartment(given) {
  if (given === null || given === "") return null;
  const id = /^\d+$/.test(given) ? Number(given) : 0;
  return Number.isSafeInteger(id) && id > 0 ? id : undefined;
}
/** `undefined` where it is no list. What is no skill is left out; the newest are the last. */
function asSkills(given) {
  const list = typeof given === "string" ? given.split(",") : given === null ? [] : given;
  if (!Array.isArray(list)) return undefined;
  const all = list.map((skill) => String(skill).trim());
  const known = (skill, i) => SKILL.test(skill) && chars(skill) <= TAG_CHARS && all.lastIndexOf(skill) === i;
  return all.filter(known).slice(-SKILLS);
}
/** Whether it was taken. */
function wish(what, value) {
  if (value === undefined) return false;
  wished[what] = value;
  tellWished();
  return true;
}

/**
 * Told after each welcome, and before each request, since another page of this browser may have
 * said other things. Where no page ever said anything there is nothing to tell.
 */
function tellWished() {
  const said = wished.department !== null || wished.skills.length > 0;
  if (said) shared.set("wished", "1");
  if (!welcomed || !(said || shared.get("wished"))) return;
  tell({ frame: "department", department_id: wished.department });
  tell({ frame: "skills", skills: wished.skills });
}

/** Before there is anything to see the panel will be open or closed from the start. */
function openFromPage(on) {
  if (on === state.open) return;
  if (parts.host && parts.host.isConnected) setOpen(on);
  else {
    state.open = on;
    own.set("open", on ? "1" : "0");
  }
}

const functions = {
  open: calm(() => openFromPage(true)),
  close: calm(() => openFromPage(false)),
  department: calm((id) => wish("department", asDepartment(id))),
  skills: calm((list) => wish("skills", asSkills(list))),
};
/** A call as it is pushed: the function's name, then what is given to it. */
function call(asked) {
  const [name, ...given] = asked;
  if (Object.keys(functions).includes(name)) functions[name](...given);
}

/** Takes the place of the list that the page may have made, and does what is in it. */
function answerPage() {
  wish("department", asDepartment(tag.dataset.department || null));
  wish("skills", asSkills(tag.dataset.skills || null));
  const pushed = window.Bellhop;
  Object.defineProperty(window, "Bellhop", {
    value: Object.freeze({
      protocol: PROTOCOL,
      ...functions,
      push: (...calls) => calls.forEach(calm(call)),
    }),
  });
  if (Array.isArray(pushed)) pushed.forEach(calm(call));
}
