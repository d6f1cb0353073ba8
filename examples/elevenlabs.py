"""ElevenLabs' interface, spoken to as its clients do: python examples/elevenlabs.py OUT.mp3 OUT.wav

Needs a running daemon (`vox daemon start`) and `pip install httpx websockets`. With ElevenLabs' own package,
the first half is `ElevenLabs(base_url=URL, api_key="any").text_to_speech.stream(…)`.
"""

import json
import os
import sys
import wave
from base64 import b64decode

import httpx
from websockets.sync.client import connect

URL = os.environ.get("VOX_URL", "http://127.0.0.1:8869")
KEY = {"xi-api-key": "any"}  # or one of the daemon's, if it has some
VOICE = f"{URL}/v1/text-to-speech/default"


def receive(ws):
    message = json.loads(ws.recv())
    if "error" in message:
        raise SystemExit(message["error"])
    return message


voices = httpx.get(f"{URL}/v2/voices", headers=KEY).json()
print(f"{voices['total_count']} voices, such as {voices['voices'][0]['voice_id']}")

# A text that is there.
body = {"text": "It is the moon that moves the sea.", "voice_settings": {"speed": 1.1}}
query = {"output_format": "mp3_44100_128"}
with httpx.stream("POST", f"{VOICE}/stream", json=body, params=query, headers=KEY, timeout=60) as answer:
    answer.raise_for_status()
    with open(sys.argv[1], "wb") as file:
        file.writelines(answer.iter_bytes())

# Two that are still being written, on one connection.
address = f"{VOICE}/multi-stream-input?output_format=pcm_24000".replace("http", "ws", 1)
texts = {"first": "Twice a day the water rises.", "second": "And twice it falls."}
sounds = dict.fromkeys(texts, b"")
with connect(address, additional_headers=KEY) as ws:
    for name, text in texts.items():
        ws.send(json.dumps({"text": " ", "context_id": name}))
        for word in text.split():
            ws.send(json.dumps({"text": f"{word} ", "context_id": name}))
        ws.send(json.dumps({"context_id": name, "flush": True}))
        ws.send(json.dumps({"context_id": name, "close_context": True}))
    unfinished = set(texts)
    while unfinished:
        message = receive(ws)
        if message["isFinal"]:
            unfinished.remove(message["contextId"])
        else:
            sounds[message["contextId"]] += b64decode(message["audio"])
with wave.open(sys.argv[2], "wb") as file:
    file.setparams((1, 2, 24_000, 0, "NONE", ""))
    file.writeframes(b"".join(sounds.values()))
print(f"{sum(map(len, sounds.values())) / 48_000:.1f} s of sound")
