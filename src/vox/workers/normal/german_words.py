"""The words of German that the rules need."""

from __future__ import annotations

from vox.workers.normal.european.parts import words

UNITS = (
    """
    k = Kilo
    h = Hekto
    d = Dezi
    c = Zenti
    m = Milli
    µ = Mikro
    n = Nano
    M = Mega
    G = Giga
    T = Tera
    P = Peta""",
    """
    m = m Meter
    g = n Gramm
    l|L = m Liter
    s|sec|sek = f Sekunde+n
    t = f Tonne+n
    W = n Watt
    Wh = f Wattstunde+n
    Hz = n Hertz
    B = n Byte
    bit = n Bit
    V = n Volt
    A = n Ampere
    Ah = f Amperestunde+n
    Pa = n Pascal
    J = n Joule
    cal = f Kalorie+n
    Ω = n Ohm
    eV = n Elektronenvolt""",
    "Quadrat{}",
    "Kubik{}",
    """
    min = f Minute+n
    h|Std = f Stunde+n
    ms = f Millisekunde+n
    µs = f Mikrosekunde+n
    ns = f Nanosekunde+n
    km/h|kmh = m Kilometer pro Stunde
    qm = m Quadratmeter
    ha = m Hektar
    °C|°K = n Grad Celsius
    °F = n Grad Fahrenheit
    ° = n Grad
    PS = n PS
    bar = n Bar
    mbar = n Millibar
    dB = n Dezibel
    rpm|U/min = f Umdrehung+en pro Minute
    ppm = n ppm
    Mbps = n Megabit pro Sekunde
    Gbps = n Gigabit pro Sekunde
    Kbps|kbps = n Kilobit pro Sekunde
    fps = n Bild+er pro Sekunde
    dpi = n dpi
    m/s²|m/s2 = m Meter pro Quadratsekunde
    px = n Pixel
    MP = n Megapixel
    kg = n Kilogramm
    Pfd = n Pfund
    Ztr = m Zentner
    Stk = n Stück
    lm = n Lumen
    lx = n Lux
    kn = m Knoten
    sm = f Seemeile+n
    mi = f Meile+n
    mph = f Meile+n pro Stunde
    ft = m Fuß
    mol = n Mol""",
)

COINS = """
    €|EUR|Euro|Euros = m Euro; m Cent
    $|USD|US$|Dollar = m Dollar; m Cent
    US-$ = m US-Dollar; m Cent
    US-Dollar = m US-Dollar; m Cent
    CAD = m kanadischer Dollar/kanadische Dollar; m Cent
    AUD = m australischer Dollar/australische Dollar; m Cent
    £|GBP|Pfund = n Pfund; m Penny/Pence
    CHF|Fr.|Sfr.|sFr.|SFr.|Franken = m Franken; m Rappen
    ¥|JPY|Yen = m Yen
    CNY|RMB|Yuan = m Yuan
    ₹|INR = f Rupie+n; f Paisa
    ₽|RUB|Rubel = m Rubel; f Kopeke+n
    zł|PLN|Zloty = m Zloty; m Groschen
    ₺|TRY = f Lira; m Kuruş
    DM|DEM = f Mark; m Pfennig
    SEK|NOK|DKK|ISK = f Krone+n; n Öre
    CZK = f tschechische Krone+n; m Heller
    HUF = m Forint
    ₩|KRW = m Won
    ₿|BTC = m Bitcoin
    ct|Ct|ct.|Ct.|¢ = m Cent"""

LARGE = """
    Tsd.|Tsd|k = 0 Tausend
    Mio.|Mio|Mill.|Million|Millionen|M = f Million+en
    Mrd.|Mrd|Milliarde|Milliarden = f Milliarde+n
    Bio.|Bio|Billion|Billionen = f Billion+en"""

MONARCHS = words(
    """Ludwig Karl Friedrich Wilhelm Heinrich Otto Johannes Paul Benedikt Pius Napoleon Philipp Peter
    Iwan Georg Eduard Leopold Franz Josef Joseph Gustav Adolf Christian Ramses Konrad Alexander
    Nikolaus Rudolf Ferdinand Maximilian Leo Gregor Clemens Urban Innozenz Charles Harald Olaf Albert
    August Sigismund Matthias Viktor Emanuel James Jakob Richard Felipe Juan Lothar Bonifatius"""
)

QUEENS = words("Elisabeth Elizabeth Katharina Maria Christina Margarethe Isabella Kleopatra Anna")

FEMININE = words(
    """Person Frau Million Stadt Nacht Hand Tochter Mutter Schwester Uhr Zahl Tür Welt Wand Bank Kraft
    Art Form Firma Bar Tat Zeit Milliarde Billion Fahrt Wahl Nummer Feder Kammer Leiter Insel Regel
    Tafel Maus Kuh Wurst Frucht Mark Antwort Arbeit Schicht Mannschaft Liga Bundesliga Etappe Ziffer
    Mauer Steuer Schulter Wolke Gruppe Pizza Kamera Bahn Spur Haut Angst Lust Macht Nuss"""
)
NEUTER = words(
    """Jahr Kind Mal Haus Spiel Tor Semester Quartal Viertel Bild Auto Lied Album Stück Gebot
    Obergeschoss Kapitel Jahrhundert Buch Tier Wort Land Dorf Bier Glas Ei Brot Zimmer Bett Fenster
    Prozent Drittel Geschlecht Rennen Pferd Schwein Schaf Boot Schiff Flugzeug Ticket Paar Gramm Kilo
    Kilogramm Foto Video Ende Auge Ohr Bein Gebäude Ergebnis Problem System Team Produkt Projekt Konto
    Angebot Geschenk Unentschieden Opfer Mitglied Ziel Rad"""
)

