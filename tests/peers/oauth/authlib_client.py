"""authlib as a client of naru's authorization server, used as its documentation shows.

usage: authlib_client.py READY KEY     READY: what examples/serve printed; KEY: the private key of `batch` (PEM)
"""
import json
import os
import sys

# The server is on loopback, over plain HTTP.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "true"

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet


def claims_of(token, jwks_uri, issuer):
    """Verifies a token as a service would: by the published keys, as RFC 9068 says."""
    keys = KeySet.import_key_set(requests.get(jwks_uri, timeout=10).json())
    read = jwt.decode(token["access_token"], keys, algorithms=["ES256"])
    assert read.header["typ"] == "at+jwt", read.header
    registry = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": issuer}, aud={"essential": True, "value": issuer},
        exp={"essential": True}, iat={"essential": True}, jti={"essential": True},
        sub={"essential": True}, client_id={"essential": True})
    registry.validate(read.claims)
    return read.claims


def refused(what, call):
    try:
        call()
    except OAuthError as error:
        assert error.error == what, error
        return
    raise AssertionError(f"not refused as {what}")


def life(session, metadata, client, issuer):
    """Gets a token, renews it, has it looked at, and takes it back."""
    endpoint = metadata["token_endpoint"]
    token = session.fetch_token(endpoint, grant_type="client_credentials", scope="booking.read")
    assert token["token_type"] == "Bearer" and token["expires_in"] == 600, token
    claims = claims_of(token, metadata["jwks_uri"], issuer)
    assert (claims["client_id"], claims["scope"]) == (client, "booking.read"), claims

    renewed = session.refresh_token(endpoint, refresh_token=token["refresh_token"])
    assert renewed["refresh_token"] != token["refresh_token"]
    assert claims_of(renewed, metadata["jwks_uri"], issuer)["jti"] != claims["jti"]

    def active(of):
        answer = session.introspect_token(metadata["introspection_endpoint"], token=of)
        assert answer.status_code == 200, answer.text
        return answer.json()["active"]

    assert active(renewed["access_token"]) and active(renewed["refresh_token"])
    answer = session.revoke_token(
        metadata["revocation_endpoint"], token=renewed["access_token"], token_type_hint="access_token")
    assert answer.status_code == 200, answer.text
    assert not active(renewed["access_token"]) and active(renewed["refresh_token"])
    # The first refresh token was used already: now nothing of the two is good.
    refused("invalid_grant", lambda: session.refresh_token(endpoint, refresh_token=token["refresh_token"]))
    assert not active(token["access_token"]) and not active(renewed["refresh_token"])
    refused("invalid_scope", lambda: session.fetch_token(endpoint, grant_type="client_credentials", scope="admin"))


def main():
    ready = json.loads(sys.argv[1])
    issuer = ready["issuer"]
    well_known = get_well_known_url(issuer, external=True)
    document = requests.get(well_known, timeout=10).json()
    metadata = AuthorizationServerMetadata(document)
    # Its check as a whole wants https and response types, which belong to an authorization endpoint that there is not.
    for check in ("validate_grant_types_supported",
                  "validate_token_endpoint_auth_methods_supported",
                  "validate_token_endpoint_auth_signing_alg_values_supported",
                  "validate_revocation_endpoint_auth_methods_supported",
                  "validate_introspection_endpoint_auth_methods_supported"):
        getattr(metadata, check)()
    assert metadata["issuer"] == issuer

    by_secret = OAuth2Session("mobile", ready["secrets"]["mobile"], token_endpoint_auth_method="client_secret_basic")
    life(by_secret, metadata, "mobile", issuer)

    key = ECKey.import_key(open(sys.argv[2]).read(), {"kid": "batch-1"})
    by_key = OAuth2Session("batch", key, token_endpoint_auth_method="private_key_jwt")
    method = PrivateKeyJWT(metadata["token_endpoint"], alg="ES256", headers={"kid": "batch-1"})
    by_key.register_client_auth_method(method)
    by_key.revocation_endpoint_auth_method = by_key.introspection_endpoint_auth_method = "private_key_jwt"
    life(by_key, metadata, "batch", issuer)

    wrong = OAuth2Session("mobile", "ns_mobile_wrong", token_endpoint_auth_method="client_secret_basic")
    refused("invalid_client", lambda: wrong.fetch_token(metadata["token_endpoint"], grant_type="client_credentials"))
    post = OAuth2Session("mobile", ready["secrets"]["mobile"], token_endpoint_auth_method="client_secret_post")
    refused("invalid_client", lambda: post.fetch_token(metadata["token_endpoint"], grant_type="client_credentials"))
    print("authlib: client credentials, refresh, introspection, revocation, private_key_jwt, metadata: ok")


main()
