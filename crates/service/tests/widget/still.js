/* In a browser whose visitor asked for less motion and for dark pages. */

check("nothing moves where the visitor wants less motion", async () => {
  ok(matchMedia("(prefers-reduced-motion: reduce)").matches, "the browser is asked for it");
  const service = new Service({ chat: "served" });
  const page = await visit({ service });
  service.line({ kind: "theirs", id: "01", name: "Mina", text: "Hello" });
  await page.open();
  service.tell({ frame: "typing", name: "Mina", on: true });
  await until("somebody types", () => page.shown("typing"));
  for (const node of page.root.querySelectorAll("*")) {
    const { animationName, transitionDuration } = getComputedStyle(node);
    same([animationName, transitionDuration], ["none", "0s"], node.className);
  }
});
