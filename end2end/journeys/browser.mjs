// A person at a browser: Chromium, signed in or not, at a given size and colour scheme, with or
// without JavaScript. Whatever the browser complains about is remembered.

import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { chromium } from "playwright-core";

import { CHROMIUM, RESULTS } from "../support/places.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
export const PASSWORD = "correct horse battery staple";
export const EMAIL = "admin@localhost";
export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 390, height: 844 };

// What a person does takes seconds. A browser that hangs can wait for ever, and no test after it is heard of.
const STEP_MS = 20_000;
const JOURNEY_MS = 120_000;
const WINDOW_MS = 15_000;

/** A test of what a person does, which ends even where the browser does not. */
export const journey = (name, steps) => test(name, { timeout: JOURNEY_MS }, steps);

const late = () => pause(WINDOW_MS, undefined, { ref: false });

export const launch = async () => new Browser(await start());
const start = () => chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });

/** Chromium, which is started again should it not even open a window: no page of ours is to blame for that. */
class Browser {
  #chromium;

  constructor(started) {
    this.#chromium = started;
  }

  /** An empty window of a profile of its own. */
  async open(options) {
    const opening = this.#window(options);
    const window = await Promise.race([opening, late()]);
    if (window) return window;
    opening.catch(() => {}); // It ends with the browser that it hangs in.
    console.log(`# Chromium opened no window within ${WINDOW_MS} ms; it is started again`);
    await this.close();
    this.#chromium = await start();
    return this.#window(options);
  }

  async #window(options) {
    const context = await this.#chromium.newContext(options);
    return { context, page: await context.newPage() };
  }

  close() {
    return Promise.race([this.#chromium.close(), late()]);
  }
}

export class Person {
  /** Opens a browser profile of its own. */
  static async arrive(
    browser,
    url,
    { viewport = WIDE, colorScheme = "light", javaScript = true, timeZone = "UTC", state } = {},
  ) {
    const { context, page } = await browser.open({
      baseURL: url,
      viewport,
      colorScheme,
      javaScriptEnabled: javaScript,
      timezoneId: timeZone,
      storageState: state,
      // axe is brought in from outside the page; everything else is under the page's own policy.
      bypassCSP: false,
    });
    context.setDefaultTimeout(STEP_MS);
    const person = new Person(context, page);
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) person.complaints.push(message.text());
    });
    page.on("pageerror", (error) => person.complaints.push(String(error)));
    page.on("requestfailed", (request) => {
      const why = request.failure()?.errorText;
      if (why !== "net::ERR_ABORTED") person.complaints.push(`${request.url()}: ${why}`);
    });
    return person;
  }

  constructor(context, page) {
    this.context = context;
    this.page = page;
    this.complaints = [];
  }

  /** Uses the one-time link and chooses a password. */
  async signInOnce(link) {
    await this.page.goto(link);
    await this.page.getByRole("button", { name: /sign in/i }).click();
    await this.page.waitForURL("**/sign-in/password");
    for (const field of await this.page.locator("input[type=password]").all()) await field.fill(PASSWORD);
    await this.page.locator("button[type=submit]").click();
    await this.page.waitForURL("**/chat");
  }

  async signIn() {
    await this.page.goto("/sign-in");
    await this.page.locator("input[name=email]").fill(EMAIL);
    await this.page.locator("input[name=password]").fill(PASSWORD);
    await this.page.locator("button[type=submit]").click();
    await this.page.waitForURL("**/chat");
  }

  /** Waits until everything has faded in: until then its colours are others. */
  async settled() {
    await this.page.evaluate(() => {
      const ends = (each) => Number.isFinite(each.effect?.getComputedTiming().endTime);
      return Promise.allSettled(document.getAnimations().filter(ends).map((each) => each.finished)).then(() => {});
    });
  }

  /** What axe finds against WCAG 2.2 AA on the page as it stands. */
  async violations() {
    await this.settled();
    const axe = await this.context.newCDPSession(this.page);
    const { readFile } = await import("node:fs/promises");
    await axe.send("Runtime.evaluate", { expression: await readFile(AXE, "utf8") });
    const found = await axe.send("Runtime.evaluate", {
      expression: `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })
        .then((result) => JSON.stringify(result.violations.map((each) =>
          each.id + ": " + each.nodes.map((node) => node.target.join(" ")).join(", "))))`,
      awaitPromise: true,
      returnByValue: true,
    });
    return JSON.parse(found.result.value);
  }

  /** Opens a page and gives what it loads until its code runs: address, encoding and bytes sent. */
  async loads(path) {
    const network = await this.context.newCDPSession(this.page);
    const responses = new Map();
    network.on("Network.responseReceived", ({ requestId, response }) => {
      const encoding = response.headers["content-encoding"] ?? "";
      responses.set(requestId, { address: new URL(response.url).pathname, encoding, bytes: 0 });
    });
    network.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      const response = responses.get(requestId);
      if (response) response.bytes = encodedDataLength;
    });
    await network.send("Network.enable");
    await this.page.goto(path);
    await this.hydrated();
    await this.page.waitForLoadState("networkidle");
    return [...responses.values()];
  }

  /** Waits until the code of the page runs. */
  hydrated() {
    return this.page.locator("html[data-hydrated]").waitFor({ state: "attached" });
  }

  async screenshot(name) {
    await mkdir(RESULTS, { recursive: true });
    await this.page.screenshot({ path: join(RESULTS, `${name}.png`) });
  }

  leave() {
    return Promise.race([this.context.close(), late()]);
  }
}
