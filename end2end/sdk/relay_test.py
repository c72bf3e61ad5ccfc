"""Where both sides speak one dialect, what passes is relayed byte for byte: unknown fields, keys that stand twice, odd
numbers and odd white space, streaming and not. Only the model's name is another."""

import http.client
import http.server
import threading

import pytest

from conftest import PRICE
from parts.configuration import model, provider
from parts.gateway import Gateway

# In each request and each answer: a key twice, numbers that floating point cannot hold, a field that nobody knows,
# escapes and line ends where nobody writes them.
ODD = (
    '"x_new" :  {"b": 1.50, "a" : [1e400, -0.0, 12345678901234567890],"a":"\\u00e9\\/\\ud83d\\ude00"} ,\r\n\t"x_twice":1,'
    '"x_twice" : 2'
)

CHAT = (
    f'{{ {ODD}, "id":"1","object":"chat.completion","created":1.0e0,"model":"theirs","choices":[{{"index":0,"message":'
    '{"role":"assistant","content":"Hi\\u0021"},"finish_reason":"stop"}] ,"usage":{"prompt_tokens":3,"completion_tokens"'
    ': 2,"total_tokens":5}}\n'
)
COMPLETION = (
    f'{{ {ODD}, "id":"1","object":"text_completion","created":1.0e0,"model":"theirs","choices":[{{"index":0,"text":'
    '"Hi\\u0021","finish_reason":"stop"}] ,"usage":{"prompt_tokens":3,"completion_tokens": 2,"total_tokens":5}}\n'
)
RESPONSE = (
    f'{{ {ODD}, "id":"resp_1","object":"response","created_at":1.0e0,"status":"completed","model":"theirs","store":false,'
    '"output":[{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text",'
    '"text":"Hi\\u0021","annotations":[]}]}] ,"usage":{"input_tokens":3,"output_tokens": 2,"total_tokens":5}}\n'
)
MESSAGE = (
    f'{{ {ODD}, "id":"msg_1","type":"message","role":"assistant","model":"theirs","content":[{{"type":"text",'
    '"text":"Hi\\u0021"}],"stop_reason":"end_turn" ,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens": 2}}\n'
)
GENERATED = (
    f'{{ {ODD}, "candidates":[{{"content":{{"parts":[{{"text":"Hi\\u0021"}}],"role":"model"}},"finishReason":"STOP"}}],'
    '"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount": 2,"totalTokenCount":5},"modelVersion":"theirs"}\n'
)
EMBEDDED = (
    f'{{ {ODD}, "object":"list","data":[{{"object":"embedding","index":0,"embedding":[1.50, -0.0,1e-7]}}],"model":'
    '"theirs","usage":{"prompt_tokens":3,"total_tokens": 3}}\n'
)

# Comments, another line end, an event of an unknown kind, data in two lines: all that the form of event streams allows.
CHAT_STREAM = (
    ": hello\r\n\r\n"
    f'data:{{ {ODD.replace(chr(13) + chr(10), "")}, "id":"1","object":"chat.completion.chunk","choices":[{{"index":0,'
    '"delta":{"content":"Hi"}}]}\n\n'
    'event: odd\nid: 7\nretry: 10\ndata: {"id":"1","choices":[{"index":0,"delta":{},"finish_reason":"stop" }]}\r\n\r\n'
    'data: {"id":"1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens": 2,"total_tokens":5}}\n\n'
    "data: [DONE]\n\n"
)
COMPLETION_STREAM = (
    ": hello\r\n\r\n"
    f'data:{{ {ODD.replace(chr(13) + chr(10), "")}, "id":"1","object":"text_completion","choices":[{{"index":0,'
    '"text":"Hi"}]}\n\n'
    'data: {"id":"1","choices":[{"index":0,"text":"","finish_reason":"stop" }]}\r\n\r\n'
    'data: {"id":"1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens": 2,"total_tokens":5}}\n\n'
    "data: [DONE]\n\n"
)
RESPONSE_STREAM = (
    ": hello\n\n"
    'event: response.odd\ndata:  {"type":"response.odd","sequence_number":0.0e0, "x":1.50}\r\n\r\n'
    'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"Hi" ,"delta_new":1e400}\n\n'
    f'event: response.completed\ndata: {{"type":"response.completed","response":{RESPONSE.replace(chr(13) + chr(10), "").strip()}}}\n\n'
)
MESSAGE_STREAM = (
    'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant",'
    '"content":[],"model":"theirs","usage":{"input_tokens":3,"output_tokens":1, "x_new":1.50}}}\r\n\r\n'
    ": hello\n\n"
    'event: odd\ndata: {"type":"odd", "x":1e400,"x":2}\n\n'
    'event: content_block_delta\ndata:{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi" }}\n\n'
    'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}\n\n'
    'event: message_stop\ndata: {"type":"message_stop"}\n\n'
)
GENERATED_STREAM = (
    'data:  {"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"}, "x_new":1.50}]}\r\n\r\n'
    f"data: {GENERATED.replace(chr(13) + chr(10), '').strip()}\r\n\r\n"
)


