// The Vercel AI SDK with its OpenAI and Anthropic providers, on a model of each dialect.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";

import { Stage } from "./stage.mjs";

const MODELS = ["plain-openai", "plain-anthropic"];
const prompt = 'Use the tool look with {"at": "the door"} and say what is there.';
const SCHEMA = { type: "object", properties: { at: { type: "string" } }, required: ["at"] };

let stage;
before(async () => {
  stage = await Stage.set();
});
after(() => stage?.clear());

const clients = {
  openai: (model) => createOpenAI({ baseURL: stage.gateway.openaiUrl, apiKey: stage.key }).chat(model),
  anthropic: (model) => createAnthropic({ baseURL: `${stage.gateway.url}/v1`, apiKey: stage.key })(model),
  "openai-compatible": (model) =>
    createOpenAICompatible({ name: "helix", baseURL: stage.gateway.openaiUrl, apiKey: stage.key })(model),
};

function task(client, model) {
  const seen = [];
  const look = tool({
    description: "Looks at something.",
    inputSchema: jsonSchema(SCHEMA),
    execute: ({ at }) => {
      seen.push(at);
      return `${at} is open`;
    },
  });
  const asked = { model: clients[client](model), prompt, tools: { look }, stopWhen: stepCountIs(3), maxRetries: 0 };
  return { seen, asked };
}

for (const client of Object.keys(clients)) {
  for (const model of MODELS) {
    test(`the ${client} provider uses a tool on ${model} and goes on`, async () => {
      const { seen, asked } = task(client, model);
      const answer = await generateText(asked);
      assert.deepEqual(seen, ["the door"]);
      assert.equal(answer.steps.length, 2);
      assert.ok(answer.text.startsWith("The quick brown fox"));
      assert.equal(answer.totalUsage.outputTokens, 100);
    });

    test(`the ${client} provider streams a tool call of ${model} and goes on`, async () => {
      const { seen, asked } = task(client, model);
      const answer = streamText({ ...asked, onError: ({ error }) => assert.fail(error) });
      let pieces = 0;
      for await (const _ of answer.textStream) pieces += 1;
      assert.ok(pieces > 1);
      assert.deepEqual(seen, ["the door"]);
      assert.ok((await answer.text).startsWith("The quick brown fox"));
      assert.equal((await answer.finishReason), "stop");
    });
  }
}
