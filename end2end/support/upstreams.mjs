// What stands behind the gateway, each on a free port.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { END2END, FAKE_PROVIDER, PYTHON } from "./places.mjs";
import { Process } from "./process.mjs";

class Upstream {
  constructor(parts) {
    Object.assign(this, parts);
  }

  async stop() {
    await this.child.stop("SIGKILL");
    await rm(this.directory, { recursive: true, force: true });
  }
}

async function start(command, args) {
  const directory = await mkdtemp(join(tmpdir(), "helix-upstream-"));
  const child = new Process(command, args, { directory });
  const url = await child.waitFor(/^listening on (https?:\S+?)\/?$/);
  return new Upstream({ directory, child, url });
}

/** The bench's fake provider: it does what the name of the model says. */
export const startFakeProvider = () => start(FAKE_PROVIDER, ["--listen", "127.0.0.1:0"]);

/** TLS in front of an address; `certificate` is the file that a client has to trust. */
export async function startTls(url) {
  const front = await start(PYTHON, [join(END2END, "sdk", "parts", "tls.py"), url]);
  return Object.assign(front, { certificate: join(front.directory, "certificate.pem") });
}

/** An Anthropic upstream that calls the tools it is offered. */
export const startToolCaller = () => start(PYTHON, [join(END2END, "sdk", "parts", "tool_caller.py")]);
