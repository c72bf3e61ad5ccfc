// What goes wrong reaches each client for TypeScript as the exception that its users know, with the gateway's own words
// in it: on a model of the client's own dialect and on foreign ones.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import Anthropic from "@anthropic-ai/sdk";
import { ApiError, GoogleGenAI } from "@google/genai";
import { APICallError } from "ai";
import OpenAI from "openai";

import { Gateway } from "../support/gateway.mjs";
import { CLIENTS } from "../support/talks/all.mjs";
import { TASK, configuration } from "../support/task.mjs";
import { startFakeProvider } from "../support/upstreams.mjs";

const STRANGER = "hx_0000000000000000000000000000000000000000000";
const ON = ["openai", "responses", "anthropic", "gemini", "bedrock"];
const FAILING = { busy: "status=429,retry_after=3", breaks: "chunks=8,error_event=3" };
// The class by which each tells what came as this status, and what it raises in the middle of a stream; the AI SDK gives
// the object of the event itself there.
const of = (sdk) => ({
  401: sdk.AuthenticationError,
  402: sdk.APIError,
  404: sdk.NotFoundError,
  429: sdk.RateLimitError,
  midway: sdk.APIError,
});
const always = (error, midway = error) => ({ 401: error, 402: error, 404: error, 429: error, midway });
const EXPECTED = {
  openai: of(OpenAI),
  "openai responses": of(OpenAI),
  anthropic: of(Anthropic),
  "google genai": always(ApiError, Error),
  "vercel openai": always(APICallError, Object),
  "vercel responses": always(APICallError, Object),
  "vercel openai-compatible": always(APICallError, Object),
  "vercel anthropic": always(APICallError, Object),
  "vercel google": always(APICallError, Object),
};
const WORDS = { 401: /key/, 402: /whole again at/, 404: /\/v1\/models/, 429: /./ };

let upstream, gateway, key, poorhouse, poor;
before(async () => {
  upstream = await startFakeProvider();
  gateway = await Gateway.start({ config: configuration(upstream.url, FAILING) });
  key = await gateway.createKey("typescript");
  const config = { ...configuration(upstream.url), budgets: [{ level: "instance", limit: "0.00001" }] };
  poorhouse = await Gateway.start({ config });
  poor = await poorhouse.createKey("typescript");
});
after(async () => {
  for (const part of [gateway, poorhouse, upstream]) await part?.stop();
});

const ask = (client, { url = gateway.url, secret = key, model, streams = false }) =>
  new CLIENTS[client]({ url, key: secret, model, streams, instructions: "Be brief.", tools: TASK.tools }).say("hello");

async function refuses(client, status, wish) {
  await assert.rejects(ask(client, wish), (error) => {
    assert.ok(error instanceof EXPECTED[client][status], `${error?.constructor?.name}: ${error}`);
    assert.equal(error.status ?? error.statusCode, status);
    assert.match(error.message, WORDS[status]);
    assert.ok(!`${error.message}${error.stack}`.includes(STRANGER));
    return true;
  });
}

for (const client of Object.keys(EXPECTED)) {
  for (const streams of [false, true]) {
    test(`${client} is told who is not known, what is not there and what has no money${streams ? ", streamed" : ""}`, async () => {
      await refuses(client, 401, { secret: STRANGER, model: "openai", streams });
      await refuses(client, 404, { model: "gpt-17", streams });
      await refuses(client, 402, { url: poorhouse.url, secret: poor, model: "anthropic", streams });
    });
  }
  for (const provider of ON) {
    test(`${client} is told that ${provider} is busy, and that its stream breaks`, async () => {
      for (const streams of [false, true]) await refuses(client, 429, { model: `busy-${provider}`, streams });
      await assert.rejects(ask(client, { model: `breaks-${provider}`, streams: true }), (error) => {
        // A provider of the API may tell a failure by the answer that has failed alone, which passes as it came.
        const isPassedOn = client === "openai responses" && provider === "responses";
        assert.ok(error instanceof (isPassedOn ? Error : EXPECTED[client].midway), `${error?.constructor?.name}: ${error}`);
        assert.ok(`${error.message ?? JSON.stringify(error)}`.length > 5, "it says why");
        return true;
      });
    });
  }
}

test("the models are listed and a prompt is counted by Google's SDK", async () => {
  const client = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: gateway.url } });
  const listed = [];
  for await (const model of await client.models.list()) listed.push(model.name);
  assert.ok(listed.includes("models/openai") && listed.includes("models/gemini"));
  assert.equal((await client.models.get({ model: "anthropic" })).name, "models/anthropic");
  const { totalTokens } = await client.models.countTokens({ model: "openai", contents: "What does a gateway do?" });
  assert.ok(totalTokens >= 6 && totalTokens <= 20);
});

test("the models are listed by OpenAI's and Anthropic's SDKs, and Anthropic's counts a prompt", async () => {
  const openai = new OpenAI({ baseURL: gateway.openaiUrl, apiKey: key });
  const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: key });
  for (const client of [openai, anthropic]) {
    const listed = [];
    for await (const model of client.models.list()) listed.push(model.id);
    assert.ok(listed.includes("gemini") && listed.includes("bedrock"));
  }
  const messages = [{ role: "user", content: "What does a gateway do?" }];
  const { input_tokens } = await anthropic.messages.countTokens({ model: "gemini", messages });
  assert.ok(input_tokens >= 6 && input_tokens <= 20);
});
