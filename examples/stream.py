"""Speak a text while it is written, and be interrupted: python examples/stream.py OUT.wav

Needs a running daemon (`vox daemon start`) and `pip install websockets`.
"""

import json
import os
import sys
import wave

from websockets.sync.client import connect

URL = os.environ.get("VOX_URL", "http://127.0.0.1:8869").replace("http", "ws", 1)
REPLY = "It is the moon that moves the sea. Twice a day the water rises, and twice it falls. "


def send(ws, type, **fields):
    ws.send(json.dumps({"type": type, **fields}))


def heard(ws, until, file):
    """Write the sound to `file` up to the message `until`; return the text that was spoken by then."""
    spoken = ""
    for message in ws:
        if isinstance(message, bytes):
            file.writeframes(message)
            continue
        event = json.loads(message)
        if event["type"] == "error":
            raise SystemExit(event["message"])
        if event["type"] == "session.loading":
            print(f"loading {event['progress']:.0%}")
        if event["type"] == "audio.mark":
            spoken = event["text"]
            print(f"{event['ms']:6.0f} ms  {spoken!r}")
        if event["type"] == until:
            break
    return spoken


with wave.open(sys.argv[1], "wb") as file, connect(f"{URL}/v1/audio/speech/stream") as ws:
    file.setparams((1, 2, 24_000, 0, "NONE", ""))
    send(ws, "session.config", stream_audio=True, response_format="pcm")
    for word in REPLY.split(" "):  # as a language model writes it
        send(ws, "input.text", text=word + " ")
    send(ws, "input.done")
    heard(ws, "session.done", file)

    send(ws, "input.text", text=REPLY * 10)  # the user breaks in after the first sentence
    said = heard(ws, "audio.mark", file)
    send(ws, "input.cancel")
    print("stopped after:", repr(heard(ws, "input.cancelled", file) or said))
