// OpenAI's SDK, by chat completions and by the Responses API.

import OpenAI from "openai";

const client = ({ url, key }) => new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });

export class OpenAiChat {
  #messages;

  constructor(wish) {
    this.client = client(wish);
    this.wish = wish;
    this.asked = { model: wish.model, tools: wish.tools.map((tool) => ({ type: "function", function: tool })) };
    this.#messages = [{ role: "system", content: wish.instructions }];
  }

  say(text) {
    return this.#ask([{ role: "user", content: text }]);
  }

  give(results) {
    return this.#ask(results.map(({ call, text }) => ({ role: "tool", tool_call_id: call.id, content: text })));
  }

  async #ask(more) {
    this.#messages.push(...more);
    const asked = { ...this.asked, messages: this.#messages };
    const { completions } = this.client.chat;
    const answer = this.wish.streams
      ? await completions.stream(asked).finalChatCompletion()
      : await completions.create(asked);
    const { message } = answer.choices[0];
    this.#messages.push(message);
    const calls = (message.tool_calls ?? []).map((call) => ({
      id: call.id,
      name: call.function.name,
      arguments: JSON.parse(call.function.arguments),
    }));
    return { text: message.content ?? "", calls };
  }
}

export class OpenAiResponses {
  #input = [];

  constructor(wish) {
    this.client = client(wish);
    this.wish = wish;
    const thinking = { reasoning: { effort: "low", summary: "auto" }, include: ["reasoning.encrypted_content"] };
    this.asked = {
      model: wish.model,
      instructions: wish.instructions,
      tools: wish.tools.map((tool) => ({ type: "function", strict: false, ...tool })),
      store: false,
      ...(wish.thinks ? thinking : {}),
    };
  }

  say(text) {
    return this.#ask([{ role: "user", content: text }]);
  }

  give(results) {
    return this.#ask(
      results.map(({ call, text }) => ({ type: "function_call_output", call_id: call.id, output: text })),
    );
  }

  async #ask(more) {
    this.#input.push(...more);
    const asked = { ...this.asked, input: this.#input };
    const { responses } = this.client;
    const answer = this.wish.streams ? await responses.stream(asked).finalResponse() : await responses.create(asked);
    if (answer.status === "failed") throw new Error(answer.error.message);
    this.#input.push(...answer.output);
    const calls = answer.output
      .filter(({ type }) => type === "function_call")
      .map((item) => ({ id: item.call_id, name: item.name, arguments: JSON.parse(item.arguments) }));
    const thoughts = answer.output.filter(({ type }) => type === "reasoning").flatMap(({ summary }) => summary);
    return { text: answer.output_text, calls, thought: thoughts.map(({ text }) => text).join("") };
  }
}
