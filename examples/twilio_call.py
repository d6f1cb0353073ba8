"""A phone call through Twilio, with Twilio's side from a recording: python examples/twilio_call.py OUT.wav

Needs a running daemon (`vox daemon start`) and `pip install httpx websockets`. What Twilio sends in such a
call is in twilio_call.jsonl: it begins, the caller is heard, marks come back when what stands before them was
played, the caller presses a key, and hangs up. OUT.wav is what the caller hears.
"""

import asyncio
import json
import os
import sys
import wave
from array import array
from base64 import b64decode
from pathlib import Path

import httpx
from websockets.asyncio.client import connect

URL = os.environ.get("VOX_URL", "http://127.0.0.1:8869")
KEY = {"Authorization": "Bearer any"}  # or one of the daemon's, if it has some
LINES = [json.loads(line) for line in Path(__file__).with_suffix(".jsonl").read_text().splitlines()]
STREAM = LINES[1]["streamSid"]
NEWS = """We have so much to tell you that it may take until tomorrow morning and if you should be tired of it
before then you can always press a key and we will come to the point."""


class Twilio:
    """Plays what it is sent, no faster than one listens."""

    def __init__(self, ws):
        self.ws, self.heard = ws, b""
        self.buffer = asyncio.Queue()
        self.marks = {line["mark"]["name"]: line for line in LINES if line["event"] == "mark"}
        self.rest = [line for line in LINES if line["event"] != "mark"]

    async def send(self, last):
        """What was recorded up to that event."""
        sent = ""
        while sent != last:
            message = self.rest.pop(0)
            sent = message["event"]
            await self.ws.send(json.dumps(message))

    async def receive(self):
        async for text in self.ws:
            message = json.loads(text)
            if message["event"] != "clear":
                self.buffer.put_nowait(message)
                continue
            print("  clear")
            while not self.buffer.empty():  # marks that are cleared come back as well
                await self.reach(self.buffer.get_nowait())

    async def play(self):
        while True:
            message = await self.buffer.get()
            if message["event"] == "media":
                self.heard += b64decode(message["media"]["payload"])
                await asyncio.sleep(0.02)
            await self.reach(message)

    async def reach(self, message):
        name = message.get("mark", {}).get("name")
        if name in self.marks:
            print(f"  {name}")
            await self.ws.send(json.dumps(self.marks[name]))


def linear(code):
    """A sample of G.711 mu-law, as 16 bits."""
    code = ~code & 0xFF
    size = (((code & 15) << 3) + 132 << (code >> 4 & 7)) - 132
    return -size if code & 128 else size


async def main():
    async with httpx.AsyncClient(base_url=URL, headers=KEY, timeout=60) as http:

        async def say(text, **how):
            answer = await http.post(f"/twilio/{STREAM}/say", json={"text": text, **how})
            answer.raise_for_status()

        path = (await http.get("/twilio/ticket")).json()["path"]
        async with connect(URL.replace("http", "ws", 1) + path) as ws:
            twilio = Twilio(ws)
            receiving, playing = asyncio.create_task(twilio.receive()), asyncio.create_task(twilio.play())
            await twilio.send("media")
            while not (await http.get("/twilio/calls")).json()["calls"]:
                await asyncio.sleep(0.02)

            print("a sentence, until it was heard")
            await say("Thank you for calling.", wait=True)
            print("another, as a language model writes it")
            for word in NEWS.split():
                await say(f"{word} ", flush=False)
            await say("")
            await asyncio.sleep(1)
            await twilio.send("dtmf")
            print("the caller pressed a key, so stop, and say something else")
            await say("Two, then.", interrupt=True, wait=True)
            await twilio.send("stop")
            await receiving  # vox closes the connection
            playing.cancel()

    with wave.open(sys.argv[1], "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(array("h", map(linear, twilio.heard)).tobytes())
    print(f"the caller heard {len(twilio.heard) / 8000:.2f} s")


asyncio.run(main())
