// A child process that says on its standard output where it listens.

import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";

const START_UP_MS = 60_000;
const STOP_MS = 15_000;

export class Process {
  #child;
  #exited;
  #lines = [];
  #listeners = new Set();

  constructor(command, args, { directory, environment = {} }) {
    this.logFile = join(directory, `${basename(command)}.log`);
    const log = createWriteStream(this.logFile, { flags: "a" });
    this.#child = spawn(command, args, {
      cwd: directory,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    // Nothing may outlive the tests, however they end.
    const kill = () => this.#child.kill("SIGKILL");
    process.once("exit", kill);
    this.#exited = new Promise((resolve) => {
      this.#child.once("error", (error) => this.#heard(String(error), log));
      this.#child.once("close", (code) => {
        process.removeListener("exit", kill);
        this.hasExited = true;
        resolve(code);
      });
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => this.#heard(line, log));
    }
  }

  #heard(line, log) {
    log.write(`${line}\n`);
    this.#lines.push(line);
    for (const listener of this.#listeners) listener(line);
  }

  /** The first group of the first line that matches. */
  async waitFor(pattern) {
    const said = this.#lines.map((line) => line.match(pattern)).find(Boolean);
    if (said) return said[1];
    let listener;
    const heard = new Promise((resolve) => {
      listener = (line) => {
        const match = line.match(pattern);
        if (match) resolve(match[1]);
      };
      this.#listeners.add(listener);
    });
    const late = new Promise((resolve) => setTimeout(resolve, START_UP_MS).unref());
    const found = await Promise.race([heard, late, this.#exited.then(() => undefined)]);
    this.#listeners.delete(listener);
    if (found === undefined) throw new Error(`no line matches ${pattern}:\n${this.#lines.join("\n")}`);
    return found;
  }

  log() {
    return readFile(this.logFile, "utf8");
  }

  /** Asks it to end, and kills it if it does not. */
  async stop(signal = "SIGTERM") {
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS);
    const code = await this.#exited;
    clearTimeout(timer);
    return code;
  }
}
