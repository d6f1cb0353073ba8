"""Speak a text while it is written, in Deepgram's messages: python examples/deepgram.py OUT.wav

Needs a running daemon (`vox daemon start`) and `pip install websockets`.
"""

import json
import os
import sys
import wave

from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

URL = os.environ.get("VOX_URL", "http://127.0.0.1:8869").replace("http", "ws", 1)
KEY = {"Authorization": "Token any"}  # or one of the daemon's, if it has some
MODEL = "default"  # ENGINE:VOICE, an engine, or a voice of the default engine
REPLY = "It is the moon that moves the sea. Twice a day the water rises, and twice it falls."
ADDRESS = f"{URL}/v1/speak?model={MODEL}&encoding=linear16&sample_rate=24000"


def send(ws, type, **fields):
    ws.send(json.dumps({"type": type, **fields}))


with wave.open(sys.argv[1], "wb") as file:
    file.setparams((1, 2, 24_000, 0, "NONE", ""))
    try:
        with connect(ADDRESS, additional_headers=KEY) as ws:
            for word in REPLY.split():  # as a language model writes it
                send(ws, "Speak", text=f"{word} ")
            send(ws, "Flush")
            for message in ws:
                if isinstance(message, bytes):  # none in them while a model loads
                    file.writeframes(message)
                    continue
                event = json.loads(message)
                print(event["type"], event.get("description", ""))
                if event["type"] == "Flushed":
                    send(ws, "Close")  # and the loop ends when vox has closed
                elif event["type"] == "Error":
                    raise SystemExit(1)
    except InvalidStatus as error:
        raise SystemExit(error.response.headers.get("dg-error", error)) from None
    print(f"{file.getnframes() / 24_000:.2f} s of sound")
