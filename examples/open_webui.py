"""The requests that Open WebUI sends, one after another: python examples/open_webui.py OUT.mp3

Needs a running daemon (`vox daemon start`) and `pip install httpx`. If this works from where Open WebUI runs,
with the address in VOX_URL, so does Open WebUI.
"""

import os
import sys

import httpx

URL = os.environ.get("VOX_URL", "http://127.0.0.1:8869") + "/v1"
KEY = {"Authorization": "Bearer any"}  # or one of the daemon's, if it has some
MODEL, VOICE = "tts-1", "alloy"
REPLY = ["Twice a day the water rises, and twice it falls.", "It is the moon that moves the sea."]


def listed(what):
    """The lists of the settings page are asked for without the key."""
    answer = httpx.get(f"{URL}/audio/{what}")
    if answer.is_error:
        raise SystemExit(f"Open WebUI falls back to lists of its own: {answer.json()['error']['message']}")
    return answer.json()[what]


def speech(**body):
    """Each part of a reply, a sentence or more, is a request of its own."""
    return httpx.post(f"{URL}/audio/speech", json=body, headers=KEY, timeout=300)


models, voices = listed("models"), listed("voices")
print("models:", ", ".join(model["id"] for model in models))
print("voices:", ", ".join(f"{voice['id']} ({voice['name']})" for voice in voices[:5]), "…")

with open(sys.argv[1], "wb") as file:
    for part in REPLY:
        answer = speech(input=part, voice=VOICE, model=MODEL)
        if answer.is_error:  # what Open WebUI shows
            raise SystemExit(f"External: {answer.json()['error']['message']}")
        kind, engine = answer.headers["content-type"], answer.headers["x-vox-engine"]
        print(f"{kind}, {len(answer.content)} bytes, by {engine}")
        file.write(answer.content)
