// What a provider was sent of a talk with tools, read out of its own dialect.

const PLACES = ["messages", "input", "contents"];
const SIGNATURES = ["signature", "thoughtSignature", "encrypted_content"];

/** The calls and results in a request's body, in their order, and the signatures of thoughts. */
export class Sent {
  calls = [];
  results = [];
  signatures = [];

  constructor(body) {
    this.body = body;
    const request = JSON.parse(body);
    for (const place of PLACES) this.#read(request[place]);
  }

  #read(value) {
    if (Array.isArray(value)) value.forEach((each) => this.#read(each));
    else if (value && typeof value === "object") this.#readObject(value);
  }

  #readObject(it) {
    if (it.role === "tool") {
      this.#result(it.tool_call_id ?? it.tool_name ?? it.name, it.content);
      return;
    }
    if (it.type === "tool_result") this.#result(it.tool_use_id, it.content, it.is_error);
    else if (it.type === "function_call_output") this.#result(it.call_id, it.output);
    else if (it.toolResult) this.#result(it.toolResult.toolUseId, it.toolResult.content, it.toolResult.status === "error");
    else if (it.functionResponse) {
      const { id, name, response } = it.functionResponse;
      this.#result(id ?? name, response, "error" in response);
    } else if (it.type === "tool_use") this.#call(it.id, it.name, it.input);
    else if (it.type === "function_call") this.#call(it.call_id, it.name, it.arguments);
    else if (it.toolUse) this.#call(it.toolUse.toolUseId, it.toolUse.name, it.toolUse.input);
    else if (it.functionCall) this.#call(it.functionCall.id ?? it.functionCall.name, it.functionCall.name, it.functionCall.args);
    else if (it.function?.arguments !== undefined) this.#call(it.id ?? it.function.name, it.function.name, it.function.arguments);
    for (const name of SIGNATURES) if (it[name]) this.signatures.push(it[name]);
    Object.values(it).forEach((value) => this.#read(value));
  }

  #call(id, name, given) {
    this.calls.push({ id, name, arguments: typeof given === "string" ? JSON.parse(given) : given });
  }

  #result(id, content, isError = false) {
    this.results.push({ id, text: typeof content === "string" ? content : JSON.stringify(content), isError: Boolean(isError) });
  }
}
