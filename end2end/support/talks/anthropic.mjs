// Anthropic's SDK.

import Anthropic from "@anthropic-ai/sdk";

export class AnthropicMessages {
  marksErrors = true;
  #messages = [];

  constructor(wish) {
    this.client = new Anthropic({ baseURL: wish.url, apiKey: wish.key, maxRetries: 0 });
    this.wish = wish;
    this.asked = {
      model: wish.model,
      system: wish.instructions,
      max_tokens: 4_000,
      tools: wish.tools.map(({ parameters, ...tool }) => ({ ...tool, input_schema: parameters })),
      ...(wish.thinks ? { thinking: { type: "enabled", budget_tokens: 1_024 } } : {}),
    };
  }

  say(text) {
    return this.#ask(text);
  }

  give(results) {
    return this.#ask(
      results.map(({ call, text, isError }) => ({
        type: "tool_result",
        tool_use_id: call.id,
        content: text,
        is_error: isError,
      })),
    );
  }

  async #ask(content) {
    this.#messages.push({ role: "user", content });
    const asked = { ...this.asked, messages: this.#messages };
    const { messages } = this.client;
    const answer = this.wish.streams ? await messages.stream(asked).finalMessage() : await messages.create(asked);
    this.#messages.push({ role: "assistant", content: answer.content });
    const of = (kind) => answer.content.filter(({ type }) => type === kind);
    return {
      text: of("text").map(({ text }) => text).join(""),
      calls: of("tool_use").map(({ id, name, input }) => ({ id, name, arguments: input })),
      thought: of("thinking").map(({ thinking }) => thinking).join(""),
    };
  }
}
