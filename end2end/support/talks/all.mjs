// Every client for TypeScript, by its name in the tests.

import { AnthropicMessages } from "./anthropic.mjs";
import { GoogleGenAi } from "./google.mjs";
import { LangChainAnthropic, LangChainOpenAi, LangChainResponses } from "./langchain.mjs";
import { OpenAiChat, OpenAiResponses } from "./openai.mjs";
import { VercelAnthropic, VercelCompatible, VercelGoogle, VercelOpenAi, VercelResponses } from "./vercel.mjs";

export const CLIENTS = {
  openai: OpenAiChat,
  "openai responses": OpenAiResponses,
  anthropic: AnthropicMessages,
  "google genai": GoogleGenAi,
  "vercel openai": VercelOpenAi,
  "vercel responses": VercelResponses,
  "vercel openai-compatible": VercelCompatible,
  "vercel anthropic": VercelAnthropic,
  "vercel google": VercelGoogle,
  "langchain openai": LangChainOpenAi,
  "langchain responses": LangChainResponses,
  "langchain anthropic": LangChainAnthropic,
};
