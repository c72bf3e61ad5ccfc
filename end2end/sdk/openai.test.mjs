// The official OpenAI SDK for TypeScript, on models of both dialects: only URL and key are changed.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import OpenAI from "openai";

import { Stage } from "./stage.mjs";

const MODELS = ["plain-openai", "plain-anthropic", "demo-chat"];
const messages = [{ role: "user", content: "What does a gateway do?" }];
const tools = [
  {
    type: "function",
    function: {
      name: "get_weather",
      description: "The weather in a city for the next days.",
      parameters: {
        type: "object",
        properties: { city: { type: "string" }, days: { type: "integer" } },
        required: ["city", "days"],
      },
    },
  },
];

let stage;
before(async () => {
  stage = await Stage.set();
});
after(() => stage?.clear());

const used = ({ tokens }) => [tokens.input + tokens.cached_input + tokens.cache_write, tokens.output + tokens.reasoning];

for (const model of MODELS) {
  test(`an answer of ${model} arrives, and the ledger agrees with its usage`, async () => {
    const { data, response } = await stage.openai().chat.completions.create({ model, messages }).withResponse();
    assert.ok(data.choices[0].message.content.trim());
    assert.equal(data.choices[0].finish_reason, "stop");
    const record = await stage.gateway.call(response.headers.get("x-request-id"));
    assert.equal(record.outcome, "finished");
    assert.deepEqual(used(record), [data.usage.prompt_tokens, data.usage.completion_tokens]);
  });

  test(`a stream of ${model} arrives in pieces, and the ledger agrees with its usage`, async () => {
    const ask = { model, messages, stream: true, stream_options: { include_usage: true } };
    const { data, response } = await stage.openai().chat.completions.create(ask).withResponse();
    const chunks = [];
    for await (const chunk of data) chunks.push(chunk);
    assert.ok(chunks.filter((chunk) => chunk.choices[0]?.delta.content).length > 1);
    const usage = chunks.at(-1).usage;
    const record = await stage.gateway.call(response.headers.get("x-request-id"));
    assert.deepEqual(used(record), [usage.prompt_tokens, usage.completion_tokens]);
  });
}

for (const model of MODELS) {
  test(`a response of ${model} arrives, and the ledger agrees with its usage`, async () => {
    const ask = { model, input: "What does a gateway do?", instructions: "Be brief.", store: false };
    const { data, response } = await stage.openai().responses.create(ask).withResponse();
    assert.ok(data.output_text.trim());
    assert.equal(data.status, "completed");
    const record = await stage.gateway.call(response.headers.get("x-request-id"));
    assert.deepEqual(used(record), [data.usage.input_tokens, data.usage.output_tokens]);
  });

  test(`a streamed response of ${model} arrives in numbered events`, async () => {
    const stream = stage.openai().responses.stream({ model, input: "What does a gateway do?" });
    const numbers = [];
    let text = "";
    for await (const event of stream) {
      numbers.push(event.sequence_number);
      if (event.type === "response.output_text.delta") text += event.delta;
    }
    assert.deepEqual(numbers, [...numbers.keys()]);
    assert.equal((await stream.finalResponse()).output_text, text);
  });
}

test("a response of a model of another dialect calls a tool and takes its result", async () => {
  const { function: look } = tools[0];
  const asked = { model: "tools-anthropic", tools: [{ type: "function", ...look, strict: false }], store: false };
  const input = [{ role: "user", content: "Use the weather tool for Zürich." }];
  const first = await stage.openai().responses.create({ ...asked, input });
  const call = first.output.find((item) => item.type === "function_call");
  assert.equal(call.name, "get_weather");
  const result = { type: "function_call_output", call_id: call.call_id, output: "Föhn, 21 °C" };
  const second = await stage.openai().responses.create({ ...asked, input: [...input, ...first.output, result] });
  assert.match(second.output_text, /Föhn, 21 °C/);
});

for (const model of ["demo-chat", "tools-anthropic"]) {
  test(`${model} calls a tool and takes its result`, async () => {
    const question = { role: "user", content: "Use the weather tool for Zürich." };
    const first = await stage.openai().chat.completions.create({ model, tools, messages: [question] });
    assert.equal(first.choices[0].finish_reason, "tool_calls");
    const [call] = first.choices[0].message.tool_calls;
    assert.equal(call.function.name, "get_weather");
    assert.deepEqual(Object.keys(JSON.parse(call.function.arguments)).sort(), ["city", "days"]);
    const result = { role: "tool", tool_call_id: call.id, content: "Föhn, 21 °C" };
    const turns = [question, first.choices[0].message, result];
    const second = await stage.openai().chat.completions.create({ model, tools, messages: turns });
    assert.match(second.choices[0].message.content, /Föhn, 21 °C/);
  });

  test(`${model} streams a tool call`, async () => {
    const question = { role: "user", content: "Use the weather tool for Zürich." };
    const stream = stage.openai().chat.completions.stream({ model, tools, messages: [question] });
    const answer = await stream.finalChatCompletion();
    const [call] = answer.choices[0].message.tool_calls;
    assert.equal(call.function.name, "get_weather");
    assert.deepEqual(Object.keys(JSON.parse(call.function.arguments)).sort(), ["city", "days"]);
  });
}

test("embeddings and the list of models arrive", async () => {
  const { data } = await stage.openai().embeddings.create({ model: "demo-embedding", input: ["one", "two"] });
  assert.equal(data.length, 2);
  assert.ok(data[0].embedding.every(Number.isFinite) && data[0].embedding.length > 1);
  const listed = [];
  for await (const model of stage.openai().models.list()) listed.push(model.id);
  assert.ok(listed.includes("demo-chat") && listed.includes("plain-anthropic"));
});

const ask = (client, model) => client.chat.completions.create({ model, messages });

test("errors are the SDK's own classes", async () => {
  await assert.rejects(ask(stage.openai({ apiKey: "hx_wrong" }), "demo-chat"), OpenAI.AuthenticationError);
  await assert.rejects(ask(stage.openai(), "gpt-17"), OpenAI.NotFoundError);
  for (const dialect of ["openai", "anthropic"]) {
    await assert.rejects(ask(stage.openai(), `broken-${dialect}`), OpenAI.InternalServerError);
    await assert.rejects(ask(stage.openai(), `busy-${dialect}`), OpenAI.RateLimitError);
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
    const client = poor.openai({ maxRetries: 2, fetch: counting });
    await assert.rejects(ask(client, "plain-openai"), (error) => {
      assert.ok(error instanceof OpenAI.APIError);
      assert.equal(error.status, 402);
      assert.equal(error.code, "insufficient_quota");
      return true;
    });
    assert.equal(attempts, 1);
  } finally {
    await poor.clear();
  }
});
