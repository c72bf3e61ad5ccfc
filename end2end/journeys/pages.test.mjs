// Every page, as people use it: wide and narrow, light and dark, with and without JavaScript.

import assert from "node:assert/strict";
import { after, before, describe } from "node:test";

import { Gateway } from "../support/gateway.mjs";
import { journey, launch, NARROW, Person, WIDE } from "./browser.mjs";

const MOST_CODE_BYTES = 250_000;
// The longest answer of the demo provider, word by word, on a machine that does other things as well.
const LONG_ANSWER_MS = 60_000;

let browser, gateway, state;

before(async () => {
  gateway = await Gateway.start({ demo: true });
  browser = await launch();
  const admin = await Person.arrive(browser, gateway.url);
  await admin.signInOnce(gateway.signInLink);
  state = await admin.context.storageState();
  await admin.leave();
});

after(async () => {
  await browser?.close();
  await gateway?.stop();
});

/** Sends a message by the key that only the page's code knows. */
async function send(person, text) {
  await person.hydrated();
  await person.page.getByLabel("Message", { exact: true }).fill(text);
  await person.page.keyboard.press("Enter");
}

/** Sends a message and waits for the whole answer. */
async function ask(person, text) {
  await send(person, text);
  await person.page.locator("details.receipt").last().waitFor();
}

journey("the printed link signs in only once", async () => {
  const late = await Person.arrive(browser, gateway.url);
  await late.page.goto(gateway.signInLink);
  await late.page.getByRole("button", { name: /sign in/i }).click();
  await late.page.getByText(/has been used or has expired/).waitFor();
  await late.leave();
});

journey("a stranger is led to the sign-in page and back again", async () => {
  const person = await Person.arrive(browser, gateway.url);
  await person.page.goto("/spend");
  await person.page.waitForURL(/\/sign-in\?next=/);
  await person.signIn();
  await person.leave();
});

journey("a wrong password is told without saying which of the two is wrong", async () => {
  const person = await Person.arrive(browser, gateway.url);
  await person.page.goto("/sign-in");
  await person.page.locator("input[name=email]").fill("admin@localhost");
  await person.page.locator("input[name=password]").fill("not the password");
  await person.page.locator("button[type=submit]").click();
  await person.page.getByText("E-mail address and password do not match").waitFor();
  await person.leave();
});

journey("a message streams, its receipt shows the cost, and the spend page has the same amount to the last digit", async () => {
  const person = await Person.arrive(browser, gateway.url, { state });
  await person.page.goto("/spend");
  const total = () => person.page.locator(".amount-exact").first().textContent();
  const dollars = (text) => BigInt(text.replace(/[^0-9]/g, ""));
  const before = dollars(await total());
  await person.page.goto("/chat");
  await ask(person, "What does a budget do?");
  await person.page.getByText("authenticated", { exact: true }).waitFor();
  await person.page.locator("details.receipt summary").last().click();
  for (const stage of ["auth", "rbac", "policy", "limit", "budget", "route", "cost", "audit"]) {
    assert.equal(await person.page.locator(".stage-name", { hasText: stage }).count(), 1, stage);
  }
  const cost = await person.page.locator(".trace-facts dd").first().textContent();
  assert.match(cost, /^\$0\.\d{9}/);
  let spent;
  for (let tries = 0; tries < 50 && spent !== before + dollars(cost); tries += 1) {
    await person.page.goto("/spend");
    spent = dollars(await total());
  }
  assert.equal(spent, before + dollars(cost));
  assert.deepEqual(person.complaints, []);
  await person.leave();
});

journey("an answer can be stopped, and asked for again beside the first", async () => {
  const person = await Person.arrive(browser, gateway.url, { state });
  await person.page.goto("/chat");
  await send(person, "Tell me at length how calls pass through");
  await person.page.getByRole("button", { name: "Stop the answer" }).click();
  await person.page.locator("details.receipt").waitFor();
  await person.page.getByRole("button", { name: /again|regenerate/i }).first().click();
  await person.page.getByText("2/2").waitFor({ timeout: LONG_ANSWER_MS });
  assert.deepEqual(person.complaints, []);
  await person.leave();
});

journey("a reload in the middle of an answer loses nothing", async () => {
  const person = await Person.arrive(browser, gateway.url, { state });
  await person.page.goto("/chat");
  await send(person, "Show me a table");
  await person.page.waitForURL("**/chat/conv_*");
  await person.page.reload();
  await person.page.locator("details.receipt").waitFor();
  await person.page.getByText("Each of them is a test, not a slogan.").waitFor();
  await person.leave();
});

