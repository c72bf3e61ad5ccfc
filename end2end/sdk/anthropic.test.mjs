// The official Anthropic SDK for TypeScript, on models of both dialects: only URL and key are changed.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import Anthropic from "@anthropic-ai/sdk";

import { Stage } from "./stage.mjs";

const MODELS = ["plain-anthropic", "plain-openai", "demo-chat"];
const messages = [{ role: "user", content: "What does a gateway do?" }];
const tools = [
  {
    name: "get_weather",
    description: "The weather in a city for the next days.",
    input_schema: {
      type: "object",
      properties: { city: { type: "string" }, days: { type: "integer" } },
      required: ["city", "days"],
    },
  },
];

let stage;
before(async () => {
  stage = await Stage.set();
});
after(() => stage?.clear());

const used = ({ tokens }) => [tokens.input + tokens.cached_input + tokens.cache_write, tokens.output + tokens.reasoning];
const inputOf = (usage) =>
  usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0);

for (const model of MODELS) {
  test(`an answer of ${model} arrives, and the ledger agrees with its usage`, async () => {
    const ask = { model, messages, max_tokens: 200 };
    const { data, response } = await stage.anthropic().messages.create(ask).withResponse();
    assert.ok(data.content[0].text.trim());
    assert.equal(data.stop_reason, "end_turn");
    const record = await stage.gateway.call(response.headers.get("request-id"));
    assert.equal(record.outcome, "finished");
    assert.deepEqual(used(record), [inputOf(data.usage), data.usage.output_tokens]);
  });

  test(`a stream of ${model} arrives in pieces, and the ledger agrees with its usage`, async () => {
    const stream = stage.anthropic().messages.stream({ model, messages, max_tokens: 200 });
    const pieces = [];
    stream.on("text", (piece) => pieces.push(piece));
    const { response } = await stream.withResponse();
    const answer = await stream.finalMessage();
    assert.ok(pieces.length > 1);
    assert.equal(pieces.join(""), answer.content[0].text);
    const record = await stage.gateway.call(response.headers.get("request-id"));
    assert.deepEqual(used(record), [inputOf(answer.usage), answer.usage.output_tokens]);
  });
}

for (const model of ["demo-chat", "tools-anthropic"]) {
  test(`${model} calls a tool and takes its result`, async () => {
    const question = { role: "user", content: "Use the weather tool for Zürich." };
    const ask = { model, tools, max_tokens: 200 };
    const first = await stage.anthropic().messages.create({ ...ask, messages: [question] });
    assert.equal(first.stop_reason, "tool_use");
    const call = first.content.find((block) => block.type === "tool_use");
    assert.equal(call.name, "get_weather");
    assert.deepEqual(Object.keys(call.input).sort(), ["city", "days"]);
    const result = { type: "tool_result", tool_use_id: call.id, content: "Föhn, 21 °C" };
    const turns = [question, { role: "assistant", content: first.content }, { role: "user", content: [result] }];
    const second = await stage.anthropic().messages.create({ ...ask, messages: turns });
    assert.match(second.content[0].text, /Föhn, 21 °C/);
  });

  test(`${model} streams a tool call`, async () => {
    const question = { role: "user", content: "Use the weather tool for Zürich." };
    const stream = stage.anthropic().messages.stream({ model, tools, max_tokens: 200, messages: [question] });
    const answer = await stream.finalMessage();
    const call = answer.content.find((block) => block.type === "tool_use");
    assert.equal(call.name, "get_weather");
    assert.deepEqual(Object.keys(call.input).sort(), ["city", "days"]);
  });
}

test("the list of models arrives in Anthropic's shape", async () => {
  const listed = [];
  for await (const model of stage.anthropic().models.list()) listed.push(model.id);
  assert.ok(listed.includes("demo-chat") && listed.includes("plain-openai"));
});

const ask = (client, model) => client.messages.create({ model, messages, max_tokens: 20 });

test("errors are the SDK's own classes", async () => {
  await assert.rejects(ask(stage.anthropic({ apiKey: "hx_wrong" }), "demo-chat"), Anthropic.AuthenticationError);
  await assert.rejects(ask(stage.anthropic(), "claude-17"), Anthropic.NotFoundError);
  for (const dialect of ["openai", "anthropic"]) {
    await assert.rejects(ask(stage.anthropic(), `broken-${dialect}`), Anthropic.InternalServerError);
    await assert.rejects(ask(stage.anthropic(), `busy-${dialect}`), Anthropic.RateLimitError);
  }
});

test("an exhausted budget is 402 and is not tried again", async () => {
  const poor = await Stage.set({ budgets: [{ level: "instance", limit: "0.00001", mode: "hard" }] });
  try {
    let attempts = 0;
    const counting = (...args) => {
      attempts += 1;
      return fetch(...args);
    };
    const client = poor.anthropic({ maxRetries: 2, fetch: counting });
    await assert.rejects(ask(client, "plain-anthropic"), (error) => {
      assert.ok(error instanceof Anthropic.APIError);
      assert.equal(error.status, 402);
      return true;
    });
    assert.equal(attempts, 1);
  } finally {
    await poor.clear();
  }
});
