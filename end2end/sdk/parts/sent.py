"""What a provider was sent of a talk with tools, read out of its own dialect."""

import json
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SentCall:
    id: str | None
    name: str
    arguments: dict


@dataclass(frozen=True)
class SentResult:
    id: str | None
    text: str
    is_error: bool


@dataclass
class Sent:
    """The calls and results in a request's body, in their order, and the signatures of thoughts."""

    body: str
    calls: list[SentCall] = field(default_factory=list)
    results: list[SentResult] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)

    def __post_init__(self):
        request = json.loads(self.body)
        # What is said stands below these; the tools and a schema have names of their own.
        for place in ("messages", "input", "contents"):
            self._read(request.get(place))
        self.body = json.dumps(request, ensure_ascii=False)

    def _read(self, value):
        if isinstance(value, list):
            for each in value:
                self._read(each)
        elif isinstance(value, dict):
            self._read_object(value)

    def _read_object(self, it: dict):
        if it.get("role") == "tool":
            name = it.get("tool_name") or it.get("name")
            self._result(it.get("tool_call_id") or name, it["content"])
            return
        if it.get("type") == "tool_result":
            self._result(it["tool_use_id"], it["content"], it.get("is_error", False))
        elif it.get("type") in ("function_call_output", "custom_tool_call_output"):
            self._result(it["call_id"], it["output"])
        elif "toolResult" in it:
            result = it["toolResult"]
            self._result(result["toolUseId"], result["content"], result.get("status") == "error")
        elif "functionResponse" in it:
            result = it["functionResponse"]
            self._result(result.get("id") or result["name"], result["response"], "error" in result["response"])
        elif it.get("type") == "tool_use":
            self._call(it["id"], it["name"], it["input"])
        elif it.get("type") == "function_call":
            self._call(it["call_id"], it["name"], it["arguments"])
        elif "toolUse" in it:
            self._call(it["toolUse"]["toolUseId"], it["toolUse"]["name"], it["toolUse"]["input"])
        elif "functionCall" in it:
            call = it["functionCall"]
            self._call(call.get("id") or call["name"], call["name"], call.get("args", {}))
        elif isinstance(it.get("function"), dict):
            self._call(it.get("id") or it["function"]["name"], it["function"]["name"], it["function"]["arguments"])
        self._sign(it)
        for value in it.values():
            self._read(value)

    def _sign(self, it: dict):
        for name in ("signature", "thoughtSignature", "encrypted_content"):
            if isinstance(it.get(name), str) and it[name]:
                self.signatures.append(it[name])

    def _call(self, call_id, name: str, arguments):
        parsed = json.loads(arguments) if isinstance(arguments, str) else arguments
        self.calls.append(SentCall(call_id, name, parsed))

    def _result(self, call_id, content, is_error: bool = False):
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        self.results.append(SentResult(call_id, text, is_error))
