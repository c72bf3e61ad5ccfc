"""A Bedrock that believes only botocore: it signs every request again and compares.

It answers Converse, whole and streamed, lists two models, and hands out keys as a container's
endpoint does. What it takes for its own keys is in `KEYS`.

    python signed_upstream.py
"""

import json
import struct
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.eventstream import EventStreamBuffer

# The secret and the session token of each key.
KEYS = {
    "AKIDCONFIGURED": ("configured/secret+with=signs", None),
    "ASIACONFIGURED": ("temporary/secret+with=signs", "temporary/token+with=signs"),
    "AKIDENVIRONMENT": ("secret-of-the-environment", None),
    "AKIDPROFILE": ("secret-of-the-profile", None),
    "ASIACONTAINER": ("secret-of-the-container", "token-of-the-container"),
}
CONTAINER_TOKEN = "token-that-opens-the-containers-endpoint"
ANSWER = "Grüezi, signed."
USAGE = {"inputTokens": 12, "outputTokens": 5, "totalTokens": 17}


def complaint(method: str, url: str, headers: dict, body: bytes) -> str | None:
    """What is wrong with a request's signature; nothing if botocore would have made the same."""
    written = headers.get("authorization", "")
    if not written.startswith("AWS4-HMAC-SHA256 "):
        return "there is no signature"
    fields = dict(field.strip().split("=", 1) for field in written.removeprefix("AWS4-HMAC-SHA256 ").split(","))
    key_id, _, region, service, _ = fields["Credential"].split("/")
    secret, token = KEYS.get(key_id, (None, None))
    if secret is None:
        return f"the key {key_id} is unknown"
    if headers.get("x-amz-security-token") != token:
        return "the session token is another"
    if (region, service) != ("eu-central-1", "bedrock"):
        return f"it is signed for {service} in {region}"
    signed = {name: headers[name] for name in fields["SignedHeaders"].split(";")}
    request = AWSRequest(method=method, url=url, headers=signed, data=body)
    request.context["timestamp"] = headers["x-amz-date"]
    auth = SigV4Auth(Credentials(key_id, secret, token), service, region)
    expected = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    return None if fields["Signature"] == expected else "the signature is another"


def frame(kind: str, payload: dict) -> bytes:
    """One event as botocore reads it, which has an encoder of its own for nothing of this."""
    headers = b""
    for name, value in ((":event-type", kind), (":content-type", "application/json"), (":message-type", "event")):
        headers += struct.pack(f"!B{len(name)}sBH{len(value)}s", len(name), name.encode(), 7, len(value), value.encode())
    data = json.dumps(payload).encode()
    prelude = struct.pack("!II", 16 + len(headers) + len(data), len(headers))
    prelude += struct.pack("!I", zlib.crc32(prelude))
    whole = prelude + headers + data
    whole += struct.pack("!I", zlib.crc32(whole))
    buffer = EventStreamBuffer()
    buffer.add_data(whole)
    (event,) = list(buffer)
    assert event.to_response_dict()["headers"][":event-type"] == kind
    return whole


def stream() -> bytes:
    events = [("messageStart", {"role": "assistant"})]
    events += [("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece}}) for piece in ANSWER.split()]
    events += [
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("messageStop", {"stopReason": "end_turn"}),
        ("metadata", {"usage": USAGE, "metrics": {"latencyMs": 1}}),
    ]
    return b"".join(frame(kind, payload) for kind, payload in events)


class Bedrock(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/container/credentials":
            if self.headers["authorization"] != CONTAINER_TOKEN:
                return self.refuse("the container's endpoint is closed")
            secret, token = KEYS["ASIACONTAINER"]
            keys = {"AccessKeyId": "ASIACONTAINER", "SecretAccessKey": secret, "Token": token}
            return self.send(200, "application/json", json.dumps({**keys, "Expiration": "2999-01-01T00:00:00Z"}))
        if wrong := self.complaint(b""):
            return self.refuse(wrong)
        return self.send(200, "application/json", json.dumps({"modelSummaries": [{"modelId": "a"}, {"modelId": "b"}]}))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if wrong := self.complaint(body):
            return self.refuse(wrong)
        if self.path.endswith("/converse-stream"):
            return self.send(200, "application/vnd.amazon.eventstream", stream())
        message = {"role": "assistant", "content": [{"text": ANSWER}]}
        answer = {"output": {"message": message}, "stopReason": "end_turn", "usage": USAGE, "metrics": {"latencyMs": 1}}
        return self.send(200, "application/json", json.dumps(answer))

    def complaint(self, body: bytes) -> str | None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        return complaint(self.command, f"http://{headers['host']}{self.path}", headers, body)

    def refuse(self, why: str):
        # As Amazon does, it repeats what was sent.
        message = f"{why}; x-amz-security-token:{self.headers.get('x-amz-security-token')}"
        self.send(403, "application/json", json.dumps({"message": message}), "InvalidSignatureException")

    def send(self, status: int, content_type: str, content: str | bytes, error: str | None = None):
        body = content.encode() if isinstance(content, str) else content
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        if error:
            self.send_header("x-amzn-errortype", f"{error}:http://internal.amazon.com/coral/com.amazon.bedrock/")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bedrock)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
