// Google's SDK, by a chat that keeps what was said.

import { GoogleGenAI } from "@google/genai";

export class GoogleGenAi {
  marksErrors = true;
  speaksToGoogle = true;
  #chat;

  constructor(wish) {
    const client = new GoogleGenAI({ apiKey: wish.key, httpOptions: { baseUrl: wish.url } });
    const functions = wish.tools.map(({ parameters, ...tool }) => ({ ...tool, parametersJsonSchema: parameters }));
    const config = {
      systemInstruction: wish.instructions,
      maxOutputTokens: 4_000,
      tools: [{ functionDeclarations: functions }],
      ...(wish.thinks ? { thinkingConfig: { includeThoughts: true, thinkingBudget: 1_024 } } : {}),
    };
    this.wish = wish;
    this.#chat = client.chats.create({ model: wish.model, config });
  }

  say(text) {
    return this.#send(text);
  }

  give(results) {
    return this.#send(
      results.map(({ call, text, isError }) => ({
        functionResponse: { id: call.id, name: call.name, response: { [isError ? "error" : "output"]: text } },
      })),
    );
  }

  async #send(message) {
    const pieces = [];
    if (this.wish.streams) {
      for await (const piece of await this.#chat.sendMessageStream({ message })) pieces.push(piece);
    } else {
      pieces.push(await this.#chat.sendMessage({ message }));
    }
    const parts = pieces.flatMap((piece) => piece.candidates?.[0]?.content?.parts ?? []);
    const texts = (isThought) =>
      parts
        .filter((part) => Boolean(part.thought) === isThought)
        .map(({ text }) => text ?? "")
        .join("");
    const calls = parts.filter((part) => part.functionCall).map(({ functionCall }) => functionCall);
    return {
      text: texts(false),
      calls: calls.map(({ id, name, args }) => ({ id, name, arguments: args })),
      thought: texts(true),
    };
  }
}
