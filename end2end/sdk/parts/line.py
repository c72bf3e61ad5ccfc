"""A line between a gateway and its database that can be slow, dead, or cut at the worst moment."""

import socket
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit

COMMIT_SECONDS = 0.2  # more than the server needs for it


class Line:
    """Passes bytes on from a port of its own to a server's."""

    def __init__(self, url: str):
        parts = urlsplit(url)
        self._server = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = url.replace(f":{parts.port}/", f":{self._listener.getsockname()[1]}/")
        self.delay_seconds = 0.0  # on each way
        self.is_dead = False  # whoever connects is turned away
        self.is_cut_after_commit = False  # the next commit is made, and its answer lost
        self.commits_cut = 0
        self._ends: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def die(self):
        """Ends every connection and takes no new one."""
        self.is_dead = True
        for end in list(self._ends):
            _end(end)

    def revive(self):
        self.is_dead = False

    def close(self):
        self.die()
        _end(self._listener)

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.is_dead:
                client.close()
                continue
            server = socket.create_connection(self._server)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._ends.add(end)
            is_mute = threading.Event()
            threading.Thread(target=self._ask, args=(client, server, is_mute), daemon=True).start()
            threading.Thread(target=self._answer, args=(server, client, is_mute), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket, is_mute: threading.Event):
        with suppress(OSError):
            for data in self._received(client, server):
                is_last = self.is_cut_after_commit and b"COMMIT" in data
                if is_last:
                    self.is_cut_after_commit = False
                    self.commits_cut += 1
                    is_mute.set()
                server.sendall(data)
                if is_last:
                    time.sleep(COMMIT_SECONDS)
                    return

    def _answer(self, server: socket.socket, client: socket.socket, is_mute: threading.Event):
        with suppress(OSError):
            for data in self._received(server, client):
                if not is_mute.is_set():
                    client.sendall(data)

    def _received(self, source: socket.socket, sink: socket.socket):
        try:
            while data := source.recv(65536):
                if self.delay_seconds:
                    time.sleep(self.delay_seconds)
                yield data
        finally:
            for end in (source, sink):
                _end(end)
                self._ends.discard(end)


def _end(end: socket.socket):
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
