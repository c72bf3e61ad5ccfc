// The Vercel AI SDK with its providers of OpenAI, Anthropic and Google.

import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, streamText, tool } from "ai";

/** What is common to them: messages of the AI SDK's own. The tools have no code here, so that each turn is seen. */
class Vercel {
  #messages = [];

  constructor(wish) {
    const tools = wish.tools.map(({ name, description, parameters }) => [
      name,
      tool({ description, inputSchema: jsonSchema(parameters) }),
    ]);
    this.wish = wish;
    this.asked = {
      model: this.model(wish),
      system: wish.instructions,
      tools: Object.fromEntries(tools),
      maxOutputTokens: 4_000,
      maxRetries: 0,
      providerOptions: wish.thinks ? this.thinking : this.usual,
    };
  }

  say(text) {
    return this.#ask({ role: "user", content: text });
  }

  give(results) {
    const content = results.map(({ call, text, isError }) => ({
      type: "tool-result",
      toolCallId: call.id,
      toolName: call.name,
      output: { type: isError ? "error-text" : "text", value: text },
    }));
    return this.#ask({ role: "tool", content });
  }

  async #ask(message) {
    this.#messages.push(message);
    const asked = { ...this.asked, messages: this.#messages };
    const answer = this.wish.streams ? await this.#streamed(asked) : await generateText(asked);
    const { messages } = await answer.response;
    this.#messages.push(...messages);
    const calls = (await answer.toolCalls).map(({ toolCallId, toolName, input }) => ({
      id: toolCallId,
      name: toolName,
      arguments: input,
    }));
    return { text: await answer.text, calls, thought: (await answer.reasoningText) ?? "" };
  }

  /** A stream that was read to its end; what went wrong in it is told to a listener only. */
  async #streamed(asked) {
    let failure;
    const answer = streamText({ ...asked, onError: ({ error }) => (failure ??= error) });
    await answer.consumeStream();
    if (failure) throw failure;
    return answer;
  }
}

export class VercelOpenAi extends Vercel {
  model({ url, key, model }) {
    return createOpenAI({ baseURL: `${url}/v1`, apiKey: key }).chat(model);
  }
}

export class VercelResponses extends Vercel {
  // Otherwise it refers to items by their ids, which nobody but OpenAI itself could look up.
  get usual() {
    return { openai: { store: false } };
  }

  get thinking() {
    const include = ["reasoning.encrypted_content"];
    return { openai: { store: false, forceReasoning: true, reasoningEffort: "low", reasoningSummary: "auto", include } };
  }

  model({ url, key, model }) {
    return createOpenAI({ baseURL: `${url}/v1`, apiKey: key }).responses(model);
  }
}

export class VercelCompatible extends Vercel {
  model({ url, key, model }) {
    return createOpenAICompatible({ name: "helix", baseURL: `${url}/v1`, apiKey: key })(model);
  }
}

export class VercelAnthropic extends Vercel {
  marksErrors = true;

  get thinking() {
    return { anthropic: { thinking: { type: "enabled", budgetTokens: 1_024 } } };
  }

  model({ url, key, model }) {
    return createAnthropic({ baseURL: `${url}/v1`, apiKey: key })(model);
  }
}

export class VercelGoogle extends Vercel {
  get thinking() {
    return { google: { thinkingConfig: { includeThoughts: true, thinkingBudget: 1_024 } } };
  }

  model({ url, key, model }) {
    return createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: key })(model);
  }
}