journey("a key is made, shown once, works, and is revoked", async () => {
  const person = await Person.arrive(browser, gateway.url, { state });
  await person.page.goto("/keys");
  await person.page.locator("form.create-key input").first().fill("journey");
  await person.page.locator("form.create-key button[type=submit]").click();
  const secret = (await person.page.locator(".made-key code").first().textContent()).trim();
  assert.match(secret, /^hx_[\w-]{43}$/);
  const models = () => fetch(`${gateway.openaiUrl}/models`, { headers: { authorization: `Bearer ${secret}` } });
  assert.equal((await models()).status, 200);
  await person.page.reload();
  assert.equal((await person.page.content()).includes(secret), false, "shown once");
  const row = person.page.locator("tr", { hasText: "journey" });
  await row.getByText("Revoke", { exact: true }).first().click();
  await row.locator("form.confirm button[type=submit]").click();
  await row.getByText("Revoked").waitFor();
  assert.equal((await models()).status, 401);
  assert.deepEqual(person.complaints, []);
  await person.leave();
});

journey("without JavaScript people sign in, send and read", async () => {
  const person = await Person.arrive(browser, gateway.url, { javaScript: false });
  await person.signIn();
  await person.page.locator("textarea").fill("No script here");
  await person.page.locator("form.composer button[type=submit]").click();
  await person.page.waitForURL("**/chat/conv_*");
  await person.page.locator("details.receipt").waitFor({ timeout: 15_000 });
  await person.page.getByText("No script here").first().waitFor();
  for (const path of ["/keys", "/spend"]) {
    await person.page.goto(path);
    await person.page.getByRole("heading", { level: 1 }).waitFor();
  }
  await person.leave();
});

journey("pages that are asked for all at once are all whole", async () => {
  const cookie = state.cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const read = async (path) => {
    const answer = await fetch(gateway.url + path, { headers: { cookie } });
    return [answer.status, /<title>[^<]+ · Helix Gateway<\/title>.*<\/html>/s.test(await answer.text())];
  };
  for (let round = 0; round < 10; round += 1) {
    const paths = Array.from({ length: 8 }, () => ["/chat", "/keys", "/spend"]).flat();
    for (const answer of await Promise.all(paths.map(read))) assert.deepEqual(answer, [200, true]);
  }
});

journey("the code of a first visit to the chat is at most 250 KB of brotli", async (context) => {
  const person = await Person.arrive(browser, gateway.url, { state });
  const loaded = await person.loads("/chat");
  const code = loaded.filter(({ address }) => /\.(wasm|js)$/.test(address));
  assert.ok(code.some(({ address }) => address.includes("chat_page")), "the page's own part is among it");
  for (const { address, encoding } of code) assert.equal(encoding, "br", address);
  const bytes = code.reduce((sum, each) => sum + each.bytes, 0);
  context.diagnostic(`${code.length} files of code, ${bytes} bytes`);
  assert.ok(bytes <= MOST_CODE_BYTES, `${bytes} bytes of code`);
  await person.leave();
});

journey("a conversation is renamed, found in the list, and deleted, all without a reload", async () => {
  const person = await Person.arrive(browser, gateway.url, { state });
  await person.page.goto("/chat");
  await person.hydrated();
  await person.page.evaluate(() => (window.isTheSamePage = true));
  await ask(person, "What is this conversation called?");
  const menu = person.page.locator(".chat-head details.menu");
  await menu.locator("summary").first().click();
  await menu.getByLabel("Title").fill("A better name");
  await menu.getByRole("button", { name: "Rename" }).click();
  await person.page.getByRole("heading", { level: 1, name: "A better name" }).waitFor();
  const link = person.page.locator(".chat-side a", { hasText: "A better name" });
  await person.page.locator(".chat-side a[aria-current=page]", { hasText: "A better name" }).waitFor();
  await person.page.getByRole("link", { name: "New chat" }).click();
  await person.page.getByText("What are you working on?").waitFor();
  await person.page.locator(".chat-side-head a[aria-current=page]").waitFor();
  await link.click();
  await person.page.getByRole("heading", { level: 1, name: "A better name" }).waitFor();
  await menu.locator("summary").first().click();
  await menu.getByText("Delete", { exact: true }).click();
  await menu.getByRole("button", { name: "Delete conversation" }).click();
  await person.page.getByText("What are you working on?").waitFor();
  await link.waitFor({ state: "detached" });
  assert.equal(await person.page.evaluate(() => window.isTheSamePage), true);
  assert.deepEqual(person.complaints, []);
  await person.leave();
});

