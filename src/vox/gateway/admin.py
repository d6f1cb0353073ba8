"""What the command line runs for engines and models: `python -m vox.gateway.admin VERB …`.

Everything here works on the disk, whether a daemon runs or not.
"""

from __future__ import annotations

import argparse
import signal
import sys
from typing import Any, NoReturn

import msgspec

from vox import config
from vox.errors import VoxError
from vox.gateway.fleet import catalog, envs, errands, install, weights
from vox.gateway.fleet.catalog import Catalog, EngineSpec


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
    engines = verbs.add_parser("engines", help="list the engines")
    engines.set_defaults(run=_engines)
    models = verbs.add_parser("models", help="list the models")
    models.set_defaults(run=_models)
    for listing in (engines, models):
        listing.add_argument("--json", action="store_true", help="as JSON")
    pull = verbs.add_parser("pull", help="bring the files of a model")
    pull.add_argument(
        "model", metavar="ENGINE[/MODEL]", help="as vox models lists it; the first one of an engine"
    )
    pull.set_defaults(run=_pull)
    actions = verbs.add_parser("engine", help="install, remove or check one").add_subparsers(
        required=True, metavar="install|remove|check"
    )
    for name, run, about in (
        ("install", _install, "build the engine's own environment; no-op when it is there"),
        ("remove", _remove, "delete the engine's environment; pulled models stay"),
        ("check", _check, "let the engine speak in its own environment, and look at what comes"),
    ):
        action = actions.add_parser(name, help=about, description=about)
        action.add_argument("name", metavar="NAME", help="an engine, as vox engines lists it")
        action.set_defaults(run=run)
        if run is _install:
            action.add_argument("--python", help="interpreter to build the environment with")
    return parser


def _say(line: str) -> None:
    """Progress and results of work; only lists go to stdout."""
    sys.stderr.write(line + "\n")


def _install(engines: Catalog, settings: config.Config, options: argparse.Namespace) -> int:
    spec = engines.find(options.name)
    python = options.python or settings.of_engine(spec.name).get("python")
    install.install(spec, python=python, report=_say)
    if not weights.pulled(spec, spec.default_model):
        _say(f"next: vox pull {spec.name}/{spec.default_model}")
    return 0


def _remove(engines: Catalog, settings: config.Config, options: argparse.Namespace) -> int:
    install.remove(engines.find(options.name), _say)
    return 0


def _check(engines: Catalog, settings: config.Config, options: argparse.Namespace) -> int:
    return 0 if errands.check(engines.find(options.name), settings, _say) else 1


def _pull(engines: Catalog, settings: config.Config, options: argparse.Namespace) -> int:
    name, _, model = options.model.partition("/")
    spec = engines.find(name)
    errands.pull(spec, spec.model(model), settings, _say)
    return 0


def _engines(engines: Catalog, settings: config.Config, options: argparse.Namespace) -> int:
    if options.json:
        facts = [_facts(spec) for spec in engines.engines.values()]
        broken = [
            {"name": name, "installed": False, "why_not": reason} for name, reason in engines.broken.items()
        ]
        return _json(facts + broken)
    rows: list[tuple[str, ...]] = [
        ("ENGINE", "INSTALLED", "RATE", "LANGUAGES", "VOICES", "MODELS", "LICENSE", "TITLE")
    ]
    rows += [_row(spec) for spec in engines.engines.values()]
    _table(rows)
    reasons = [reason for spec in engines.engines.values() if (reason := envs.why_not(spec))]
    for reason in reasons + list(engines.broken.values()):
        _say(reason)
    return 0


def _facts(spec: EngineSpec) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(spec)
    models = [
        model | {"pulled": weights.pulled(spec, model["name"])} for model in facts.pop("models").values()
    ]
    reason = envs.why_not(spec)
    return facts | {"installed": reason is None, "why_not": reason, "models": models}


def _row(spec: EngineSpec) -> tuple[str, ...]:
    languages = " ".join(spec.languages) if len(spec.languages) <= 4 else str(len(spec.languages))
    voices = sum(len(group) for group in spec.voices.values())
    return (
        spec.name,
        "yes" if envs.installed(spec) else "no",
        str(spec.sample_rate),
        languages or "-",
        str(voices or "-"),
        " ".join(spec.models),
        spec.license,
        spec.title,
    )


def _models(engines: Catalog, settings: config.Config, options: argparse.Namespace) -> int:
    found = [(spec, model) for spec in engines.engines.values() for model in spec.models.values()]
    facts = [
        msgspec.to_builtins(model)
        | {
            "model": f"{spec.name}/{model.name}",
            "pulled": weights.pulled(spec, model.name),
            "languages": spec.languages,
            "license": spec.license,
        }
        for spec, model in found
    ]
    if options.json:
        return _json(facts)
    rows: list[tuple[str, ...]] = [("MODEL", "PULLED", "SIZE", "LANGUAGES", "LICENSE", "TITLE")]
    for (spec, model), fact in zip(found, facts, strict=True):
        size = f"{model.bytes / 1e6:,.0f} MB" if model.bytes else "-"
        pulled = ("yes" if fact["pulled"] else "no") if model.files else "-"
        rows.append((fact["model"], pulled, size, _row(spec)[3], spec.license, model.title or spec.title))
    _table(rows)
    return 0


def _json(value: Any) -> int:
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
    return 0


def _table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


if __name__ == "__main__":
    sys.exit(main())
