"""Titles, streets, states, and other words that are written short."""

from __future__ import annotations

import re

from vox.workers.normal.english.dates import DAYS, MONTHS
from vox.workers.normal.english.words import STARTS, English, one_by_one, stop, word_set
from vox.workers.normal.rule import Rule


def _table(lines: str) -> dict[str, str]:
    """ "Mr Mister; Mrs Missus": short, long."""
    return dict(entry.split(None, 1) for entry in lines.split(";"))


_TITLES = _table(
    "Mr Mister; Mrs Missus; Ms Miz; Dr Doctor; Drs Doctors; Prof Professor; St Saint; Lt Lieutenant; "
    "Sgt Sergeant; Capt Captain; Gen General; Sen Senator; Rep Representative; Gov Governor; Col Colonel; "
    "Cpl Corporal; Maj Major; Rev Reverend; Hon Honorable; Fr Father; Pres President; "
    "Supt Superintendent; Adm Admiral; Cmdr Commander; Pvt Private; Amb Ambassador; Messrs Messieurs; "
    "Mt Mount; Ft Fort; Det Detective; Insp Inspector; Sec Secretary"
)
_BARE_TITLES = word_set("Mr Mrs Ms Dr Prof St Lt Sgt Capt Mt")
"""Written without a full stop as well."""
_STREETS = _table(
    "St Street; Dr Drive; Ave Avenue; Av Avenue; Blvd Boulevard; Rd Road; Ln Lane; Pkwy Parkway; "
    "Hwy Highway; Sq Square; Ct Court; Pl Place; Expy Expressway; Fwy Freeway; Cir Circle; Tpke Turnpike"
)
_COMPANIES = _table(
    "Inc Incorporated; Ltd Limited; Corp Corporation; Bros Brothers; Co Company; Jr Junior; Sr Senior; "
    "Esq Esquire"
)
_NUMBERED = _table(
    "no number; nos numbers; vol volume; vols volumes; ch chapter; chap chapter; sec section; fig figure; "
    "figs figures; eq equation; eqs equations; p page; pp pages; pg page; pgs pages; art article; "
    "par paragraph; para paragraph; ver version; rm room; apt apartment; ste suite; bk book; ex example; "
    "app appendix; ep episode; op opus; c circa; ca circa; cl clause; max maximum; min minimum; "
    "tel telephone; est established; cf compare; rev revision; pt part; col column; lot lot"
)
_BARE_NUMBERED = word_set("vol pp fig figs apt chap")
_WORDS = _table(
    "e.g for example; i.e that is; etc et cetera; approx approximately; vs versus; viz namely; "
    "dept department; depts departments; govt government; avg average; incl including; excl excluding; "
    "misc miscellaneous; assoc associate; asst assistant; attn attention; appt appointment; "
    "orig original; resp respectively; tel telephone; ext extension; cf compare; bldg building; "
    "blvd boulevard; univ university; intl international; natl national; mfg manufacturing; mgr manager; "
    "mgmt management; lbs pounds; hrs hours; mins minutes; secs seconds; yrs years; assn association; "
    "hwy highway; pkwy parkway; a.k.a AKA; qty quantity; ca circa; acct account; pkg package; vol volume; "
    "ave avenue"
)
"""No words themselves, so that they are always short for something."""
_DOUBTFUL = _table(
    "max maximum; min minimum; temp temperature; est estimated; apt apartment; ed edition; eds editors; "
    "cont continued; dist district; fig figure; sec second; alt alternate; inc incorporated; "
    "corp corporation; rd road"
)
"""Words or names too, where a sentence ends with them."""
_BARE_WORDS = word_set("hwy blvd pkwy etc approx vs dept govt avg incl misc")
_SIGNS = {"w/o": "without", "w/": "with", "c/o": "care of", "b/c": "because", "w/in": "within"}
_STATES = _table(
    "AL Alabama; AK Alaska; AZ Arizona; AR Arkansas; CA California; CO Colorado; CT Connecticut; "
    "DE Delaware; FL Florida; GA Georgia; HI Hawaii; ID Idaho; IL Illinois; IN Indiana; IA Iowa; "
    "KS Kansas; KY Kentucky; LA Louisiana; ME Maine; MD Maryland; MA Massachusetts; MI Michigan; "
    "MN Minnesota; MS Mississippi; MO Missouri; MT Montana; NE Nebraska; NV Nevada; NH New Hampshire; "
    "NJ New Jersey; NM New Mexico; NY New York; NC North Carolina; ND North Dakota; OH Ohio; OK Oklahoma; "
    "OR Oregon; PA Pennsylvania; RI Rhode Island; SC South Carolina; SD South Dakota; TN Tennessee; "
    "TX Texas; UT Utah; VT Vermont; VA Virginia; WA Washington; WV West Virginia; WI Wisconsin; "
    "WY Wyoming; DC DC"
)
_OLD_STATES = _table(
    "Ala Alabama; Ariz Arizona; Ark Arkansas; Calif California; Colo Colorado; Conn Connecticut; "
    "Del Delaware; Fla Florida; Ga Georgia; Ill Illinois; Ind Indiana; Kan Kansas; Ky Kentucky; "
    "La Louisiana; Mass Massachusetts; Md Maryland; Mich Michigan; Minn Minnesota; "
    "Mo Missouri; Neb Nebraska; Nev Nevada; Okla Oklahoma; Ore Oregon; Pa Pennsylvania; Tenn Tennessee; "
    "Tex Texas; Va Virginia; Vt Vermont; Wash Washington; Wis Wisconsin; Wyo Wyoming"
)
_BRIEF = _table(
    "ft feet; in inches; oz ounces; lb pounds; sq square; yd yards; mi miles; pp pages; vol volume; "
    "fig figure"
)
_SIDES = {
    "N": "North",
    "S": "South",
    "E": "East",
    "W": "West",
    "NE": "Northeast",
    "NW": "Northwest",
    "SE": "Southeast",
    "SW": "Southwest",
}
_SPOKEN = word_set("US USA UK UN EU DC UAE USSR NY NYC LA AI IT ID TV PR HR PC")
"""Dotted letters that stand before names without being a person's."""
_LABELS = word_set(
    "vitamin plan part section grade class type hepatitis appendix exhibit group team option an a the"
)
_CLEAR_DATES = word_set("Feb Apr Aug Sept Sep Oct Nov Dec Tue Tues Wed Thu Thur Thurs Fri")
_DATES = {month[:3]: month for month in MONTHS if month != "May"} | {"Sept": "September"} | DAYS


