"""A WebSocket echo of the `websockets` library. Started by naru; listens on HOST:PORT."""
import asyncio
import os

import websockets


async def echo(socket):
    async for message in socket:
        await socket.send(message)


async def main():
    async with websockets.serve(echo, os.environ["HOST"], int(os.environ["PORT"]), max_size=None):
        await asyncio.Future()


asyncio.run(main())
