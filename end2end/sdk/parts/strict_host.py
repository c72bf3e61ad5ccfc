"""A host of Anthropic's models that refuses what hosts refuse: betas and fields that are news to it.

It stands before the fake provider as Vertex AI does, keeps what it was sent, and hands everything else on. What it
takes is written down here by hand, from the documentation of the hosts and from the errors that users of Claude Code
have reported, so that the gateway's own lists are not asked about themselves.
"""

import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BETAS = {"interleaved-thinking-2025-05-14", "context-management-2025-06-27", "tool-search-tool-2025-10-19"}
FIELDS = {
    "anthropic_version", "context_management", "max_tokens", "messages", "metadata", "output_config", "stream",
    "stop_sequences", "system", "temperature", "thinking", "tool_choice", "tools", "top_k", "top_p",
}  # fmt: skip
TOOL_FIELDS = {
    "cache_control", "defer_loading", "description", "eager_input_streaming", "input_schema", "name", "strict", "type",
}  # fmt: skip
CACHE_FIELDS = {"type", "ttl"}


class StrictHost:
    """Listens on a free port until it is stopped."""

    def __init__(self, upstream: str):
        self.seen: list[tuple[list[str], dict]] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self._hand_on(None)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if "/publishers/anthropic/" in self.path:
                    betas = [beta for beta in self.headers.get("anthropic-beta", "").split(",") if beta]
                    host.seen.append((betas, json.loads(body)))
                    if refusal := _refusal(betas, json.loads(body)):
                        return self._answer(400, "application/json", json.dumps(refusal).encode())
                    body = json.dumps(_with_whole_turns(json.loads(body))).encode()
                self._hand_on(body)

            def _hand_on(self, body):
                passed = ("authorization", "content-type", "metadata-flavor")
                headers = {name: self.headers[name] for name in passed if name in self.headers}
                request = urllib.request.Request(f"{upstream}{self.path}", body, headers, method=self.command)
                try:
                    with urllib.request.urlopen(request, timeout=30) as response:
                        self._answer(response.status, response.headers["content-type"], response.read())
                except urllib.error.HTTPError as refused:
                    self._answer(refused.code, refused.headers["content-type"], refused.read())

            def _answer(self, status, content_type, body):
                self.send_response(status)
                self.send_header("content-type", content_type)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()


def _refusal(betas: list[str], body: dict) -> dict | None:
    unknown = [f"`{beta}`" for beta in betas if beta not in BETAS]
    if unknown:
        return _error(f"Unexpected value(s) {', '.join(unknown)} for the `anthropic-beta` header.")
    for place in _unknown_fields(betas, body):
        return _error(f"{place}: Extra inputs are not permitted")
    for at, message in enumerate(body["messages"]):
        if message["role"] not in ("user", "assistant"):
            return _error(f"messages.{at}: role '{message['role']}' is not supported on this model")
    return None


def _unknown_fields(betas: list[str], body: dict):
    yield from (field for field in body if field not in FIELDS)
    if "context_management" in body and "context-management-2025-06-27" not in betas:
        yield "context_management"
    for at, tool in enumerate(body.get("tools", [])):
        if tool.get("type", "custom") == "custom":
            yield from (f"tools.{at}.custom.{field}" for field in tool if field not in TOOL_FIELDS)
    for mark in _cache_marks(body):
        yield from (f"cache_control.ephemeral.{field}" for field in mark if field not in CACHE_FIELDS)


def _cache_marks(body: dict):
    system = body.get("system", [])
    blocks = [*(system if isinstance(system, list) else []), *body.get("tools", [])]
    for message in body["messages"]:
        blocks += message["content"] if isinstance(message["content"], list) else []
    yield from (block["cache_control"] for block in blocks if block.get("cache_control"))


def _with_whole_turns(body: dict) -> dict:
    """Anthropic reads messages of one role in a row as one turn."""
    turns: list[dict] = []
    for message in body["messages"]:
        content = message["content"]
        blocks = content if isinstance(content, list) else [{"type": "text", "text": content}]
        if turns and turns[-1]["role"] == message["role"]:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": message["role"], "content": list(blocks)})
    return body | {"messages": turns}


def _error(message: str) -> dict:
    return {"type": "error", "error": {"type": "invalid_request_error", "message": message}}
