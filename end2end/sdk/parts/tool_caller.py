"""An Anthropic upstream that calls the tools it is offered, whole and streamed.

Neither the fake provider nor a model with random weights can call tools, so this one is scripted
after Anthropic's reference of the Messages API. It calls the first tool with the arguments in
`ARGUMENTS`, and answers a tool's result with that result.

    python tool_caller.py
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ARGUMENTS = {"city": "Zürich", "days": 3}
INPUT_TOKENS, TOOL_TOKENS, TEXT_TOKENS = 240, 31, 12


def reply(request: dict) -> tuple[dict, str, int]:
    """The one block of the answer, why it stops, and its tokens."""
    last = request["messages"][-1]["content"]
    blocks = last if isinstance(last, list) else []
    for block in blocks:
        if block["type"] == "tool_result":
            content = block["content"]
            said = content if isinstance(content, str) else content[0]["text"]
            return {"type": "text", "text": f"The tool says: {said}"}, "end_turn", TEXT_TOKENS
    tool = {"type": "tool_use", "id": "toolu_01", "name": request["tools"][0]["name"], "input": ARGUMENTS}
    return tool, "tool_use", TOOL_TOKENS


def message(request: dict, content: list, stop_reason: str | None, output_tokens: int) -> dict:
    return {
        "id": "msg_01",
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": INPUT_TOKENS, "output_tokens": output_tokens},
    }


def events(request: dict):
    """The same answer as a stream; arguments and text come in pieces of a few characters."""
    block, stop_reason, output_tokens = reply(request)
    yield {"type": "message_start", "message": message(request, [], None, 1)}
    if block["type"] == "tool_use":
        start, whole, field, delta = {**block, "input": {}}, json.dumps(block["input"]), "partial_json", "input_json_delta"
    else:
        start, whole, field, delta = {**block, "text": ""}, block["text"], "text", "text_delta"
    yield {"type": "content_block_start", "index": 0, "content_block": start}
    yield {"type": "ping"}
    for at in range(0, len(whole), 5):
        piece = {"type": delta, field: whole[at : at + 5]}
        yield {"type": "content_block_delta", "index": 0, "delta": piece}
    yield {"type": "content_block_stop", "index": 0}
    stop = {"stop_reason": stop_reason, "stop_sequence": None}
    yield {"type": "message_delta", "delta": stop, "usage": {"output_tokens": output_tokens}}
    yield {"type": "message_stop"}


class ToolCaller(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if request.get("stream"):
            lines = (f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events(request))
            self.send("text/event-stream", "".join(lines))
        else:
            block, stop_reason, output_tokens = reply(request)
            self.send("application/json", json.dumps(message(request, [block], stop_reason, output_tokens)))

    def send(self, content_type: str, text: str):
        body = text.encode()
        self.send_response(200)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), ToolCaller)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
