// The gateway's own binary, in a directory of its own, on a free port.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

import { Process } from "./process.mjs";
import { BINARY } from "./places.mjs";

const run = promisify(execFile);
const RECORD_MS = 10_000;
const KEY_MS = 2_000;

export class Gateway {
  /** Starts a gateway; without a configuration, with the demo's. */
  static async start({ config = {}, demo = false } = {}) {
    const directory = await mkdtemp(join(tmpdir(), "helix-gateway-"));
    // YAML is a superset of JSON.
    await writeFile(join(directory, "gateway.yaml"), JSON.stringify(config, null, 2));
    const environment = { HELIX__SERVER__LISTEN: "127.0.0.1:0" };
    const args = ["serve", "--config", "gateway.yaml", ...(demo ? ["--demo"] : [])];
    const child = new Process(BINARY, args, { directory, environment });
    const url = await child.waitFor(/^listening on (http:\S+)/);
    const signInLink = await child.waitFor(/^sign in once at (http:\S+)/);
    return new Gateway({ directory, environment, child, url, signInLink });
  }

  constructor(parts) {
    Object.assign(this, parts);
  }

  get openaiUrl() {
    return `${this.url}/v1`;
  }

  /** Runs a subcommand beside the running gateway and gives what it prints. */
  async command(...args) {
    const [first, second, ...rest] = args;
    const { stdout } = await run(BINARY, [first, second, "--config", "gateway.yaml", ...rest], {
      cwd: this.directory,
      env: { ...process.env, ...this.environment },
    });
    return stdout.trim();
  }

  /** Makes a key, and waits until the running gateway knows it. */
  async createKey(name) {
    const key = await this.command("keys", "create", "--name", name);
    const deadline = Date.now() + KEY_MS;
    while ((await fetch(`${this.openaiUrl}/models`, { headers: { "x-api-key": key } })).status === 401) {
      if (Date.now() > deadline) throw new Error("the gateway does not know its new key");
      await pause(50);
    }
    return key;
  }

  /** The record of one call, which may take a moment to reach the ledger. */
  call(requestId) {
    return this.record((each) => each.request_id === requestId, requestId);
  }

  /** The record of the last call of a model. */
  callOf(model) {
    return this.record((each) => each.model === model, model);
  }

  async record(isMeant, what) {
    const deadline = Date.now() + RECORD_MS;
    while (Date.now() < deadline) {
      const lines = (await this.command("calls", "list", "--format", "json")).split("\n");
      const record = lines.filter(Boolean).map((line) => JSON.parse(line)).find(isMeant);
      if (record) return record;
      await pause(100);
    }
    throw new Error(`there is no record of ${what}`);
  }

  async stop() {
    await this.child.stop();
    const log = await this.child.log();
    await rm(this.directory, { recursive: true, force: true });
    if (log.includes("panicked")) throw new Error(`the gateway panicked:\n${log}`);
  }
}
