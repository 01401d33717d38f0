"""naru's authorization server and the gateway that takes its tokens, with clients that others wrote: `peers.py NARU CLIENT.mjs`.

Registers `mobile` (by secret), `batch` (by its public key) and `reader`; runs `authlib_client.py` and `openid_client.mjs`.
"""
import hashlib
import json
import os
import secrets
import subprocess
import sys
import tempfile

from joserfc.jwk import ECKey, KeySet

from naru import Naru, free_port

HERE = os.path.dirname(os.path.abspath(__file__))

YAML = """
access:
  tokens: {{ issuer: {issuer} }}
clients:
  mobile: {{ scopes: [booking.read, booking.write], secrets: [{mobile}] }}
  reader: {{ scopes: [booking.read], secrets: [{reader}] }}
  batch: {{ scopes: [booking.read, booking.write], jwks: {jwks} }}
services:
  booking:
    exec: [{naru}, app, --workers, "16"]
    health: {{ path: /healthz }}
routes:
  - match: {{ path: /booking/** }}
    to: booking
    auth: {{ any_of: [jwt], scopes: [booking.read] }}
  - match: {{ path: /admin/** }}
    to: booking
    auth: {{ any_of: [jwt], scopes: [booking.admin] }}
"""


def main():
    naru, openid_client = sys.argv[1:3]
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    texts = {name: f"ns_{name}_{secrets.token_urlsafe(32)}" for name in ["mobile", "reader"]}
    hashes = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    with tempfile.TemporaryDirectory(prefix="naru-peers-oauth-") as folder:
        private, public = os.path.join(folder, "batch.pem"), os.path.join(folder, "batch.json")
        key = ECKey.generate_key("P-256", {"kid": "batch-1", "use": "sig", "alg": "ES256"})
        with open(private, "wb") as file:
            file.write(key.as_pem(private=True))
        with open(public, "w", encoding="utf-8") as file:
            json.dump(KeySet([key]).as_dict(private=False), file)
        ready = json.dumps({"issuer": issuer, "secrets": texts})
        with Naru(naru, YAML.format(naru=naru, issuer=issuer, jwks=public, **hashes), port):
            for client in [[sys.executable, os.path.join(HERE, "authlib_client.py")], ["node", openid_client]]:
                subprocess.run([*client, ready, private], check=True, timeout=120)


main()
