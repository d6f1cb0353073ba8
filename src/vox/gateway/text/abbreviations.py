"""What a full stop after a word means, by language: the tables that `segment.py` reads.

All words are lower case and without their last full stop. Single letters ("J.", "z.") and letters with stops
between ("u.s.", "a.m.") need no entry: they are told by their shape, and are as doubtful as `seldom`.
"""

from __future__ import annotations

from typing import NamedTuple


class Abbreviations(NamedTuple):
    """One language's words, and what its numbers do."""

    never: frozenset[str]
    """Never the last word of a sentence: titles, "e.g."."""
    numbered: frozenset[str]
    """No sentence ends here when a digit follows: "No. 5", "Jan. 3"."""
    seldom: frozenset[str]
    """The sentence ends here only when a word of `starters` follows: "etc.", "Inc."."""
    starters: frozenset[str]
    """Common first words of a sentence that aren't names."""
    ordinals: bool
    """Whether "3." means "third"."""


def _words(column: str) -> frozenset[str]:
    return frozenset(column.split())


def _table(*, never: str, numbered: str, seldom: str, starters: str, ordinals: bool = False) -> Abbreviations:
    return Abbreviations(_words(never), _words(numbered), _words(seldom), _words(starters), ordinals)


_TABLES = {
    "en": _table(
        never="dr mr mrs ms mx messrs prof rev fr hon st mt ft gen col lt capt cmdr sgt maj adm gov sen "
        "rep pres supt e.g i.e cf vs viz",
        numbered="no nos p pp vol ch chap sec fig figs eq art ver op ed approx ca jan feb mar apr jun jul "
        "aug sep sept oct nov dec",
        seldom="etc al inc ltd co corp llc bros jr sr esq ph.d phd dept univ assn est ave blvd rd calif",
        starters="he she it they we you i the this that these those there here but and so or if in on at "
        "when while what who where why how then now my his her its our your their for no yes not "
        "after before as with however also one some all many most",
    ),
    "de": _table(
        never="dr hr hrn fr frl prof dipl ing st mag dres vgl z.b d.h u.a s.o s.u bzw sog bspw evtl ggf "
        "inkl exkl zzgl abzgl insb einschl lt zw i.d.r",
        numbered="nr nrn s abs art bd kap abb tab anm aufl ca mind max tel jan feb mrz apr jun jul aug sep "
        "sept okt nov dez",
        seldom="usw etc str gmbh co jr sen geb gest verh jh jhd mio mrd std min sek",
        starters="der die das ein eine er sie es wir ich ihr und aber dann danach doch in im am auf so was "
        "wer wie wo warum wenn als nach mit für dies diese dieser dieses man da jetzt heute",
        ordinals=True,
    ),
    "fr": _table(
        never="m mm mme mmes mlle mlles dr drs pr st ste mgr cf p.ex c.-à-d env",
        numbered="no n° nos p pp vol chap fig art éd tél janv févr avr juil sept oct nov déc",
        seldom="etc al av bd jr cie inc",
        starters="le la les un une il elle ils elles on nous vous je tu ce cette ces et mais puis alors "
        "dans en à pour quand si que qui où comment pourquoi c j l d",
    ),
    "es": _table(
        never="sr sra sres sras srta d dña dr dra drs prof profa lic ing arq gral cnel cap sto sta fr "
        "ud uds vd vds p.ej cf",
        numbered="no n.º nº núm núms pág págs vol cap fig art tel ene feb mar abr may jun jul ago sept oct "
        "nov dic",
        seldom="etc al av avda cía jr s.a ee.uu ee aprox",
        starters="el la los las un una él ella ellos ellas nosotros yo tú usted y pero entonces este esta "
        "esto ese esa en por para cuando si que qué quién dónde cómo no sí lo se hay",
    ),
    "it": _table(
        never="sig sigg sig.ra sig.na dott dott.ssa dr prof prof.ssa ing avv arch geom rag egr gent "
        "spett mons p.es cfr",
        numbered="n nn p pp pag pagg vol cap fig art tel gen feb mar apr mag giu lug ago set ott nov dic",
        seldom="ecc etc al jr s.p.a s.r.l ca",
        starters="il lo la i gli le un una lui lei loro noi io e ma poi questo questa in per quando se che "
        "chi dove come non sì si è c l",
    ),
    "pt": _table(
        never="sr sra srta dr dra d prof profa eng gen cel cap sto sta exmo v.exa p.ex cf",
        numbered="no n.º nº núm pág págs vol cap fig art tel jan fev mar abr mai jun jul ago set out nov dez",
        seldom="etc al av ltda cia jr s.a",
        starters="o a os as um uma ele ela eles elas nós eu e mas então este esta isso em por para quando "
        "se que quem onde como não sim",
    ),
    "ru": _table(
        never="г-н г-жа проф акад св им см ср т.е т.к напр",
        numbered="стр рис табл гл ст вып ред тел янв февр апр авг сент окт нояб дек",
        seldom="т.д т.п др пр руб коп тыс млн млрд ул обл гг вв",
        starters="он она оно они мы вы я ты это этот эта эти и а но в на с по как что кто где когда если "
        "потом тогда так не для",
    ),
    "ar": _table(
        never="د م أ",
        numbered="ص ج ق.م",
        seldom="إلخ الخ",
        starters="",
    ),
    "hi": _table(
        never="डॉ डा श्री सुश्री प्रो पं",
        numbered="रु नं सं",
        seldom="आदि",
        starters="",
    ),
}

# Languages without a table of their own that write "3." for "third".
_ORDINALS = _words("bs cs da et eu fi hr hu is lv nb nn no pl sk sl sr tr")

_ANY = Abbreviations(
    never=frozenset[str]().union(*(table.never for table in _TABLES.values())),
    numbered=frozenset[str]().union(*(table.numbered for table in _TABLES.values())),
    seldom=frozenset[str]().union(*(table.seldom for table in _TABLES.values())),
    starters=frozenset[str]().union(*(table.starters for table in _TABLES.values())),
    ordinals=True,
)


def abbreviations(language: str) -> Abbreviations:
    """The table for a BCP 47 tag; all tables together where there is none of its own."""
    primary = language.replace("_", "-").partition("-")[0].lower()
    if primary in _TABLES:
        return _TABLES[primary]
    return _ANY._replace(ordinals=not primary or primary in _ORDINALS)
