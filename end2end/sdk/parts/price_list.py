"""A price list in LiteLLM's form, which a test writes."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class PriceList:
    """Serves one map of models; `asked` counts how often it was sent whole."""

    def __init__(self):
        self.models: dict = {}
        self.asked = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/prices.json"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def set(self, model: str, input_price: str, output_price: str):
        """What one of OpenAI's models costs, in dollars for a token."""
        self.models[model] = {
            "litellm_provider": "openai",
            "mode": "chat",
            "max_input_tokens": 100_000,
            "input_cost_per_token": float(input_price),
            "output_cost_per_token": float(output_price),
        }

    def stop(self):
        self._server.shutdown()

    def _handler(self):
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(owner.models).encode()
                owner.asked += 1
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler
