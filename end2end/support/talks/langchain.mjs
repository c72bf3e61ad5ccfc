// LangChain's chat models of OpenAI and Anthropic.

import { ChatAnthropic } from "@langchain/anthropic";
import { HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import { concat } from "@langchain/core/utils/stream";
import { ChatOpenAI } from "@langchain/openai";

/** What is common to them: messages of LangChain's own. */
class LangChain {
  #chain;
  #messages;

  constructor(wish) {
    this.wish = wish;
    this.#chain = this.model(wish).bindTools(wish.tools.map((tool) => ({ type: "function", function: tool })));
    this.#messages = [new SystemMessage(wish.instructions)];
  }

  say(text) {
    return this.#ask([new HumanMessage(text)]);
  }

  give(results) {
    return this.#ask(
      results.map(
        ({ call, text, isError }) =>
          new ToolMessage({ content: text, tool_call_id: call.id, status: isError ? "error" : "success" }),
      ),
    );
  }

  async #ask(more) {
    this.#messages.push(...more);
    const answer = await this.#answer();
    this.#messages.push(answer);
    const calls = answer.tool_calls.map(({ id, name, args }) => ({ id, name, arguments: args }));
    return { text: answer.text, calls };
  }

  async #answer() {
    if (!this.wish.streams) return this.#chain.invoke(this.#messages);
    let whole;
    for await (const piece of await this.#chain.stream(this.#messages)) whole = whole ? concat(whole, piece) : piece;
    return whole;
  }
}

export class LangChainOpenAi extends LangChain {
  model({ url, key, model }) {
    return new ChatOpenAI({ model, apiKey: key, maxRetries: 0, configuration: { baseURL: `${url}/v1` } });
  }
}

export class LangChainResponses extends LangChain {
  model({ url, key, model }) {
    const configuration = { baseURL: `${url}/v1` };
    return new ChatOpenAI({ model, apiKey: key, maxRetries: 0, configuration, useResponsesApi: true });
  }
}

// Its messages of tools lose whether a result is an error.
export class LangChainAnthropic extends LangChain {
  model({ url, key, model }) {
    return new ChatAnthropic({ model, apiKey: key, maxRetries: 0, anthropicApiUrl: url, maxTokens: 4_000 });
  }
}
