/* What a page says to the widget: attributes of the tag, the functions, and the list before them. */

/** What the service was told last, as department and skills. */
function told(service) {
  const last = (frame) => service.all(frame).pop() || {};
  return [last("department").department_id, last("skills").skills];
}
const shop = (service, more = {}) => visit({ service, ...more });

check("a page that says nothing tells nothing", async () => {
  const service = new Service();
  const page = await shop(service);
  await page.open();
  page.say("Hello");
  await until("the words are said", () => service.said.size === 1);
  same(told(service), [undefined, undefined]);
});

check("the tag's attributes are told before the request", async () => {
  const service = new Service();
  const page = await shop(service, { tag: 'data-department="2" data-skills="korean, glazes"' });
  await until("it is told", () => told(service)[1]);
  same(told(service), [2, ["korean", "glazes"]]);
  await page.open();
  service.heard.length = 0;
  page.say("Hello");
  await until("the words are said", () => service.said.size === 1);
  const order = service.heard.map((f) => f.frame).filter((f) => f !== "typing");
  same(order.slice(-3), ["department", "skills", "say"], "told again, for this request");
});

check("the functions change it, null and nothing take it back", async () => {
  const service = new Service();
  const { win } = await shop(service);
  same(win.Bellhop.department(7), true);
  same(win.Bellhop.skills(["a", "b"]), true);
  await until("both are told", () => told(service)[1] && told(service)[1].length === 2);
  same(told(service), [7, ["a", "b"]]);
  same(win.Bellhop.department(null), true);
  same(win.Bellhop.skills([]), true);
  await until("both are taken back", () => told(service)[1].length === 0);
  same(told(service), [null, []]);
});

check("what is no department and no skill changes nothing", async () => {
  const service = new Service();
  const { win } = await shop(service, { tag: 'data-department="orders" data-skills=" ,,"' });
  const { Bellhop } = win;
  for (const wrong of [0, -1, 1.5, 2 ** 60, "x", {}, [], undefined, NaN, true])
    same(Bellhop.department(wrong), false, String(wrong));
  for (const wrong of [5, {}, undefined, true]) same(Bellhop.skills(wrong), false, String(wrong));
  same(told(service), [undefined, undefined]);
  const long = "x".repeat(141);
  same(Bellhop.skills(["a", "b c", long, "도자기", "a", "d", "e", "f", "<i>"]), true);
  same(Bellhop.department("12"), true);
  await until("both are told", () => told(service)[0] === 12);
  same(told(service), [12, ["도자기", "a", "d", "e", "f"]], "the five newest, each once");
});

check("what was pushed before the script is done, and so is what is pushed later", async () => {
  const service = new Service();
  const head =
    "<script>window.Bellhop = window.Bellhop || [];" +
    "Bellhop.push(['department', 3], ['nothing'], 5, ['toString'], ['skills', 'tea,cups'], ['open']);</script>";
  const page = await shop(service, { head });
  await until("it is told", () => told(service)[1]);
  same(told(service), [3, ["tea", "cups"]]);
  ok(page.shown("panel"), "opened");
  same(page.win.document.activeElement.tagName, "BODY", "the focus stays in the page");
  page.win.Bellhop.push(["close"], ["department", 4]);
  await until("it is told", () => told(service)[0] === 4);
  ok(!page.shown("panel"), "closed");
  same(page.win.failures, []);
});

check("an element that is called Bellhop is not taken for the widget", async () => {
  const service = new Service();
  const page = await shop(service, { head: '</head><body><p id="Bellhop"></p>' });
  same(page.win.Bellhop.protocol, 1);
});

check("a page that includes the script twice runs it once", async () => {
  const service = new Service();
  const head = `<script src="${SERVICE}/widget.js"></script>`;
  const page = await shop(service, { head });
  same(page.win.document.querySelectorAll("bellhop-widget").length, 1);
  same(service.all("hello").length, 1);
});

check("each page says for itself, also beside another tab", async () => {
  const service = new Service();
  const orders = await shop(service, { tag: 'data-department="2"' });
  await until("it is told", () => told(service)[0] === 2);
  const home = await shop(service, { ownTab: tabStorage() });
  await until("the other page tells that it says nothing", () => told(service)[0] === null);
  await orders.open();
  orders.say("Hello");
  await until("the words are said", () => service.said.size === 1);
  same(told(service), [2, []], "the page in which it was said");
  service.state({ chat: "ended" });
  await home.open();
  home.$("restart").click();
  home.say("Again");
  await until("the words are said", () => service.said.size === 2);
  same(told(service), [null, []]);
});

check("a line that broke is told anew, and so is a message that is left", async () => {
  const service = new Service({ staffed: false });
  const page = await shop(service, { tag: "data-skills=tea" });
  await until("it is told", () => told(service)[1]);
  service.heard.length = 0;
  service.cut();
  await until("it is told anew", () => told(service)[1]);
  same(told(service), [null, ["tea"]]);
  await page.open();
  service.heard.length = 0;
  page.type("leave-text", "Do you ship to Busan?");
  page.$("leave-send").click();
  await until("the message is left", () => service.all("leave").length === 1);
  same(service.heard.map((f) => f.frame), ["department", "skills", "leave"]);
});

check("the functions open and close, and give the focus back", async () => {
  const service = new Service();
  const page = await shop(service);
  const link = page.win.document.querySelector("button");
  link.focus();
  page.win.Bellhop.open();
  same(page.focused, "input");
  page.win.Bellhop.open();
  page.win.Bellhop.close();
  ok(!page.shown("panel"), "closed");
  ok(page.win.document.activeElement === link, "the focus is where it came from");
});
