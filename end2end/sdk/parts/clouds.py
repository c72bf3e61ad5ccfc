"""What a cloud gives its customers to call it with: keys of service accounts, and access tokens."""

import json
import urllib.parse
import urllib.request
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.oauth2 import service_account

CLOUD_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
AZURE_RESOURCE = "https://cognitiveservices.azure.com"


class ServiceAccount:
    """An account of Google Cloud with a key of its own; the public half of it is in a file."""

    def __init__(self, directory: Path):
        directory.mkdir(parents=True, exist_ok=True)
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.public_key = directory / "public.pem"
        self.public_key.write_bytes(
            self._key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )

    def info(self, url: str) -> dict:
        """What Google gives to download, with its token endpoint at `url`."""
        private_key = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "type": "service_account",
            "project_id": "fake-project",
            "private_key_id": "fake",
            "private_key": private_key.decode(),
            "client_email": "bot@fake-project.iam.gserviceaccount.com",
            "client_id": "1",
            "token_uri": f"{url}/token",
        }

    def credentials(self, url: str) -> service_account.Credentials:
        return service_account.Credentials.from_service_account_info(self.info(url), scopes=[CLOUD_SCOPE])


def entra_token(url: str, **form: str) -> dict:
    """What Entra answers to a program that shows its secret."""
    asked = {
        "grant_type": "client_credentials",
        "client_id": "app",
        "client_secret": "any",
        "scope": f"{AZURE_RESOURCE}/.default",
        **form,
    }
    body = urllib.parse.urlencode(asked).encode()
    return _json(urllib.request.Request(f"{url}/tenant/oauth2/v2.0/token", body))


def managed_identity_token(url: str, resource: str = AZURE_RESOURCE) -> dict:
    """What a machine in Azure is given for itself."""
    query = urllib.parse.urlencode({"api-version": "2018-02-01", "resource": resource})
    address = f"{url}/metadata/identity/oauth2/token?{query}"
    return _json(urllib.request.Request(address, headers={"Metadata": "true"}))


def expire_tokens(url: str):
    """Ends the time of every token that the fake provider has handed out."""
    _json(urllib.request.Request(f"{url}/_expire_tokens", b""))


def _json(request: urllib.request.Request) -> dict:
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)
