/*
 * The demonstration shop's cart: kept in the browser, shown in the header, on the cart's page and
 * at the checkout. Nothing leaves the browser.
 */
(() => {
  "use strict";
  const KEY = "moon-and-kettle:cart";
  const FREE_FROM = 50000;
  const DELIVERY = 3000;
  const MOST = 20;
  const korean = document.documentElement.lang === "ko";
  const say = (en, ko) => (korean ? ko : en);
  const THINGS = {
    "moon-jar": { price: 148000, name: say("Moon jar, small", "달항아리 (소)") },
    "celadon-cup": { price: 32000, name: say("Celadon cup", "청자 찻잔") },
    teapot: { price: 96000, name: say("Buncheong teapot", "분청 찻주전자") },
    "green-tea": { price: 28000, name: say("First-flush green tea", "우전 녹차") },
  };
  const won = (sum) => {
    const number = sum.toLocaleString("en");
    return say(`₩${number}`, `${number}원`);
  };

  function load() {
    try {
      const stored = Object.entries(JSON.parse(localStorage.getItem(KEY)) || {});
      return new Map(stored.filter(([what, count]) => THINGS[what] && count > 0));
    } catch {
      return new Map();
    }
  }
  let cart = load();
  function put(what, count) {
    if (count > 0) cart.set(what, Math.min(count, MOST));
    else cart.delete(what);
    try {
      localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(cart)));
    } catch {
      // Without storage the cart lasts as long as the page.
    }
    show();
  }

  function el(name, attributes, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }

  function row(what, count) {
    const { name, price } = THINGS[what];
    const step = (label, sign, to) => {
      const button = el("button", { type: "button", "aria-label": `${label}: ${name}` }, sign);
      button.addEventListener("click", () => put(what, to));
      return button;
    };
    return el(
      "li",
      {},
      el("img", { src: `/shop/art/${what}.svg`, alt: "", width: 80, height: 80 }),
      el("a", { href: `${say("/shop", "/shop/ko")}/${what}` }, name),
      el(
        "span",
        { class: "steps" },
        step(say("One less", "하나 빼기"), "−", count - 1),
        el("output", {}, String(count)),
        step(say("One more", "하나 더"), "+", count + 1),
      ),
      el("span", { class: "sum" }, won(price * count)),
    );
  }

  function total() {
    const goods = [...cart].reduce((sum, [what, count]) => sum + THINGS[what].price * count, 0);
    const delivery = goods === 0 || goods >= FREE_FROM ? 0 : DELIVERY;
    const line = (name, value, kind) =>
      el("p", { class: kind }, el("span", {}, name), el("b", {}, value));
    return el(
      "div",
      { class: "total" },
      line(say("Goods", "상품"), won(goods), ""),
      line(say("Delivery", "배송비"), delivery ? won(delivery) : say("free", "무료"), ""),
      line(say("Total", "합계"), won(goods + delivery), "all"),
    );
  }

  function show() {
    const count = [...cart.values()].reduce((sum, n) => sum + n, 0);
    for (const node of document.querySelectorAll("[data-count]")) node.textContent = count || "";
    const full = cart.size > 0;
    for (const node of document.querySelectorAll("[data-when-empty]")) node.hidden = full;
    for (const node of document.querySelectorAll("[data-when-full]")) node.hidden = !full;
    const list = document.querySelector("[data-cart]");
    if (list) {
      const held = document.activeElement && document.activeElement.getAttribute("aria-label");
      const rows = [...cart].map(([what, n]) => row(what, n));
      list.replaceChildren(...(full ? [el("ul", { class: "rows" }, ...rows), total()] : []));
      if (held) [...list.querySelectorAll("button")].find((b) => b.ariaLabel === held)?.focus();
    }
    document.querySelector("[data-total]")?.replaceChildren(total());
  }

  for (const button of document.querySelectorAll("[data-add]")) {
    const words = button.textContent;
    button.addEventListener("click", () => {
      put(button.dataset.add, (cart.get(button.dataset.add) || 0) + 1);
      button.textContent = button.dataset.added;
      setTimeout(() => (button.textContent = words), 1600);
    });
  }
  for (const button of document.querySelectorAll("[data-ask]")) {
    button.addEventListener("click", () => window.Bellhop && window.Bellhop.open());
  }
  const form = document.querySelector("[data-checkout]");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    for (const what of [...cart.keys()]) put(what, 0);
    form.hidden = true;
    const thanks = document.querySelector("[data-thanks]");
    thanks.hidden = false;
    thanks.focus();
  });
  window.addEventListener("storage", (event) => {
    if (event.key !== KEY) return;
    cart = load();
    show();
  });
  show();
})();
