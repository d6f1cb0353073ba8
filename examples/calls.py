"""A text to frames that a phone line takes: python examples/calls.py OUT.ulaw

Needs a running daemon (`vox daemon start`) and `pip install websockets`. Hear the result with
`ffplay -f mulaw -ar 8000 OUT.ulaw`.
"""

import json
import os
import sys
from base64 import b64decode

from websockets.sync.client import connect

URL = os.environ.get("VOX_URL", "http://127.0.0.1:8869").replace("http", "ws", 1)
APOLOGY = "All our lines are busy. Please hold on, or call again."


def receive(ws):
    message = json.loads(ws.recv())
    if "error" in message:
        raise SystemExit(message["error"])
    return message


with open(sys.argv[1], "wb") as call:
    # A text that is there.
    with connect(f"{URL}/ws/synthesize") as ws:
        ws.send(
            json.dumps({"text": "Thank you for calling.", "preset": "realtime", "output_format": "mulaw"})
        )
        while not (message := receive(ws))["is_final"]:
            call.write(b64decode(message["audio"]))  # 160 bytes: 20 ms
        print(f"first sound after {message['first_chunk_ms']} ms, all of it after {message['total_ms']} ms")

    # A text that is still being written.
    with connect(f"{URL}/ws/synthesize-stream") as ws:
        ws.send(json.dumps({"type": "init", "preset": "adaptive"}))
        print(receive(ws)["message"])
        for word in APOLOGY.split():
            ws.send(json.dumps({"type": "text", "content": word + " "}))
        ws.send(json.dumps({"type": "end"}))
        while (message := receive(ws))["type"] != "complete":
            if message["type"] == "audio":
                call.write(b64decode(message["audio"]))
    print(f"{call.tell() // 160} frames")
