"""What the command line runs for engines and models: `python -m vox.gateway.admin VERB …`.

Everything here works on the disk, whether a daemon runs or not.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
from typing import Any, NoReturn

import msgspec

from vox import config
from vox.errors import NotInstalled, VoxError
from vox.gateway import models
from vox.gateway.fleet import catalog, envs, errands, install, weights
from vox.gateway.fleet.catalog import Catalog, EngineSpec, ModelSpec


def main() -> int:
    signal.signal(signal.SIGTERM, _leave)
    options = _arguments().parse_args()
    try:
        return int(options.run(catalog.load(), config.load(), options))
    except (VoxError, OSError) as error:
        sys.stderr.write(f"vox: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("vox: interrupted\n")
        return 130


def _leave(signal: int, frame: object) -> NoReturn:
    """By an exception, so that what is half done is undone."""
    sys.exit(128 + signal)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vox")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    about = "list the engines: whether they are installed, what they speak, under which licence"
    engines = verbs.add_parser("engines", help="list the engines", description=about)
    engines.set_defaults(run=_engines)
    about = "list the models of all engines: whether their files are here, and how large they are"
    weights = verbs.add_parser("models", help="list the models", description=about)
    weights.set_defaults(run=_models)
    for listing in (engines, weights):
        listing.add_argument("--json", action="store_true", help="as JSON")
    about = "bring the files of a model, or what is missing of them, and verify them"
    pull = verbs.add_parser("pull", help="bring the files of a model", description=about)
    pull.add_argument(
        "model",
        metavar="ENGINE[/MODEL]",
        help="as vox models lists it; without MODEL the first that fits this machine",
    )
    about = "agree to what a model brings from elsewhere, such as code; without it the pull says what that is"
    pull.add_argument("--trust", action="store_true", help=about)
    pull.set_defaults(run=_pull)
    actions = verbs.add_parser("engine", help="install, remove or check one").add_subparsers(
        required=True, metavar="install|remove|check"
    )
    for verb, run, about in (
        ("install", _install, "build the engine's own environment; no-op when it is there"),
        ("remove", _remove, "delete the engine's environment; pulled models stay"),
        ("check", _check, "let the engine speak in its own environment, and look at what comes"),
    ):
        action = actions.add_parser(verb, help=about, description=about)
        metavar = "NAME[/MODEL]" if run is _check else "NAME"
        action.add_argument("name", metavar=metavar, help="an engine, as vox engines lists it")
        action.set_defaults(run=run)
        if run is _install:
            action.add_argument("--python", help="interpreter to build the environment with")
            whose = "whose build of torch it gets; otherwise the configured one's, or what is found"
            action.add_argument("--device", choices=config.DEVICES[1:], help=whose)
    return parser


def _say(line: str) -> None:
    """Progress and results of work; only lists go to stdout."""
    sys.stderr.write(line + "\n")


def _install(engines: Catalog, settings: config.Config, options: argparse.Namespace) -> int:
    spec = engines.find(options.name)
    install.install(spec, settings, python=options.python, device=options.device, report=_say)
    where = _where(spec, spec.model(models.variant(spec, "", settings)), settings)
    if where["why_not"]:
        _say(where["why_not"])
    return 0


def _remove(engines: Catalog, settings: config.Config, options: argparse.Namespace) -> int:
    install.remove(engines.find(options.name), _say)
    return 0


def _check(engines: Catalog, settings: config.Config, options: argparse.Namespace) -> int:
    spec, model = _named(engines, options.name, settings)
    return 0 if errands.check(spec, model, settings, _say) else 1


def _pull(engines: Catalog, settings: config.Config, options: argparse.Namespace) -> int:
    spec, model = _named(engines, options.model, settings)
    errands.pull(spec, model, settings, lambda what: options.trust or _agrees(what), _say)
    return 0


def _named(engines: Catalog, words: str, settings: config.Config) -> tuple[EngineSpec, ModelSpec]:
    """Engine and model of ENGINE[/MODEL]; the model that would speak where none is named. Raises
    `NotFound`."""
    name, _, model = words.partition("/")
    spec = engines.find(name)
    return spec, spec.model(models.variant(spec, model, settings))


def _agrees(what: str) -> bool:
    """Ask, where there is somebody to ask."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    _say(what)
    sys.stderr.write("Do you agree? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _engines(engines: Catalog, settings: config.Config, options: argparse.Namespace) -> int:
    shown = [spec for spec in engines.engines.values() if not spec.hidden]
    if options.json:
        facts = [_facts(spec, settings) for spec in shown]
        broken = [
            {"name": name, "installed": False, "why_not": reason} for name, reason in engines.broken.items()
        ]
        return _json(facts + broken)
    rows: list[tuple[str, ...]] = [
        ("ENGINE", "INSTALLED", "DOES", "LANGUAGES", "VOICES", "MODELS", "TITLE", "LICENSE")
    ]
    rows += [_row(spec) for spec in shown]
    _table(rows)
    candidates = [spec for spec in shown if spec.runs_here]
    reasons = [reason for spec in candidates if (reason := envs.why_not(spec))]
    for reason in reasons + list(engines.broken.values()):
        _say(reason)
    return 0


def _facts(spec: EngineSpec, settings: config.Config) -> dict[str, Any]:
    models = [msgspec.to_builtins(model) | _where(spec, model, settings) for model in spec.models.values()]
    reason = envs.why_not(spec)
    facts: dict[str, Any] = msgspec.to_builtins(spec)
    return facts | {"installed": reason is None, "why_not": reason, "models": models}


def _where(spec: EngineSpec, model: ModelSpec, settings: config.Config) -> dict[str, Any]:
    """Whether the model's files are here, in which directory, and if not, why."""
    try:
        directory = weights.directory(spec, model.name, settings)
    except NotInstalled as error:
        return {"pulled": False, "directory": None, "why_not": error.message}
    return {"pulled": True, "directory": directory, "why_not": None}


def _row(spec: EngineSpec) -> tuple[str, ...]:
    return (
        spec.name,
        "yes" if envs.installed(spec) else "no",
        _DOES[spec.role],
        _languages(spec.languages),
        _voices(spec),
        _short(tuple(spec.models), 2),
        spec.title,
        spec.license,
    )


_DOES = {"speech": "speaks", "transcript": "transcribes"}


def _voices(spec: EngineSpec) -> str:
    """Their number; of an engine that only its worker knows, "many"."""
    named = sum(len(group) for group in spec.voices.values())
    return str(named or ("-" if spec.languages or spec.role == "transcript" else "many"))


def _languages(tags: tuple[str, ...]) -> str:
    """Whose header names no language has so many that only its worker can tell."""
    return _short(tags, 4) or "many"


def _short(names: tuple[str, ...], most: int) -> str:
    return " ".join(names) if len(names) <= most else str(len(names))


def _models(engines: Catalog, settings: config.Config, options: argparse.Namespace) -> int:
    shown = [spec for spec in engines.engines.values() if not spec.hidden]
    found = [(spec, model) for spec in shown for model in spec.models.values()]
    facts = [
        msgspec.to_builtins(model)
        | {
            "model": f"{spec.name}/{model.name}",
            "role": spec.role,
            "languages": model.languages or spec.languages,
            "license": model.license or spec.license,
        }
        | _where(spec, model, settings)
        for spec, model in found
    ]
    if options.json:
        return _json(facts)
    rows: list[tuple[str, ...]] = [("MODEL", "PULLED", "SIZE", "LANGUAGES", "TITLE", "LICENSE")]
    wrong: list[str] = []
    for (spec, model), fact in zip(found, facts, strict=True):
        size = f"{model.bytes / 1e6:,.0f} MB" if model.bytes else "-"
        own = settings.of_engine(spec.name).get("directory")
        here = "own dir" if own else "yes" if model.files or model.parts else "-"
        pulled = here if fact["pulled"] else "no"
        if own and not fact["pulled"]:
            wrong.append(fact["why_not"])
        title = model.title or spec.title
        rows.append((fact["model"], pulled, size, _languages(fact["languages"]), title, fact["license"]))
    _table(rows)
    for reason in dict.fromkeys(wrong):
        _say(reason)
    return 0


def _json(value: Any) -> int:
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
    return 0


def _table(rows: list[tuple[str, ...]]) -> None:
    """On a terminal a line that is too long loses its end: the last column is the one that may."""
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        line = "  ".join(cells).rstrip()
        sys.stdout.write((line if len(line) <= room else line[: room - 1] + "…") + "\n")


if __name__ == "__main__":
    sys.exit(main())
