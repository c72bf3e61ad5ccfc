// The stage of the TypeScript SDKs: upstreams of three kinds, and one gateway in front of them.

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

import { Gateway } from "../support/gateway.mjs";
import { startFakeProvider, startToolCaller } from "../support/upstreams.mjs";

const PRICE = { input: "0.25", cached_input: "0.025", output: "2.00" };
const FAKES = {
  plain: "chunks=8,gap_ms=1,input_tokens=100,output_tokens=50",
  broken: "status=500",
  busy: "status=429,retry_after=3",
};

const provider = (kind, url) => ({ kind, base_url: kind === "openai" ? `${url}/v1` : url, api_key: "not-shown" });
const model = (name, upstream, as = name) => ({
  name,
  price: PRICE,
  backends: [{ provider: upstream, model: as }],
});

export class Stage {
  static async set({ budgets = [], limits = [] } = {}) {
    const [fake, toolCaller] = await Promise.all([startFakeProvider(), startToolCaller()]);
    const config = {
      providers: {
        demo: { kind: "demo" },
        "fake-openai": provider("openai", fake.url),
        "fake-anthropic": provider("anthropic", fake.url),
        "tool-caller": provider("anthropic", toolCaller.url),
      },
      models: [
        model("demo-chat", "demo"),
        model("demo-embedding", "demo"),
        model("tools-anthropic", "tool-caller"),
        ...Object.entries(FAKES).flatMap(([name, directives]) =>
          ["openai", "anthropic"].map((kind) => model(`${name}-${kind}`, `fake-${kind}`, `fake@${directives}`)),
        ),
      ],
      budgets,
      limits,
    };
    const gateway = await Gateway.start({ config });
    const key = await gateway.createKey("typescript");
    return new Stage({ parts: [gateway, fake, toolCaller], gateway, key });
  }

  constructor(parts) {
    Object.assign(this, parts);
  }

  openai(more = {}) {
    return new OpenAI({ baseURL: this.gateway.openaiUrl, apiKey: this.key, maxRetries: 0, ...more });
  }

  anthropic(more = {}) {
    return new Anthropic({ baseURL: this.gateway.url, apiKey: this.key, maxRetries: 0, ...more });
  }

  async clear() {
    for (const part of this.parts) await part.stop();
  }
}