_AMERICAN = English(british=False)


def _any(names: dict[str, str]) -> str:
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))


_NUMBER_WORD = "one|two|three|four|forty|five|six|seven|eigh|nine|ten|eleven|twelve|thirt|fift|twent"
_GROWN = re.compile(r"(?<=[a-z]{2})\.(?=[A-Z][a-z])")
_STATE = re.compile(
    rf"(?P<comma>(?<=[a-z.]),[ ]|\b)(?P<state>{_any(_STATES)})(?:,?[ ](?P<zip>[0-9]{{5}})(?:-"
    rf"(?P<more>[0-9]{{4}}))?)?(?![\w'’-]|\.\w)"
)
_COMPASS = re.compile(
    r"\b(?P<side>[NS][EW]|[NSEW])\.?[ ](?=[0-9]{1,3}(?:st|nd|rd|th)\b|[A-Z][a-z]+[ ](?:St|Ave|Rd|Blvd|Dr"
    r"|Street|Avenue|Road|Boulevard|Drive)\b)"
)
_OLD_STATE = re.compile(rf"(?<=[a-z]),[ ](?P<state>{_any(_OLD_STATES)})\.")
_AND_SO_ON = re.compile(r"&c\b\.?")
_WHOLE = re.compile(rf"\A(?P<short>{_any(_DOUBTFUL | _DATES | _STREETS | _BRIEF)})\.\Z", re.IGNORECASE)
_ADDRESS = re.compile(
    rf"(?<![\w.,$/-])(?P<n>[0-9]{{1,5}})[ ](?=(?:[NSEW][EW]?\.?[ ])?(?:(?:[A-Z][a-z']+|[0-9]{{1,3}}(?:st|nd"
    rf"|rd|th))[ ]){{1,3}}"
    rf"(?:{_any(_STREETS)}|{'|'.join(_STREETS.values())})\b)"
)
_STREET = re.compile(
    rf"\b(?P<name>[A-Z][a-z]+|[0-9]{{1,3}}(?:st|nd|rd|th))[ ](?P<short>{_any(_STREETS)}|(?<=[a-z] )(?:st|ave"
    rf"|rd|blvd))\b\.?"
)
_TITLE = re.compile(rf"(?<![\w&'’-])(?P<short>{_any(_TITLES)})\b(?P<dot>\.?)(?=[ ](?P<name>[A-Z])?|\Z)")
_COMPANY = re.compile(rf"\b(?P<short>{_any(_COMPANIES)})\b(?P<dot>\.?)")
_COUNTED = re.compile(
    rf"\b(?P<short>{_any(_NUMBERED)})\b(?P<dot>\.?)[ ]?(?=\(?[0-9]|(?-i:[IVX]{{2,}}\b|[VX]\b|I[,;:.)])|"
    rf"(?-i:{_NUMBER_WORD}))",
    re.IGNORECASE,
)
_WORD = re.compile(rf"(?<![\w.])(?P<short>{_any(_WORDS | _DOUBTFUL)})(?:\.|(?![\w.]))(?!\w)", re.IGNORECASE)
_ET_AL = re.compile(r"\bet al\b\.?")
_VERSUS = re.compile(r"(?<=[a-z.])[ ]v\.?[ ](?=[A-Z])")
_SIGN = re.compile(r"(?<![\w/])(?:(w/o|c/o|b/c|w/in)(?!\w)|(w/)[ ]?(?=\w|\Z))")
_DATE = re.compile(rf"\b(?P<short>{_any(_DATES)})\.(?!\w)")
_DEGREE = re.compile(r"\b(?:(Ph)\.[ ]?D|(B|M)\.?(Sc|Ed|Phil|Eng))\b\.?")
_DOTTED = re.compile(r"(?<![\w.])(?:[A-Z]\.){2,8}(?:[A-Z](?!\w))?(?!\w)")
_FOLLOWING = re.compile(r"[ ]([A-Za-z]+)")
_INITIAL = re.compile(r"(?<![\w.'’])(?P<letter>[A-HJ-Z])\.[ ](?=(?:[A-Z]\.[ ]?){0,3}(?P<name>[A-Z][a-z]+))")