journey("the chosen model is kept by the composer and answers", async () => {
  const person = await Person.arrive(browser, gateway.url, { state });
  await person.page.goto("/chat");
  await person.hydrated();
  const picker = person.page.locator("details.model-menu");
  await picker.locator("summary").click();
  const option = picker.locator("label.model").last();
  const name = await option.locator(".model-name").textContent();
  await option.click();
  await picker.locator("summary", { hasText: name }).waitFor();
  await person.page.keyboard.press("Escape");
  await picker.and(person.page.locator(":not([open])")).waitFor();
  await ask(person, "Which model are you?");
  await person.page.getByRole("heading", { level: 2, name }).waitFor();
  assert.deepEqual(person.complaints, []);
  await person.leave();
});

journey("the theme is painted at once and still there after a reload", async () => {
  const person = await Person.arrive(browser, gateway.url, { state });
  await person.page.goto("/spend");
  await person.hydrated();
  await person.page.evaluate(() => (window.isTheSamePage = true));
  await person.page.locator("details.user-menu summary").click();
  await person.page.getByRole("button", { name: "Dark" }).click();
  await person.page.locator("html[data-theme=dark]").waitFor({ state: "attached" });
  await person.page.locator("button[aria-pressed=true]", { hasText: "Dark" }).waitFor();
  assert.equal(await person.page.evaluate(() => window.isTheSamePage), true);
  await person.page.reload();
  await person.page.locator("html[data-theme=dark]").waitFor({ state: "attached" });
  assert.deepEqual(person.complaints, []);
  await person.leave();
});

journey("the rail leads from page to page without a reload, and says where one is", async () => {
  const person = await Person.arrive(browser, gateway.url, { state });
  await person.page.goto("/chat");
  await person.hydrated();
  await person.page.evaluate(() => (window.isTheSamePage = true));
  for (const [name, heading] of [["API keys", "API keys"], ["Spend", "Spend"], ["Chat", "New chat"]]) {
    await person.page.locator(".rail").getByRole("link", { name, exact: true }).click();
    await person.page.getByRole("heading", { level: 1, name: heading }).waitFor();
    await person.page.locator(".rail-link[aria-current=page]", { hasText: name }).waitFor();
    assert.equal(await person.page.locator(".rail-link[aria-current=page]").count(), 1);
  }
  assert.equal(await person.page.evaluate(() => window.isTheSamePage), true);
  assert.deepEqual(person.complaints, []);
  await person.leave();
});

journey("spend is narrowed by pressing a row, for any period, and every address keeps what it shows", async () => {
  const person = await Person.arrive(browser, gateway.url, { state });
  const { page } = person;
  const total = () => page.locator(".figure-value").first().textContent();
  await page.goto("/spend");
  await person.hydrated();
  await page.evaluate(() => (window.isTheSamePage = true));
  await page.getByRole("navigation", { name: "Period" }).getByRole("link", { name: "30 days" }).click();
  await page.locator(".periods [aria-current=true]", { hasText: "30 days" }).waitFor();
  assert.equal(new URL(page.url()).search, "?period=30-days");
  assert.equal(await page.locator(".day-bar").count(), 30);
  const all = await total();
  const row = page.locator("tr", { has: page.getByRole("link", { name: "Research", exact: true }) });
  const share = await row.locator(".amount data").textContent();
  await row.getByRole("link").click();
  await page.locator(".chip", { hasText: "Research" }).waitFor();
  assert.ok((await total()).startsWith(share), "the page of a row has what the row had");
  assert.equal(await page.getByRole("heading", { name: "By team" }).count(), 0);
  assert.equal(await page.evaluate(() => window.isTheSamePage), true);
  await page.reload();
  await page.locator(".chip", { hasText: "Research" }).waitFor();
  assert.ok((await total()).startsWith(share));
  await person.hydrated();
  await page.locator(".chip", { hasText: "Research" }).click();
  await page.getByRole("heading", { name: "By team" }).waitFor();
  assert.equal(await total(), all);
  await page.goBack();
  await page.locator(".chip", { hasText: "Research" }).waitFor();
  assert.deepEqual(person.complaints, []);
  await person.leave();
});

