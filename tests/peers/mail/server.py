#!/usr/bin/env python3
"""A mail server that others wrote (aiosmtpd): prints its port, and then each e-mail as a line of JSON."""
import asyncio
import email
import email.policy
import json

from aiosmtpd.smtp import SMTP


class Print:
    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        print(json.dumps({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "subject": message["subject"],
            "text": message.get_body(("plain",)).get_content().replace("\r\n", "\n"),
            "files": [{
                "name": part.get_filename(),
                "type": part.get_content_type(),
                "bytes": len(part.get_payload(decode=True)),
                "begins": part.get_payload(decode=True)[:15].decode("latin-1"),
            } for part in message.iter_attachments()],
        }), flush=True)
        return "250 taken"


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Print(), enable_SMTPUTF8=True), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
