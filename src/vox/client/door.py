"""The one way to the gateway: the daemon where it runs, else one started for it.

While a daemon answers, nothing beyond this file and `http11` is loaded.
"""

from __future__ import annotations

from vox import paths
from vox.client import http11


def ask(
    method: str,
    path: str,
    body: bytes = b"",
    kind: str = http11.JSON,
    *,
    engine: str = "",
    no_daemon: bool = False,
) -> tuple[http11.Answer, bool]:
    """The answer to a request, and whether it is a daemon's (else a gateway's started for this call only).

    `engine` (`ENGINE` or `ENGINE/MODEL`, empty for the default) decides whether a missing daemon is started.
    Raises `VoxError` where nothing answers; the answer's own status is the caller's to check.
    """
    sock = None if no_daemon else http11.connect(paths.socket_path())
    if sock is not None:
        try:
            return http11.exchange(sock, method, path, body, kind), True
        except ConnectionResetError:
            sock.close()  # it was leaving, and never read the request
        except BaseException:
            sock.close()
            raise
    from vox.client import cold

    sock, daemon = cold.connect(engine, no_daemon)
    try:
        return http11.exchange(sock, method, path, body, kind), daemon
    except ConnectionResetError:
        sock.close()
        raise http11.broken_off() from None
    except BaseException:
        sock.close()
        raise


def ask_daemon(method: str, path: str, timeout: float = 5.0) -> dict[str, object] | None:
    """The JSON answer of the running daemon, None when there is none; it has `timeout` seconds for each step.

    Raises `VoxError` when it refuses or stays silent.
    """
    sock = http11.connect(paths.socket_path())
    if sock is None:
        return None
    sock.settimeout(timeout)
    try:
        answer = http11.exchange(sock, method, path, b"{}" if method == "POST" else b"")
        answer.check()
        return answer.json()
    except ConnectionResetError:
        return None
    except TimeoutError:
        raise http11.BrokenOff(
            f"the daemon does not answer within {timeout:g} s; its log: {paths.daemon_log()}"
        ) from None
    finally:
        sock.close()
