"""How much memory this process holds: resident bytes, and bytes on an NVIDIA card."""

from __future__ import annotations

import ctypes
import os
import sys

_PAGE = os.sysconf("SC_PAGE_SIZE")


def resident() -> int:
    """Bytes of RAM; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * _PAGE
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS gives the peak, in bytes
        return peak if sys.platform == "darwin" else peak * 1024


class _Process(ctypes.Structure):
    """`nvmlProcessInfo_t`, as `nvmlDeviceGetComputeRunningProcesses_v3` fills it (nvml.h)."""

    _fields_ = (
        ("pid", ctypes.c_uint),
        ("used", ctypes.c_ulonglong),
        ("gpu_instance", ctypes.c_uint),
        ("compute_instance", ctypes.c_uint),
    )


_NOT_AVAILABLE = (1 << 64) - 1
_MOST = 256


class Card:
    """NVIDIA's management library, where there is one; asks nothing of the CUDA runtime."""

    def __init__(self) -> None:
        self._library: ctypes.CDLL | None = None
        if not os.path.exists("/dev/nvidiactl"):
            return
        try:
            library = ctypes.CDLL("libnvidia-ml.so.1")
        except OSError:
            return
        if library.nvmlInit_v2() == 0:
            self._library = library

    def used(self) -> int:
        """Bytes that this process holds on all cards, its CUDA context included; 0 without a card."""
        if self._library is None:
            return 0
        count = ctypes.c_uint()
        self._library.nvmlDeviceGetCount_v2(ctypes.byref(count))
        return sum(self._used_on(index) for index in range(count.value))

    def _used_on(self, index: int) -> int:
        assert self._library is not None
        device = ctypes.c_void_p()
        if self._library.nvmlDeviceGetHandleByIndex_v2(index, ctypes.byref(device)) != 0:
            return 0
        found, size = (_Process * _MOST)(), ctypes.c_uint(_MOST)
        status = self._library.nvmlDeviceGetComputeRunningProcesses_v3(device, ctypes.byref(size), found)
        if status != 0:
            return 0
        mine = [entry.used for entry in found[: size.value] if entry.pid == os.getpid()]
        return sum(used for used in mine if used != _NOT_AVAILABLE)
