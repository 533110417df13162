/* With the service itself at the other end of the line, in a page that forbids what it can. */

check("a visitor asks in a page with a strict policy that says department and skills", async () => {
  const line = SERVICE.replace("http", "ws");
  const policy =
    `default-src 'none'; script-src 'self' ${SERVICE}/widget.js; connect-src ${line}; ` +
    "require-trusted-types-for 'script'; trusted-types 'none'";
  const tag = 'data-department="1" data-skills="korean, glazes"';
  const page = await visit({ tag, policy });
  await until("the line stands", () => page.of(".root").dataset.link === "online");
  await page.open();
  same(getComputedStyle(page.$("launcher")).width, "56px", "the style is there");
  page.say("Left-handed?");
  await until("the words are there", () =>
    page.lines().some(([kind, text]) => kind === "mine" && text === "Left-handed?"),
  );
  await until("they are taken", () => page.of(".mine").dataset.state === "sent");
  same([page.win.violations, page.win.failures], [[], []]);
});
