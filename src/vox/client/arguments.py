"""The options of `vox "text"`, read by hand: `argparse` alone would cost as much as all the rest."""

from __future__ import annotations

import os

from vox.errors import VoxError

VALUED = {
    "-f": "file",
    "--file": "file",
    "-b": "backend",
    "--backend": "backend",
    "-v": "voice",
    "--voice": "voice",
    "-l": "lang",
    "--lang": "lang",
    "-s": "speed",
    "--speed": "speed",
    "-o": "output",
    "--output": "output",
    "--format": "format",
    "--keep-alive": "keep_alive",
    "-i": "instructions",
    "--instructions": "instructions",
    "-p": "preset",
    "--preset": "preset",
    "--seed": "seed",
    "--option": "option",
}
FLAGS = {
    "--json": "json",
    "--no-daemon": "no_daemon",
    "--no-cache": "no_cache",
    "--no-normalize": "no_normalize",
    "-h": "help",
    "--help": "help",
    "--version": "version",
}

SUFFIXES = {
    ".wav": "wav",
    ".mp3": "mp3",
    ".opus": "opus",
    ".ogg": "opus",
    ".aac": "aac",
    ".flac": "flac",
    ".pcm": "pcm",
    ".raw": "pcm",
    ".ulaw": "ulaw",
    ".alaw": "alaw",
}


class UsageError(VoxError):
    """The command line itself is wrong: exit code 2."""

    kind = "usage_error"
    default_code = "usage"


class Arguments:
    """What was asked for; a string is empty and a flag false when it was not given."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.file = ""
        self.backend = os.environ.get("VOX_ENGINE", "")
        self.voice = os.environ.get("VOX_VOICE", "")
        self.lang = os.environ.get("VOX_LANG", "")
        self.speed = os.environ.get("VOX_SPEED", "")
        self.output = ""
        self.format = ""
        self.keep_alive = ""
        self.instructions = ""
        self.preset = ""
        self.seed = ""
        self.options: dict[str, str] = {}
        self.json = False
        self.no_daemon = False
        self.no_cache = False
        self.no_normalize = False
        self.help = False
        self.version = False


def parse(argv: list[str]) -> Arguments:
    """Options and words in any order; words only after `--`. Raises `UsageError`."""
    arguments = Arguments()
    rest = iter(argv)
    for word in rest:
        name, value = _split(word)
        if word == "--":
            arguments.words += rest
        elif not word.startswith("-") or word == "-":
            arguments.words.append(word)
        elif name in FLAGS and value is None:
            setattr(arguments, FLAGS[name], True)
        elif name in VALUED:
            value = next(rest, None) if value is None else value
            if not value:
                raise UsageError(f"{name} needs a value")
            if name == "--option":
                key, _, setting = value.partition("=")
                arguments.options[key] = setting
            else:
                setattr(arguments, VALUED[name], value)
        else:
            raise _unknown(name, value)
    return _checked(arguments)


def _split(word: str) -> tuple[str, str | None]:
    """`--name=value` and `-nvalue` apart; the value is None where it must be the next word."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, value if equals else None
    return word[:2], word[2:] or None


def _unknown(name: str, value: str | None) -> UsageError:
    if name in FLAGS and value:
        return UsageError(f"{name} takes no value")
    near = near_options(name, [*VALUED, *FLAGS])
    advice = f"did you mean {near}?" if near else "put -- before text that begins with a dash"
    return UsageError(f"unknown option {name}; {advice}")


def near_options(name: str, known: list[str]) -> str:
    """The long options that look like `name`, for people; empty when none does."""
    from vox.errors import near_misses

    words = [option[2:] for option in known if option.startswith("--")]
    near = near_misses(name[2:], words) if name.startswith("--") else []
    return " or ".join(f"--{word}" for word in near)


def _checked(arguments: Arguments) -> Arguments:
    if arguments.file and arguments.words:
        raise UsageError("give either text or -f FILE, not both")
    if arguments.format and not arguments.output:
        raise UsageError("--format says how to write a file: it needs -o FILE")
    if arguments.json and arguments.output == "-":
        raise UsageError("--json and -o - both want the standard output")
    if arguments.speed and not _is_number(arguments.speed):
        raise UsageError(f"the speed is a number such as 1.25, not {arguments.speed!r}")
    if arguments.seed and not arguments.seed.lstrip("-").isdecimal():
        raise UsageError(f"the seed is a whole number, not {arguments.seed!r}")
    if not all(key and value for key, value in arguments.options.items()):
        raise UsageError("--option needs a name and a value: --option temperature=0.7")
    if arguments.output and not arguments.format:
        arguments.format = _format(arguments.output)
    return arguments


def _is_number(word: str) -> bool:
    try:
        return float("-inf") < float(word) < float("inf")
    except ValueError:
        return False


def _format(output: str) -> str:
    """The format that a file's name asks for; a pipe or device with no suffix gets wav."""
    suffix = os.path.splitext(output)[1].lower()
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    stream = output == "-" or (os.path.exists(output) and not os.path.isfile(output))
    if stream and not suffix:
        return "wav"
    known = " ".join(SUFFIXES)
    raise UsageError(f"{output!r} names no format: end it in one of {known}, or use --format")
