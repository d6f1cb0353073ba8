"""What the gateway holds when nobody speaks: after its start, and after 1,000 requests in two formats.

python -m bench.memory
"""

from __future__ import annotations

from bench.daemon import ask, daemon, speech
from bench.report import Row, at_most, beside, table

REQUESTS = 1000


def measure() -> list[Row]:
    with daemon(VOX_KEEP_ALIVE="0.5", VOX_CACHE="false") as gateway:
        start = gateway.memory()
        with gateway.connect() as sock:
            for number in range(REQUESTS):
                ask(sock, speech(format="pcm" if number % 2 else "mp3"))
        gateway.get("/openapi.json")
        gateway.get("/v1/audio/voices")
        gateway.alone()
        rss, pss = gateway.memory()
    return [
        beside("gateway just started: RSS, PSS", f"{start[0]:.1f} MB, {start[1]:.1f} MB"),
        at_most("gateway idle after 1,000 requests: RSS", rss, 26, "MB"),
        at_most("gateway idle after 1,000 requests: PSS", pss, 20, "MB"),
    ]


if __name__ == "__main__":
    print(table(measure()))
