/*
 * What the widget says when it is closed, when there is no chat for the visitor, and of a rating.
 * The browser is in Seoul; the service says what time it is.
 */

/** A moment of March 2026 in Seoul; the 2nd is a Monday. */
const seoul = (day, hour) => Date.UTC(2026, 2, day, hour - 9);
const closed = (opens_at) =>
  new Service({ open: false, staffed: false, opens_at, now: seoul(2, 10) });
/** Words with every kind of blank as one kind. */
const plain = (node) => node.textContent.replace(/\s+/g, " ");

async function whenClosed(opensAt, lang, wanted) {
  const page = await visit({ service: closed(opensAt), lang });
  await page.open();
  const is = plain(page.$("status"));
  ok(wanted.test(is), `${lang}: "${is}" is not ${wanted}`);
  const intro = plain(page.of(".intro p"));
  ok(new RegExp(wanted.source.replace(/^\^?(Closed until )?|\$$/g, "")).test(intro), intro);
  page.close();
}

check("domain 10: the next opening in English, by the visitor's clock and calendar", async () => {
  await whenClosed(seoul(2, 18), "en", /^Closed until 6:00 PM$/);
  await whenClosed(seoul(3, 9), "en", /^Closed until tomorrow 9:00 AM$/);
  await whenClosed(seoul(5, 9), "en", /^Closed until Thursday( at)? 9:00 AM$/);
  await whenClosed(seoul(9, 9), "en", /^Closed until Monday, March 9(,| at) 9:00 AM$/);
  await whenClosed(seoul(3, 9), "en-GB", /^Closed until tomorrow 0?9:00$/);
});

check("domain 10: the next opening in Korean", async () => {
  await whenClosed(seoul(2, 18), "ko", /^오후 6:00에 다시 시작합니다$/);
  await whenClosed(seoul(3, 9), "ko", /^내일 오전 9:00에 다시 시작합니다$/);
  await whenClosed(seoul(5, 9), "ko", /^목요일 오전 9:00에 다시 시작합니다$/);
  await whenClosed(seoul(9, 9), "ko", /^3월 9일 월요일 오전 9:00에 다시 시작합니다$/);
});

check("domain 10: closed without a known opening, or one that is over", async () => {
  for (const opensAt of [undefined, seoul(2, 9), "soon"]) {
    const page = await visit({ service: closed(opensAt) });
    await page.open();
    same(page.text("status"), "We are closed now");
    page.close();
  }
});

check("domain 10: it opens, and closes, while the page is open", async () => {
  const service = closed(seoul(2, 18));
  const page = await visit({ service });
  await page.open();
  ok(page.shown("leave"), "a message can be left");
  service.state({ open: true, staffed: true, opens_at: undefined });
  await until("it is open", () => page.text("status") === "We are here");
  ok(!page.shown("leave"), "nobody need leave a message");
  page.say("Hello");
  await until("it waits", () => page.text("status") === "Waiting for an answer");
  service.state({ open: false, staffed: false, opens_at: seoul(3, 9) });
  await until("it is closed", () => plain(page.$("status")).includes("tomorrow 9:00 AM"));
  same(plain(page.$("status")), "Your message waits for us · Closed until tomorrow 9:00 AM");
});

check("the page's language may be written in any way", async () => {
  for (const [lang, title] of [
    ["ko_KR", "채팅 상담"],
    ["KO-kr", "채팅 상담"],
    ["kok", "Chat with us"],
    ["x", "Chat with us"],
    ["", "Chat with us"],
  ]) {
    const page = await visit({ service: new Service(), lang });
    same(page.of("h2").textContent, title, lang);
    same(page.win.failures, []);
    page.close();
  }
});

check("domain 12: who is banned sees no chat, is not tried again, and sees it when that is over", async () => {
  const service = new Service();
  const page = await visit({ service });
  await page.open();
  page.say("Hello");
  await until("the words are said", () => service.said.size === 1);
  service.rejects = "not_available";
  service.tell({ frame: "rejected", code: "not_available" });
  service.cut();
  await until("nothing is shown", () => !page.shown("launcher"));
  ok(!page.shown("panel"), "nor the panel");
  const { win } = page;
  win.dispatchEvent(new win.Event("online"));
  win.document.dispatchEvent(new win.Event("visibilitychange"));
  win.Bellhop.open();
  await pause(800); // longer than the first try after a line that broke
  same(service.all("hello").length, 1);
  ok(!page.shown("panel"), "not for the page either");

  await page.reload();
  ok(!page.shown("launcher"), "nothing is shown from the start");
  await until("the service was asked", () => service.all("hello").length === 2);
  await drawn();
  ok(!page.shown("launcher"), "nothing is shown");
  service.rejects = null;
  await page.reload();
  await until("it is there again", () => page.shown("launcher"));
});

/** A chat in which somebody was, rated as it was before. */
async function rateable(more) {
  const service = new Service({ chat: "served", ratings: true, ...more });
  service.line({ kind: "joined", name: "Mina" });
  service.line({ kind: "theirs", id: "01", name: "Mina", text: "Good bye" });
  const page = await visit({ service });
  await page.open();
  return { service, page };
}
const notes = (page) => page.lines().filter(([kind]) => kind === "rated");

check("domain 5: a rating within the chat has the line that the service sends", async () => {
  const { service, page } = await rateable();
  service.rated = true;
  page.$("rate-good").click();
  await until("the line", () => notes(page).length);
  await drawn();
  same(notes(page), [["rated", "You rated this chat as good"]]);
  page.type("rate-comment", "Quick");
  page.of(".rating form").requestSubmit();
  await until("the next line", () => notes(page).length === 2);
  await drawn();
  same(notes(page)[1], ["rated", "You rated this chat as good: “Quick”"]);
});

check("domain 5: a rating of a chat that is put away is seen to be kept", async () => {
  const { service, page } = await rateable();
  service.line({ kind: "ended", mine: true });
  service.state({ chat: "none" });
  await until("it is over", () => page.of(".rating").classList.contains("wanted"));
  page.$("rate-good").click();
  await until("the note", () => notes(page).length);
  same(notes(page), [["rated", "You rated this chat as good"]]);
  same(page.$("rate-good").getAttribute("aria-pressed"), "true");
  same(page.text("rate-ask"), "Thank you");
  page.type("rate-comment", "Quick <b>");
  page.of(".rating form").requestSubmit();
  await until("the comment", () => notes(page)[0][1].includes("Quick"));
  same(notes(page), [["rated", "You rated this chat as good: “Quick <b>”"]]);
  ok(!page.shown("rate-comment"), "there is nothing left to say");
  page.$("rate-bad").click();
  await until("the other rating", () => notes(page)[0][1].includes("bad"));
  page.$("rate-bad").click();
  await until("none", () => notes(page)[0][1] === "You took your rating back");
  same(service.all("rate").map((f) => f.rating), ["good", "good", "bad", null]);
});

check("domain 5: a rating that is refused is said to be", async () => {
  const { service, page } = await rateable();
  service.refuses.rate = { code: "limit_reached", limit: 20 };
  page.$("rate-bad").click();
  await until("it is said", () => page.text("rate-ask") === "Your rating was not taken");
  same(page.$("rate-bad").getAttribute("aria-pressed"), "false");
  same(notes(page), []);
  service.refuses = {};
  page.$("rate-good").click();
  await until("thanks", () => page.text("rate-ask") === "Thank you");
});
