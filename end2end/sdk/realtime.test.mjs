// The official OpenAI SDK for TypeScript in a realtime session: only URL and key are changed. It speaks over TLS alone,
// so TLS stands in front of the gateway, as it does in a house.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import OpenAI from "openai";
import { OpenAIRealtimeWS } from "openai/realtime/ws";

import { Gateway } from "../support/gateway.mjs";
import { startFakeProvider, startTls } from "../support/upstreams.mjs";

const PRICE = { input: "4", cached_input: "0.4", audio_input: "32", output: "16", audio_output: "64" };
const PATIENCE_MS = 10_000;

let upstream, gateway, front, key;
before(async () => {
  upstream = await startFakeProvider();
  const openai = { kind: "openai", base_url: `${upstream.url}/v1`, api_key: "not-shown" };
  const talks = {
    name: "talks",
    price: PRICE,
    backends: [{ provider: "openai", model: "fake@chunks=5,answer_bytes=100,output_tokens=60" }],
  };
  gateway = await Gateway.start({ config: { providers: { openai }, models: [talks] } });
  key = await gateway.createKey("typescript");
  front = await startTls(gateway.url);
});
after(async () => {
  for (const part of [front, gateway, upstream]) await part?.stop();
});

/** A session, with its certificate trusted, and a way to wait for its next event of a type. */
async function open(apiKey = key) {
  const client = new OpenAI({ baseURL: `${front.url}/v1`, apiKey });
  const session = new OpenAIRealtimeWS({ model: "talks", options: { ca: await readFile(front.certificate) } }, client);
  const next = (type) =>
    new Promise((resolve, reject) => {
      session.once(type, resolve);
      session.on("error", reject);
      setTimeout(() => reject(new Error(`no ${type} came`)), PATIENCE_MS).unref();
    });
  return { session, next };
}

/** One turn of a person, and its answer. */
async function say({ session, next }, text) {
  const content = [{ type: "input_text", text }];
  session.send({ type: "conversation.item.create", item: { type: "message", role: "user", content } });
  session.send({ type: "response.create" });
  const { response } = await next("response.done");
  assert.equal(response.status, "completed");
  return response.usage.output_tokens;
}

test("turns of text are told in pieces, and one call pays for all of them", async () => {
  const talk = await open();
  const { session, next } = talk;
  assert.match((await next("session.created")).session.model, /^fake@/);
  const closed = new Promise((resolve) => session.socket.once("close", resolve));
  session.send({ type: "session.update", session: { type: "realtime", output_modalities: ["text"] } });
  await next("session.updated");
  let text = "";
  session.on("response.output_text.delta", ({ delta }) => (text += delta));
  const tokens = (await say(talk, "hello")) + (await say(talk, "and again"));
  assert.equal(text.length, 200);
  session.close();
  await closed;
  const record = await gateway.callOf("talks");
  assert.equal(record.outcome, "finished");
  assert.equal(record.tokens.output, tokens);
  assert.ok(Number(record.cost) > 0);
});

test("what a session cannot take is told as an error event, and the session goes on", async () => {
  const { session, next } = await open();
  await next("session.created");
  const told = new Promise((resolve) => session.once("error", resolve));
  session.socket.send("{");
  assert.ok((await told).message, "it says why");
  session.send({ type: "session.update", session: { type: "realtime", output_modalities: ["text"] } });
  await next("session.updated");
  session.close();
});

test("a stranger is not let in", async () => {
  const { session } = await open("hx_0000000000000000000000000000000000000000000");
  const error = await new Promise((resolve) => session.once("error", resolve));
  assert.match(`${error.message} ${error.cause ?? ""}`, /401/);
});