def asked(fields: str) -> str:
    return f'{{ {ODD},\n {fields} }}\r\n'


# The path, the request with the model's name as `NAME`, the answer; and the same streamed.
TEXT = '"messages" : [{"role":"user","content":"Hi\\u0021","x":1.50}]'
WHOLE = {
    "chat": ("/v1/chat/completions", asked(f'"model" :"NAME","max_tokens":50,{TEXT}'), CHAT),
    "completions": ("/v1/completions", asked('"model" :"NAME","max_tokens":50,"prompt":"Hi\\u0021"'), COMPLETION),
    "responses": (
        "/v1/responses",
        asked('"model" :"NAME","store" :false,"max_output_tokens":50,"input":"Hi\\u0021"'),
        RESPONSE,
    ),
    "messages": ("/v1/messages", asked(f'"model" :"NAME","max_tokens":50,{TEXT}'), MESSAGE),
    "gemini": (
        "/v1beta/models/gemini:generateContent",
        asked('"generationConfig":{"maxOutputTokens":50 },"contents" :[{"parts":[{"text":"Hi\\u0021","x":1.50}]}]'),
        GENERATED,
    ),
    "embeddings": ("/v1/embeddings", asked('"model" :"NAME","input":"Hi\\u0021"'), EMBEDDED),
}
USAGE = '"stream" : true,"stream_options":{ "include_usage":true}'
STREAMED = {
    "chat": ("/v1/chat/completions", asked(f'"model" :"NAME",{USAGE},"max_tokens":50,{TEXT}'), CHAT_STREAM),
    "completions": (
        "/v1/completions",
        asked(f'"model" :"NAME",{USAGE},"max_tokens":50,"prompt":"Hi\\u0021"'),
        COMPLETION_STREAM,
    ),
    "responses": (
        "/v1/responses",
        asked('"model" :"NAME","stream" : true,"store" :false,"max_output_tokens":50,"input":"Hi\\u0021"'),
        RESPONSE_STREAM,
    ),
    "messages": ("/v1/messages", asked(f'"model" :"NAME","stream" : true,"max_tokens":50,{TEXT}'), MESSAGE_STREAM),
    "gemini": ("/v1beta/models/gemini:streamGenerateContent?alt=sse", WHOLE["gemini"][1], GENERATED_STREAM),
}


class Upstream(http.server.BaseHTTPRequestHandler):
    """Remembers what it was sent, and answers what it was told to, in pieces that no event begins or ends with."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.server.body = self.rfile.read(int(self.headers["content-length"]))
        answer = self.server.answer
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if self.server.streams else "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        for start in range(0, len(answer), 61):
            self.wfile.write(answer[start : start + 61])
            self.wfile.flush()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def upstream():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def relaying(tmp_path_factory, upstream):
    url = f"http://127.0.0.1:{upstream.server_address[1]}"
    config = {
        "providers": {
            "openai": provider("openai", url, has_responses=True),
            "anthropic": provider("anthropic", url),
            "gemini": provider("gemini", url),
        },
        "models": [
            model("ours", "openai", PRICE, upstream="theirs"),
            model("ours-of-anthropic", "anthropic", PRICE, upstream="theirs"),
            model("gemini", "gemini", PRICE, upstream="theirs"),
        ],
    }
    running = Gateway(tmp_path_factory.mktemp("relaying"), config)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def secret(relaying) -> str:
    return relaying.create_key("relay").secret


def exchange(gateway, secret: str, path: str, body: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", int(gateway.url.rsplit(":", 1)[1]), timeout=30)
    headers = {"content-type": "application/json", "authorization": f"Bearer {secret}"}
    connection.request("POST", path, body.encode(), headers)
    told = connection.getresponse()
    raw = told.read()
    assert told.status == 200, raw
    connection.close()
    return raw


CASES = [(surface, False) for surface in WHOLE] + [(surface, True) for surface in STREAMED]


@pytest.mark.parametrize(("surface", "streams"), CASES, ids=[f"{s} streamed" if on else s for s, on in CASES])
def test_what_passes_is_relayed_byte_for_byte(relaying, secret, upstream, surface, streams):
    path, body, answer = (STREAMED if streams else WHOLE)[surface]
    name = "ours-of-anthropic" if surface == "messages" else "ours"
    upstream.answer, upstream.streams = answer.encode(), streams
    raw = exchange(relaying, secret, path, body.replace("NAME", name))
    assert raw.decode() == answer
    assert upstream.body.decode() == body.replace("NAME", "theirs")
