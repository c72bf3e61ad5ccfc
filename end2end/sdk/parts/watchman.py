"""A proxy that lets nothing out, and knows what wanted to go."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Watchman:
    """`asked` is every address that was asked for."""

    def __init__(self):
        self.asked: list[str] = []
        watchman = self

        class Door(BaseHTTPRequestHandler):
            def refuse(self):
                watchman.asked.append(f"{self.command} {self.path}")
                self.send_error(403)

            do_CONNECT = do_GET = do_POST = do_PUT = do_HEAD = refuse

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}"
