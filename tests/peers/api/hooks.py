"""What schemathesis can't know of this API.

An answer with `follow=true` never ends, by design, and schemathesis waits for the end: the API's own tests prove streams.

Ten wrong tokens from one address shut that address out for a minute, right tokens included. schemathesis shows wrong ones on
purpose, so each connection comes from an address of its own, as from many clients; and an answer of 429 would prove nothing.
"""
import random

import schemathesis
from urllib3.util import connection

connect = connection.create_connection


def connect_from_anywhere(address, *arguments, **options):
    """Loopback has sixteen million addresses."""
    place = f"127.{random.randint(1, 254)}.{random.randint(0, 254)}.{random.randint(1, 254)}"
    options["source_address"] = (place, 0)
    return connect(address, *arguments, **options)


connection.create_connection = connect_from_anywhere


@schemathesis.hook
def map_query(context, query):
    """Streams are asked for once, as what they were when they were asked for."""
    if query and str(query.get("follow", "")).lower() == "true":
        query["follow"] = "false"
    return query


@schemathesis.hook
def before_call(context, case, kwargs):
    """One request per connection, and with it per address."""
    case.headers = {**(case.headers or {}), "Connection": "close"}


@schemathesis.check
def nobody_is_shut_out(context, response, case):
    """Behind a 429 nothing would have been tried."""
    assert response.status_code != 429, "an address was shut out: what follows would prove nothing"
