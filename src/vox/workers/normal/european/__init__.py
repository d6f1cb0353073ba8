"""The languages of Europe that write numbers alike: a decimal comma, thousands set apart by points or spaces,
day before month, twenty-four hours, the currency behind the figure.

A language is a `Tongue` with its words and what is its own; `rules` makes the rules."""

from __future__ import annotations

from vox.workers.normal import web
from vox.workers.normal.european.abbreviations import abbreviations
from vox.workers.normal.european.arithmetic import times as products
from vox.workers.normal.european.measures import areas, money, percents, units
from vox.workers.normal.european.moments import dates, times
from vox.workers.normal.european.numbers import codes, numbers
from vox.workers.normal.european.phones import phones
from vox.workers.normal.european.tongue import Tongue
from vox.workers.normal.rule import Rule


def rules(tongue: Tongue) -> tuple[Rule, ...]:
    return (
        *tongue.own("abbreviation"),
        *web.rules(tongue.web),
        *codes(tongue),
        *phones(tongue),
        *tongue.own("date"),
        *dates(tongue),
        *tongue.own("time"),
        *times(tongue),
        *tongue.own("ordinal"),
        *abbreviations(tongue, numbered=True),
        *areas(tongue),
        *products(tongue),
        *money(tongue),
        *percents(tongue),
        *units(tongue),
        *tongue.own("unit"),
        *abbreviations(tongue, numbered=False),
        *tongue.own("number"),
        *numbers(tongue),
    )
