# One small application for every Python server: an answer after 150 ms, as ASGI (`app`) and as WSGI (`application`).
import asyncio
import time


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await asyncio.sleep(0.15)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"3")]})
    await send({"type": "http.response.body", "body": b"ok\n"})


def application(_environ, start_response):
    time.sleep(0.15)
    start_response("200 OK", [("Content-Length", "3")])
    return [b"ok\n"]