def _grown(match: re.Match[str]) -> str:
    """A space is missing behind a sentence: "end.It"."""
    return ". "


def _state(match: re.Match[str]) -> str | None:
    code, zip_code = match["state"], match["zip"]
    if not zip_code and (not match["comma"] or code in ("DC", "MD")):
        return None  # "OR", "IN"; a doctor of medicine
    said = match["comma"] + _STATES[code]
    if zip_code:
        said += f" {one_by_one(zip_code)}"
    return said + (f", {one_by_one(match['more'])}" if match["more"] else "")


def _old_state(match: re.Match[str]) -> str:
    return f", {_OLD_STATES[match['state']]}{stop(match)}"


def _and_so_on(match: re.Match[str]) -> str:
    return f"et cetera{stop(match)}"


def _whole(match: re.Match[str]) -> str:
    """An abbreviation that is all there is."""
    short = match["short"]
    return (_DATES | _STREETS).get(short) or _cased(short, (_DOUBTFUL | _BRIEF).get(short.lower(), short))


def _address(match: re.Match[str]) -> str:
    return f"{_AMERICAN.label(match['n'])} "


def _compass(match: re.Match[str]) -> str:
    return _SIDES[match["side"]] + " "


def _street(match: re.Match[str]) -> str | None:
    short, follows = match["short"].title(), _next(match)
    if short != match["short"] and not match["name"][0].isdecimal():
        return None
    if match["name"] in _TITLES or (
        short in ("St", "Dr", "Ct") and follows[:1].isupper() and follows.lower() not in STARTS
    ):
        return None  # "Port St. Lucie", "Ask Dr. Lee"
    return f"{match['name']} {_STREETS[short]}{stop(match)}"


