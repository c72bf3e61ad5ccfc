// Rate limits as the official SDKs for TypeScript see them: the headers of an answer, and a refusal that is not slept through.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

import { Stage } from "./stage.mjs";

const messages = [{ role: "user", content: "hello" }];

let stage;
before(async () => {
  const limits = ["openai", "anthropic"].map((kind) => ({
    level: "model",
    name: `plain-${kind}`,
    requests: 1,
    tokens: 9_000,
    per: "hour",
  }));
  stage = await Stage.set({ limits });
});
after(() => stage.clear());

test("an answer tells OpenAI's clients what is left, and a long wait is told at once", async () => {
  const client = stage.openai({ maxRetries: 3 });
  const ask = () => client.chat.completions.create({ model: "plain-openai", messages, max_tokens: 50 });
  const { response } = await ask().withResponse();
  assert.equal(response.headers.get("x-ratelimit-limit-requests"), "1");
  assert.equal(response.headers.get("x-ratelimit-remaining-requests"), "0");
  assert.match(response.headers.get("x-ratelimit-reset-requests"), /^1h[01]m\d+s$/);
  assert.ok(Number(response.headers.get("x-ratelimit-remaining-tokens")) < 9_000);
  await refusedAtOnce(ask, OpenAI.RateLimitError);
});

test("an answer tells Anthropic's clients what is left, and a long wait is told at once", async () => {
  const client = stage.anthropic({ maxRetries: 3 });
  const ask = () => client.messages.create({ model: "plain-anthropic", messages, max_tokens: 50 });
  const { response } = await ask().withResponse();
  assert.equal(response.headers.get("anthropic-ratelimit-requests-limit"), "1");
  assert.equal(response.headers.get("anthropic-ratelimit-requests-remaining"), "0");
  const reset = Date.parse(response.headers.get("anthropic-ratelimit-requests-reset")) - Date.now();
  assert.ok(reset > 3_500_000 && reset < 3_670_000, `${reset}`);
  await refusedAtOnce(ask, Anthropic.RateLimitError);
});

async function refusedAtOnce(ask, kind) {
  const began = Date.now();
  await assert.rejects(ask(), (error) => {
    assert.ok(error instanceof kind, error);
    assert.match(error.message, /1 requests an hour/);
    return Number(error.headers.get("retry-after")) > 3_500;
  });
  assert.ok(Date.now() - began < 30_000, "nobody sleeps for an hour");
}