journey("a bar leads to its hours, which are those of the reader's time zone", async () => {
  const person = await Person.arrive(browser, gateway.url, { state, timeZone: "Asia/Kolkata" });
  const { page } = person;
  await page.goto("/spend");
  await person.hydrated();
  await page.goto("/spend?period=7-days");
  await page.getByText(/days are those of Asia\/(Kolkata|Calcutta)/).waitFor(); // both names are current
  await person.hydrated();
  await page.locator(".day-bar[tabindex='0']").focus();
  await page.keyboard.press("ArrowLeft");
  const day = await page.locator(".day-bar:focus").getAttribute("aria-label");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Hour by hour" }).waitFor();
  assert.equal(await page.locator(".day-bar").count(), 24);
  const [name, cost] = day.split(": ");
  await page.getByRole("heading", { level: 2, name, exact: true }).waitFor();
  assert.equal(await page.locator(".figure .amount-exact").first().textContent(), cost);
  await page.getByRole("link", { name: "show UTC" }).click();
  await page.getByText("days are those of UTC").waitFor();
  assert.deepEqual(person.complaints, []);
  await person.leave();
});

journey("without JavaScript days are chosen in a form, and nonsense says what to write", async () => {
  const person = await Person.arrive(browser, gateway.url, { state, javaScript: false });
  const { page } = person;
  await page.goto("/spend?model=demo-chat");
  await page.getByText("Other days").click();
  const day = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
  await page.getByLabel("First day").fill(day(9));
  await page.getByLabel("Last day").fill(day(2));
  await page.getByRole("button", { name: "Show these days" }).click();
  await page.locator(".periods [aria-current=true]", { hasText: "Other days" }).waitFor();
  await page.locator(".chip", { hasText: "demo-chat" }).waitFor();
  assert.equal(await page.locator(".day-bar").count(), 8);
  await page.goto(`/spend?period=days&from=${day(2)}&to=${day(9)}`);
  await page.getByText("swap them").waitFor();
  await person.leave();
});

journey("what cannot be done says so on the page and keeps what was typed", async () => {
  const person = await Person.arrive(browser, gateway.url, { state });
  await person.page.goto("/chat");
  await person.hydrated();
  await person.page.route("**/ui/chat/send", (route) => route.abort());
  await person.page.getByLabel("Message", { exact: true }).fill("Is anybody there?");
  await person.page.keyboard.press("Enter");
  await person.page.getByText("The gateway did not answer.").waitFor();
  assert.equal(await person.page.getByLabel("Message", { exact: true }).inputValue(), "Is anybody there?");
  await person.page.goto("/chat/conv_0198000000007000800000000000dead");
  await person.page.getByRole("heading", { name: "This conversation cannot be shown" }).waitFor();
  await person.leave();
});

for (const [size, viewport] of Object.entries({ wide: WIDE, narrow: NARROW })) {
  for (const colorScheme of ["light", "dark"]) {
    describe(`${size}, ${colorScheme}`, () => {
      for (const path of ["/chat", "/keys", "/spend", "/spend?period=yesterday&model=demo-chat", "/sign-in"]) {
        journey(`${path} has nothing for axe or the console to complain about`, async () => {
          const signedIn = path === "/sign-in" ? undefined : state;
          const person = await Person.arrive(browser, gateway.url, { viewport, colorScheme, state: signedIn });
          await person.page.goto(path);
          await person.page.waitForLoadState("networkidle");
          const name = path.slice(1).replace(/\W+/g, "-");
          await person.screenshot(`${name}-${size}-${colorScheme}`);
          assert.deepEqual(await person.violations(), []);
          assert.deepEqual(person.complaints, []);
          const overflow = await person.page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          assert.equal(overflow, 0, "nothing sticks out sideways");
          await person.leave();
        });
      }

      journey("an open conversation with its receipt has nothing to complain about", async () => {
        const person = await Person.arrive(browser, gateway.url, { viewport, colorScheme, state });
        await person.page.goto("/chat");
        await ask(person, "Show me a table and some code");
        await person.page.locator("details.receipt summary").last().click();
        await person.screenshot(`conversation-${size}-${colorScheme}`);
        assert.deepEqual(await person.violations(), []);
        assert.deepEqual(person.complaints, []);
        await person.leave();
      });
    });
  }
}