def _title(match: re.Match[str]) -> str | None:
    short = match["short"]
    if not match["dot"] and (short not in _BARE_TITLES or not match["name"]):
        return None
    if short in ("Sec", "Det", "Fr", "Ft", "Gen") and not match["name"]:
        return None
    return _TITLES[short] + (stop(match) if not match["name"] else "")


def _company(match: re.Match[str]) -> str | None:
    short = match["short"]
    if not match["dot"] and short in ("Co", "Corp", "Esq"):
        return None
    return _COMPANIES[short] + stop(match)


def _counted(match: re.Match[str]) -> str | None:
    short = match["short"]
    if not match["dot"] and short.lower() not in _BARE_NUMBERED:
        return None
    if len(short) == 1 and short.isupper():
        return None  # an initial
    return _cased(short, _NUMBERED[short.lower()]) + " "


def _word(match: re.Match[str]) -> str | None:
    short, dotted = match["short"], match[0].endswith(".")
    name = short.lower()
    if not dotted and name not in _BARE_WORDS:
        return None
    if match.string.endswith(("slash ", "dot "), 0, match.start()):
        return None  # "/etc/hosts"
    end = stop(match)
    if name in _DOUBTFUL and (end or short[0].isupper()):
        return None
    return _cased(short, {**_WORDS, **_DOUBTFUL}[name]) + end


def _et_al(match: re.Match[str]) -> str:
    return f"et al{stop(match)}"


def _versus(match: re.Match[str]) -> str:
    return " versus "


def _sign(match: re.Match[str]) -> str:
    return _SIGNS[match[1]] if match[1] else f"with{'' if match.end() == len(match.string) else ' '}"


def _date(match: re.Match[str]) -> str | None:
    short, end = match["short"], stop(match)
    return None if end and short not in _CLEAR_DATES else _DATES[short] + end


def _degree(match: re.Match[str]) -> str:
    return ("PhD" if match[1] else f"{match[2]}{match[3]}") + stop(match)


def _dotted(match: re.Match[str]) -> str:
    letters = match[0].replace(".", "")
    follows = _next(match)
    person = follows[:1].isupper() and follows[1:].islower() and follows.lower() not in STARTS
    end = stop(match)
    return (" ".join(letters) if person and letters not in _SPOKEN else letters) + end


def _initial(match: re.Match[str]) -> str | None:
    words = match.string[max(match.start() - 24, 0) : match.start()].split()
    if match["name"].lower() in STARTS or (words and words[-1].lower() in _LABELS):
        return None
    return match["letter"] + " "


def _next(match: re.Match[str]) -> str:
    """The word after a match and one space, "" where there is none."""
    follows = _FOLLOWING.match(match.string, match.end())
    return follows[1] if follows else ""


def _cased(short: str, long: str) -> str:
    return long[0].upper() + long[1:] if short[0].isupper() else long


RULES = tuple(
    Rule("abbreviation", pattern, say)
    for pattern, say in (
        (_WHOLE, _whole), (_GROWN, _grown), (_OLD_STATE, _old_state), (_AND_SO_ON, _and_so_on),
        (_STATE, _state), (_ADDRESS, _address), (_COMPASS, _compass), (_STREET, _street), (_TITLE, _title),
        (_COUNTED, _counted), (_COMPANY, _company), (_ET_AL, _et_al), (_WORD, _word), (_VERSUS, _versus),
        (_SIGN, _sign), (_DATE, _date), (_DEGREE, _degree), (_DOTTED, _dotted), (_INITIAL, _initial),
    )
)  # fmt: skip
