// Where the binaries and the other parts of the tests are.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const END2END = dirname(dirname(fileURLToPath(import.meta.url)));
const target = process.env.CARGO_TARGET_DIR ?? join(END2END, "..", "target");

export const BINARY = process.env.HELIXGATEWAY ?? join(target, "debug", "helixgateway");
export const FAKE_PROVIDER = process.env.HELIX_FAKE_PROVIDER ?? join(target, "debug", "fake-provider");
export const PYTHON = join(END2END, ".venv", "bin", "python");
export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const RESULTS = join(END2END, "results");
