// The one task that every client does, and the providers that it does it on; both are data, shared with Python.
//
// Two tools are called at once, one of their results is an error, a third is called with that known, and then there is
// an answer. The fake provider follows the question, which spells the calls out.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { END2END } from "./places.mjs";
import { Sent } from "./sent.mjs";

const read = (name) => JSON.parse(readFileSync(join(END2END, "task", name), "utf8"));

export const TASK = read("task.json");
export const PROVIDERS = read("providers.json");
const KEY = "canary-of-the-typescript-tests";
const PRICE = { input: "0.25", output: "2.00" };
// A dialect that has a mark for a result that is an error; elsewhere its text has to say so.
const MARKS_ERRORS = new Set(["anthropic", "converse", "gemini"]);

/** A gateway with a model of each provider, named as the provider is; `fakes` are more, named `{name}-{provider}`. */
export function configuration(url, fakes = {}) {
  const usual = { "": "chunks=4,input_tokens=100,output_tokens=50" };
  for (const [name, directives] of Object.entries(fakes)) usual[`${name}-`] = directives;
  const values = { "{url}": url, "{host}": url.replace("http://", ""), "{key}": KEY };
  const filledIn = (settings) =>
    JSON.parse(JSON.stringify(settings).replaceAll(/\{(?:url|host|key)\}/g, (place) => values[place]));
  const models = Object.entries(PROVIDERS).flatMap(([name, given]) =>
    Object.entries(usual).map(([prefix, directives]) => {
      const own = given.directives ? `,${given.directives}` : "";
      const model = `${given.model}@${directives}${own},tag=${prefix}${name}`;
      return { name: `${prefix}${name}`, price: PRICE, backends: [{ provider: name, model, ...given.backend }] };
    }),
  );
  const providers = Object.entries(PROVIDERS).map(([name, { provider }]) => [name, filledIn(provider)]);
  return { providers: Object.fromEntries(providers), models };
}

/** Does the task, and looks at what the provider was sent on the way. Gives what was said in each turn. */
export async function doTask(talk, provider, lastBody) {
  const turns = [await talk.say(TASK.question)];
  for (const step of TASK.steps) {
    const { calls } = turns.at(-1);
    const asked = (call) => ({ name: call.name, arguments: call.arguments });
    assert.deepEqual(calls.map(asked), step.map(asked));
    // Vertex gives calls no ids, and is relayed to clients that speak to Google.
    const ids = new Set(calls.map(({ id }) => id));
    assert.ok(ids.size === calls.length || (talk.speaksToGoogle && provider === "vertex-gemini"));
    const results = step.map(({ result, is_error }, at) => ({ call: calls[at], text: result, isError: is_error }));
    turns.push(await talk.give(results));
    checkSent(new Sent(await lastBody()), step, talk, provider);
  }
  assert.ok(turns.at(-1).text.startsWith(TASK.answer));
  turns.push(await talk.say(TASK.thanks));
  assert.ok(turns.at(-1).text.startsWith(TASK.answer));
  assert.equal(new Sent(await lastBody()).results.length, TASK.steps.flat().length, "the whole of it is told again");
  return turns;
}

/** The results of a step have come to the provider, each under the id of its call, in their order. */
function checkSent(sent, step, talk, provider) {
  const calls = sent.calls.slice(-step.length);
  const results = sent.results.slice(-step.length);
  step.forEach((asked, at) => {
    assert.deepEqual([calls[at].name, calls[at].arguments], [asked.name, asked.arguments]);
    assert.ok(results[at].text.includes(asked.result), results[at].text);
    assert.equal(results[at].id, calls[at].id);
    if (talk.marksErrors && MARKS_ERRORS.has(PROVIDERS[provider].dialect)) {
      assert.equal(results[at].isError, asked.is_error);
    }
  });
  assert.ok(sent.body.includes(TASK.instructions));
}