ORDINAL_NOUNS = words(
    """Platz Klasse Stock Stockwerk Etage Kapitel Auflage Jahrhundert Tag Runde Liga Bundesliga Weltkrieg
    Geburtstag Mal Halbzeit Semester Quartal Teil Band Akt Satz Advent Gang Grad Staffel Folge Version
    Rang Preis Bezirk Woche Monat Stelle Spieltag Etappe Lesung Instanz Generation Ausgabe Jahrgang
    Schuljahr Lebensjahr Obergeschoss Dynastie Vorsitzende Vorsitzender Bürgermeister Hochzeitstag
    Jahrestag Todestag Symphonie Sinfonie Gebot Artikel Absatz Januar Februar März April Mai Juni Juli
    August September Oktober November Dezember Jänner"""
)

SENTENCE_STARTS = words(
    """Am Der Die Das Er Sie Es Wir Ihr Ich Du Im In An Auf Mit Von Bei Nach Vor Seit Und Oder Aber Doch
    Denn Dann Danach Dort Hier Heute Morgen Gestern Jetzt Nun Auch Nur So Ein Eine Kein Keine Mein
    Meine Dieser Diese Dieses Wenn Als Wie Was Wer Wo Warum Man Ja Nein Zum Zur Vom Bis Ab Für Um"""
)

ABBREVIATIONS = """
    z. B. = zum Beispiel
    d. h. = das heißt
    u. a. = unter anderem
    u. Ä.|u. ä. = und Ähnliches
    o. Ä.|o. ä. = oder Ähnliches
    usw. = und so weiter
    usf. = und so fort
    etc. = et cetera
    i. d. R. = in der Regel
    i. A. = im Auftrag
    z. T. = zum Teil
    z. Zt.|z. Z. = zurzeit
    z. Hd.|z. H. = zu Händen
    u. U. = unter Umständen
    m. E. = meines Erachtens
    m. W. = meines Wissens
    a. D. = außer Dienst
    a. M. = am Main
    o. g. = oben genannte
    s. o. = siehe oben
    s. u. = siehe unten
    v. a. = vor allem
    e. V. = eingetragener Verein
    v. Chr. = vor Christus
    n. Chr. = nach Christus
    bzw. = beziehungsweise
    bspw. = beispielsweise
    ca.|ca = circa
    ggf. = gegebenenfalls
    evtl. = eventuell
    inkl.|incl. = inklusive
    exkl. = exklusive
    zzgl. = zuzüglich
    abzgl. = abzüglich
    einschl. = einschließlich
    vgl. = vergleiche
    sog. = sogenannte
    ehem. = ehemalige
    allg. = allgemein
    max.# = maximal
    max.~ = maximal
    min.# = minimal
    mind. = mindestens
    lt. = laut
    vs.|vs = versus
    gem. = gemäß
    bez. = bezüglich
    urspr. = ursprünglich
    versch. = verschiedene
    Dr. = Doktor
    Prof. = Professor
    Dipl.-Ing. = Diplomingenieur
    Ing. = Ingenieur
    Mag.^ = Magister
    Hr.^ = Herr
    Hrn.^ = Herrn
    Fr.^ = Frau
    Frl.^ = Fräulein
    St.^ = Sankt
    Fa.^ = Firma
    Nr. = Nummer
    Nrn. = Nummern
    Tel.-Nr. = Telefonnummer
    Tel. = Telefon
    Str.|Str.# = Straße
    Pl.# = Platz
    S.# = Seite
    Bd.# = Band
    Abb.# = Abbildung
    Tab.# = Tabelle
    Kap.# = Kapitel
    Art.# = Artikel
    Abs.# = Absatz
    Aufl. = Auflage
    Anm. = Anmerkung
    Hrsg. = Herausgeber
    Verf. = Verfasser
    Jh. = Jahrhundert
    Jhd. = Jahrhundert
    Jg.# = Jahrgang
    geb. = geboren
    gest. = gestorben
    verh. = verheiratet
    Std. = Stunden
    Min. = Minuten
    Sek. = Sekunden
    Mio.|Mio = Millionen
    Mrd.|Mrd = Milliarden
    Tsd. = Tausend
    tägl. = täglich
    jährl. = jährlich
    monatl. = monatlich
    Hbf.|Hbf = Hauptbahnhof
    Bhf.|Bhf = Bahnhof
    MwSt.|MwSt|Mwst.|USt. = Mehrwertsteuer
    Co. = Co
    Ges. = Gesellschaft
    Abt. = Abteilung
    Mo. = Montag
    Di. = Dienstag
    Mi. = Mittwoch
    Do. = Donnerstag
    Sa. = Samstag
    Feb. = Februar
    Apr. = April
    Aug. = August
    Sept.|Sep. = September
    Okt. = Oktober
    Nov. = November
    Dez. = Dezember
    §§ = Paragrafen
    § = Paragraf
    & = und"""
