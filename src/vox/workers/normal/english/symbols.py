"""What units of measure are called."""

from __future__ import annotations

from vox.workers.normal.english.words import plural, word_set

_PREFIXES = {
    "k": "kilo", "M": "mega", "G": "giga", "T": "tera", "P": "peta", "h": "hecto", "d": "deci", "c": "centi",
    "m": "milli", "μ": "micro", "µ": "micro", "n": "nano", "p": "pico",
}  # fmt: skip
# Name: symbol, prefixes that are in use; a symbol in brackets is none without a prefix.
_SCALED = """
hertz: Hz kMGT
watt: W kMGTm
watt hour: Wh kMGTm
volt: V kMmμµ
amp: (A) kmμµ
amp hour: Ah mk
pascal: Pa hkMG
joule: J kMG
electron volt: eV kMGT
newton: (N) kM
ohm: Ω kM
ohm: Ω kM
farad: (F) mμµnp
calorie: cal k
meter: m kdcmμµn
gram: g kmμµn
ton: t kM
second: s mμµn
liter: L dcmμµh
liter: l dcmμµh
mole: mol mμµn
sievert: Sv mμµ
becquerel: Bq kMGT
bit per second: bps kMGT
bit: bit kMGT
bit: (b) kMGT
byte: (B) kMGTP
bar: bar m
volt ampere: VA kM
"""
_OTHERS = """
kilometer per hour: km/h kmh kph KPH KMH km/hr
kilogram: KG Kg kgs
kilometer: KM kms Km
centimeter: CM Cm
millimeter: MM
milliliter: ML
gigabyte: gb Gb
megabyte: mb
terabyte: tb
kilobyte: kb
megabit per second: mbps MBPS
gigabit per second: gbps GBPS
kilobit per second: KBPS
hertz: hz HZ
kilohertz: khz KHZ KHz
megahertz: mhz MHZ
gigahertz: ghz GHZ
kilowatt: kw KW
kilowatt hour: kwh KWH KWh
pound: LB LBS Lbs
ounce: OZ
foot: FT Ft
decibel: db DB
mile per hour: mph MPH
mile per gallon: mpg MPG
frame per second: fps FPS
revolution per minute: rpm RPM
beat per minute: bpm BPM
pound per square inch: psi PSI
dot per inch: dpi DPI
pixel per inch: ppi PPI
part per million: ppm
part per billion: ppb
millimeter of mercury: mmHg
micrometer: um
microgram: mcg ug
kilobyte: KB
kibibyte: KiB
mebibyte: MiB
gibibyte: GiB
tebibyte: TiB
megapixel: MP
pixel: px
CC: cc
pound: lb lbs
ounce: oz
fluid ounce: fl_oz fl._oz
foot: ft
inch: in
yard: yd yds
mile: mi
nautical mile: nmi
gallon: gal
quart: qt
point: pt pts
tablespoon: tbsp Tbsp tbs Tbs
teaspoon: tsp
square foot: sq_ft sq._ft sqft
square mile: sq_mi sq._mi
square kilometer: sq_km sq._km
square meter: sq_m sq._m sqm
square inch: sq_in sq._in
square yard: sq_yd sq._yd
cubic foot: cu_ft cu._ft
cubic meter: cu_m cu._m
cubic inch: cu_in cu._in
hectare: ha
acre: ac
decibel: dB dBA dBm
horsepower: hp HP bhp
lumen: lm
lux: lx
international unit: IU
knot: kn kt kts
newton meter: Nm N·m N⋅m
foot pound: ft-lb ft·lb ft-lbs
pound foot: lb-ft lb·ft
degree Celsius: °C º_C °_C ºC ℃
degree Fahrenheit: °F º_F °_F ºF ℉
degree: ° º
hour: h hr hrs
minute: min mins
second: sec secs
week: wk wks
month: mo mos
year: yr yrs
carat: ct
"""
POWERS = word_set("m km cm mm dm μm µm nm ft in mi yd s")
"""Symbols that may have a power written to them."""
DOTTED = word_set(
    "ft in lb lbs oz min mins sec secs hr hrs yr yrs mi yd yds gal qt pt tbsp Tbsp tsp wk wks mo mos"
)
"""Abbreviations that may be written with a full stop."""
_SAME = frozenset(("hertz", "horsepower", "lux", "CC"))
_TAILS = (" per ", " of ", " Celsius", " Fahrenheit")


def _names() -> dict[str, str]:
    names = {}
    for line in _SCALED.strip().splitlines():
        name, _, rest = line.partition(": ")
        symbol, prefixes = rest.split()
        if symbol[0] != "(":
            names[symbol] = name
        for prefix in prefixes:
            names[prefix + symbol.strip("()")] = _PREFIXES[prefix] + name
    for line in _OTHERS.strip().splitlines():
        name, _, symbols = line.partition(": ")
        names |= {symbol.replace("_", " "): name for symbol in symbols.split()}
    return names


UNITS = _names()
"""The name in the singular, by symbol."""


def many(name: str) -> str:
    """The plural of a unit: "feet per second", "degrees Celsius"."""
    head, tail = name, ""
    for mark in _TAILS:
        if mark in name:
            head, tail = name[: name.index(mark)], name[name.index(mark) :]
            break
    return (head if head in _SAME or head.endswith("hertz") else plural(head)) + tail
