"""Speaks with tests/foreign/websocket_service.py through the address given; any surprise is an exception."""
import asyncio
import sys

import websockets


async def main():
    async with websockets.connect(f"ws://{sys.argv[1]}/chat", max_size=None) as socket:
        for message in ["안녕하세요", b"\x00\xff" * 10, "x" * 1_000_000]:
            await socket.send(message)
            assert await asyncio.wait_for(socket.recv(), 10) == message
        await asyncio.wait_for(await socket.ping(), 10)
    assert socket.close_code == 1000, socket.close_code
    print("WebSocket is well")


asyncio.run(main())
