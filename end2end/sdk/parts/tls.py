"""TLS in front of an upstream, for SDKs that send a credential over nothing else."""

import asyncio
import datetime
import ipaddress
import ssl
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class TlsFront:
    """Listens with a certificate of its own, at `url`; `certificate` is what a client has to trust."""

    def __init__(self, upstream_url: str, directory: Path):
        directory.mkdir(parents=True, exist_ok=True)
        self.certificate, key = _certificate(directory)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        upstream = urlsplit(upstream_url)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

        async def pass_on(reader, writer):
            there_reader, there_writer = await asyncio.open_connection(upstream.hostname, upstream.port)
            await asyncio.gather(_copy(reader, there_writer), _copy(there_reader, writer), return_exceptions=True)

        listening = asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=context)
        server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(timeout=10)
        self.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    def stop(self):
        self._loop.call_soon_threadsafe(self._loop.stop)


async def _copy(reader, writer):
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


def _certificate(directory: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = directory / "certificate.pem", directory / "key.pem"
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    unprotected = serialization.NoEncryption()
    pkcs8 = serialization.PrivateFormat.PKCS8
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs8, unprotected))
    return certificate_file, key_file


if __name__ == "__main__":
    front = TlsFront(sys.argv[1], Path.cwd())
    print(f"listening on {front.url}", flush=True)
    threading.Event().wait()
