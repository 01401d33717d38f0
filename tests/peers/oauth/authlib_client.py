"""authlib as a client of naru, used as its documentation shows.

usage: authlib_client.py READY KEY     READY: issuer and secrets, as peers.py says them; KEY: the private key of `batch` (PEM)
"""
import json
import os
import sys
import time

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


def status(issuer, path, token):
    """What the gateway answers who shows this token."""
    return requests.get(issuer + path, headers={"authorization": f"Bearer {token}"}, timeout=10).status_code


def out_after(issuer, token):
    """How long a token that was taken back still opens the route: asked until it does not, seconds."""
    began = time.monotonic()
    while status(issuer, "/booking/slots", token) == 200 and time.monotonic() - began < 10:
        pass
    assert status(issuer, "/booking/slots", token) == 401
    took = time.monotonic() - began
    assert took < 1, f"refused {took:.3f} s after it was revoked"
    return took


def life(session, metadata, client, issuer, reader):
    """Gets a token, calls with it, renews it, has it looked at, and takes it back. Gives how long it was good after that."""
    endpoint = metadata["token_endpoint"]
    token = session.fetch_token(endpoint, grant_type="client_credentials", scope="booking.read")
    assert token["token_type"] == "Bearer" and token["expires_in"] == 600, token
    claims = claims_of(token, metadata["jwks_uri"], issuer)
    assert (claims["client_id"], claims["scope"]) == (client, "booking.read"), claims
    assert status(issuer, "/booking/slots", token["access_token"]) == 200
    assert session.get(issuer + "/booking/slots", timeout=10).status_code == 200, "as the library itself sends it"
    assert status(issuer, "/admin/slots", token["access_token"]) == 403
    tampered = token["access_token"][:-8] + "AAAAAAAA"
    assert status(issuer, "/booking/slots", tampered) == 401
    assert status(issuer, "/booking/slots", token["refresh_token"]) == 401

    renewed = session.refresh_token(endpoint, refresh_token=token["refresh_token"])
    assert renewed["refresh_token"] != token["refresh_token"]
    assert claims_of(renewed, metadata["jwks_uri"], issuer)["jti"] != claims["jti"]
    assert status(issuer, "/booking/slots", renewed["access_token"]) == 200

    def active(of, by=session):
        answer = by.introspect_token(metadata["introspection_endpoint"], token=of)
        assert answer.status_code == 200, answer.text
        return answer.json()["active"]

    assert active(renewed["access_token"]) and active(renewed["refresh_token"])
    assert active(renewed["access_token"], reader), "a service that is registered asks"
    answer = session.revoke_token(
        metadata["revocation_endpoint"], token=renewed["access_token"], token_type_hint="access_token")
    assert answer.status_code == 200, answer.text
    took = [out_after(issuer, renewed["access_token"])]
    assert not active(renewed["access_token"]) and active(renewed["refresh_token"])
    # The first refresh token was used already: now nothing of the two is good.
    refused("invalid_grant", lambda: session.refresh_token(endpoint, refresh_token=token["refresh_token"]))
    took.append(out_after(issuer, token["access_token"]))
    assert not active(token["access_token"]) and not active(renewed["refresh_token"])
    refused("invalid_scope", lambda: session.fetch_token(endpoint, grant_type="client_credentials", scope="admin"))
    return max(took)


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
    reader = OAuth2Session("reader", ready["secrets"]["reader"], token_endpoint_auth_method="client_secret_basic")
    took = [life(by_secret, metadata, "mobile", issuer, reader)]

    key = ECKey.import_key(open(sys.argv[2]).read(), {"kid": "batch-1"})
    by_key = OAuth2Session("batch", key, token_endpoint_auth_method="private_key_jwt")
    method = PrivateKeyJWT(metadata["token_endpoint"], alg="ES256", headers={"kid": "batch-1"})
    by_key.register_client_auth_method(method)
    by_key.revocation_endpoint_auth_method = by_key.introspection_endpoint_auth_method = "private_key_jwt"
    took.append(life(by_key, metadata, "batch", issuer, reader))

    wrong = OAuth2Session("mobile", "ns_mobile_wrong", token_endpoint_auth_method="client_secret_basic")
    refused("invalid_client", lambda: wrong.fetch_token(metadata["token_endpoint"], grant_type="client_credentials"))
    post = OAuth2Session("mobile", ready["secrets"]["mobile"], token_endpoint_auth_method="client_secret_post")
    refused("invalid_client", lambda: post.fetch_token(metadata["token_endpoint"], grant_type="client_credentials"))
    print("  authlib: client credentials, refresh, introspection, revocation, private_key_jwt, JWKS, metadata, tokens on a route: ok")
    print(f"  authlib: a revoked token was refused by the gateway after {max(took) * 1000:.0f} ms at the most")


main()
