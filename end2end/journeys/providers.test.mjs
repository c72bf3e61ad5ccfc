// The page of providers: added, tested, changed and removed while the gateway runs.

import assert from "node:assert/strict";
import { after, before, describe } from "node:test";

import { Gateway } from "../support/gateway.mjs";
import { startFakeProvider } from "../support/upstreams.mjs";
import { journey, launch, NARROW, Person, WIDE } from "./browser.mjs";

const CANARY = "canary-of-a-provider-4c1e";

let browser, gateway, fake, state;

before(async () => {
  fake = await startFakeProvider();
  gateway = await Gateway.start({ config: { providers: { filed: { kind: "ollama", base_url: fake.url } } } });
  browser = await launch();
  const admin = await Person.arrive(browser, gateway.url);
  await admin.signInOnce(gateway.signInLink);
  state = await admin.context.storageState();
  await admin.leave();
});

after(async () => {
  await browser?.close();
  await gateway?.stop();
  await fake?.stop();
});

const rowOf = (page, name) => page.locator("tbody tr", { has: page.getByRole("rowheader", { name, exact: true }) });

/** Fills the form and sends it. */
async function add(page, name, { key = CANARY, address = `${fake.url}/v1` } = {}) {
  await page.goto("/providers?add");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Address").fill(address);
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Add provider" }).click();
}

async function remove(page, name) {
  await page.goto("/providers");
  const row = rowOf(page, name);
  await row.getByText("Remove", { exact: true }).click();
  await row.getByRole("button", { name: "Remove provider" }).click();
  await row.waitFor({ state: "detached" });
}

for (const javaScript of [true, false]) {
  journey(`a provider is added, tested, changed and removed, ${javaScript ? "with" : "without"} JavaScript`, async () => {
    const person = await Person.arrive(browser, gateway.url, { state, javaScript });
    const { page } = person;
    await page.goto("/providers");
    await rowOf(page, "filed").getByText("File", { exact: true }).waitFor();
    assert.equal(await rowOf(page, "filed").getByText("Change").count(), 0, "the file is changed in the file");
    await page.getByRole("link", { name: "Add provider" }).click();
    await page.getByRole("heading", { name: "Add a provider" }).waitFor();
    await add(page, "house");
    const row = rowOf(page, "house");
    await row.getByText("Sealed").waitFor();
    await row.getByRole("button", { name: "Test" }).click();
    await page.getByRole("heading", { name: "house answers" }).waitFor();
    await page.getByText("accepted", { exact: true }).waitFor();
    await row.getByRole("link", { name: "Change" }).click();
    await page.getByRole("heading", { name: "Change house" }).waitFor();
    await page.getByText("Further settings", { exact: true }).click();
    await page.getByLabel(/Keys of the configuration file/).fill("unsupported_fields: drop");
    await page.getByRole("button", { name: "Save changes" }).click();
    await row.getByText("Sealed").waitFor();
    await row.getByRole("link", { name: "Change" }).click();
    const kept = page.getByLabel(/Keys of the configuration file/);
    assert.match(await kept.inputValue(), /"unsupported_fields": "drop"/);
    assert.equal((await page.content()).includes(CANARY), false);
    await remove(page, "house");
    // Without code, Chromium complains about the code that it does not load.
    if (javaScript) assert.deepEqual(person.complaints, []);
    await person.leave();
  });
}

journey("what is wrong is told by its field, and what was typed stays but for the key", async () => {
  const person = await Person.arrive(browser, gateway.url, { state, javaScript: false });
  const { page } = person;
  await add(page, "filed");
  await page.getByText(/there is a provider of this name already/).waitFor();
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "filed");
  assert.equal(await page.getByLabel("Address").inputValue(), `${fake.url}/v1`);
  assert.equal((await page.content()).includes(CANARY), false);
  await add(page, "moved");
  await rowOf(page, "moved").getByRole("link", { name: "Change" }).click();
  await page.getByLabel("Address").fill("https://elsewhere.example.com/v1");
  await page.getByRole("button", { name: "Save changes" }).click();
  await page.getByText(/was given for another address/).waitFor();
  await remove(page, "moved");
  await person.leave();
});

journey("a provider that is not there is told with the next step", async () => {
  const person = await Person.arrive(browser, gateway.url, { state });
  const { page } = person;
  await add(page, "nowhere", { address: "http://127.0.0.1:9/v1" });
  await rowOf(page, "nowhere").getByRole("button", { name: "Test" }).click();
  await page.getByRole("heading", { name: "nowhere does not answer as it should" }).waitFor();
  await page.getByText(/Check `providers.nowhere.base_url`/).waitFor();
  await remove(page, "nowhere");
  assert.deepEqual(person.complaints, []);
  await person.leave();
});

for (const [size, viewport] of Object.entries({ wide: WIDE, narrow: NARROW })) {
  for (const colorScheme of ["light", "dark"]) {
    describe(`${size}, ${colorScheme}`, () => {
      for (const path of ["/providers", "/providers?add"]) {
        journey(`${path} has nothing for axe or the console to complain about`, async () => {
          const person = await Person.arrive(browser, gateway.url, { viewport, colorScheme, state });
          const { page } = person;
          await add(page, "sample");
          await rowOf(page, "sample").getByRole("button", { name: "Test" }).click();
          await page.getByRole("heading", { name: "sample answers" }).waitFor();
          if (path !== "/providers") await page.goto(path);
          await page.waitForLoadState("networkidle");
          await person.screenshot(`${path.slice(1).replace(/\W+/g, "-")}-${size}-${colorScheme}`);
          assert.deepEqual(await person.violations(), []);
          assert.deepEqual(person.complaints, []);
          const overflow = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          assert.equal(overflow, 0, "nothing sticks out sideways");
          await remove(page, "sample");
          await person.leave();
        });
      }
    });
  }
}
