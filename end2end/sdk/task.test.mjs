// Every client for TypeScript does one task on every provider: parallel tools, a result that is an error, more tools, an
// answer. A failure names its pair.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Gateway } from "../support/gateway.mjs";
import { Sent } from "../support/sent.mjs";
import { CLIENTS } from "../support/talks/all.mjs";
import { PROVIDERS, TASK, configuration, doTask } from "../support/task.mjs";
import { startFakeProvider } from "../support/upstreams.mjs";

// What is built on others' APIs sends what the official SDKs send; for it, one provider of each dialect is enough.
const OFFICIAL = ["openai", "openai responses", "anthropic", "google genai"];
const ONE_OF_EACH = ["openai", "responses", "anthropic", "gemini", "bedrock", "cohere"];
// Where a thought has a place in what the client sends back, and the providers that sign their thoughts.
const REMEMBERING = [
  "openai responses",
  "anthropic",
  "google genai",
  "vercel responses",
  "vercel anthropic",
  "vercel google",
];
const THINKING = ["responses", "anthropic", "gemini", "vertex-gemini", "vertex-claude", "bedrock-claude"];

let upstream, gateway, key;
before(async () => {
  upstream = await startFakeProvider();
  gateway = await Gateway.start({ config: configuration(upstream.url) });
  key = await gateway.createKey("typescript");
});
after(async () => {
  await gateway?.stop();
  await upstream?.stop();
});

const lastBody = async () => (await (await fetch(`${upstream.url}/_calls`)).json()).last_body;
const talk = (client, model, more = {}) =>
  new CLIENTS[client]({ url: gateway.url, key, model, instructions: TASK.instructions, tools: TASK.tools, ...more });

for (const streams of [false, true]) {
  const how = streams ? ", streamed" : "";
  for (const client of Object.keys(CLIENTS)) {
    for (const provider of OFFICIAL.includes(client) ? Object.keys(PROVIDERS) : ONE_OF_EACH) {
      test(`${client} does the task on ${provider}${how}`, async () => {
        await doTask(talk(client, provider, { streams }), provider, lastBody);
      });
    }
  }

  for (const client of REMEMBERING) {
    for (const provider of THINKING) {
      test(`${client} brings a thought of ${provider} back with the results of its tools${how}`, async () => {
        const turns = await doTask(talk(client, provider, { streams, thinks: true }), provider, lastBody);
        assert.match(turns[0].thought, /“quick” \u{1F914}/u);
        assert.ok(new Sent(await lastBody()).signatures.length > 0, "the provider gets its own signature back");
      });
    }
  }
}
