"""The words of Italian that the rules need."""

from __future__ import annotations

from vox.workers.normal.european.parts import words

UNITS = (
    """
    k = kilo
    h = etto
    d = deci
    c = centi
    m = milli
    µ = micro
    n = nano
    M = mega
    G = giga
    T = tera
    P = peta""",
    """
    m = m metro/metri
    g|gr = m grammo/grammi
    l|L = m litro/litri
    s|sec = m secondo/secondi
    t = f tonnellata/tonnellate
    W = m watt
    Wh = m wattora
    Hz = m hertz
    B = m byte
    bit = m bit
    V = m volt
    A = m ampere
    Ah = m amperora
    Pa = m pascal
    J = m joule
    cal = f caloria/calorie
    Ω = m ohm
    eV = m elettronvolt""",
    "{} quadrato",
    "{} cubo",
    """
    km = m chilometro/chilometri
    kg = m chilogrammo/chilogrammi
    kcal = f chilocaloria/chilocalorie
    m²|m2|mq = m metro quadrato/metri quadrati
    km²|km2|kmq = m chilometro quadrato/chilometri quadrati
    cm²|cm2|cmq = m centimetro quadrato/centimetri quadrati
    mm²|mm2 = m millimetro quadrato/millimetri quadrati
    dm²|dm2 = m decimetro quadrato/decimetri quadrati
    m³|m3|mc = m metro cubo/metri cubi
    km³|km3 = m chilometro cubo/chilometri cubi
    cm³|cm3|cc = m centimetro cubo/centimetri cubi
    mm³|mm3 = m millimetro cubo/millimetri cubi
    dm³|dm3 = m decimetro cubo/decimetri cubi
    min = m minuto/minuti
    h = f ora/ore
    km/h|kmh = m chilometro all'ora/chilometri all'ora
    ha = m ettaro/ettari
    °C = m grado Celsius/gradi Celsius
    °F = m grado Fahrenheit/gradi Fahrenheit
    ° = m grado/gradi
    CV|cv = m cavallo/cavalli
    bar = m bar
    mbar = m millibar
    dB = m decibel
    rpm = m giro al minuto/giri al minuto
    ppm = f parte per milione/parti per milione
    Mbps|Mb/s = m megabit al secondo
    Gbps|Gb/s = m gigabit al secondo
    fps = m fotogramma al secondo/fotogrammi al secondo
    m/s²|m/s2 = m metro/metri al secondo quadrato
    px = m pixel
    lm = m lumen
    kn = m nodo/nodi
    ft = m piede/piedi
    mol = f mole/moli
    MP|Mpx = m megapixel
    q = m quintale/quintali""",
)

COINS = """
    €|EUR|euro = m euro; m centesimo/centesimi
    $|USD|US$|dollaro|dollari = m dollaro/dollari; m centesimo/centesimi
    CAD = m dollaro canadese/dollari canadesi; m centesimo/centesimi
    AUD = m dollaro australiano/dollari australiani; m centesimo/centesimi
    £|GBP|sterline|sterlina = f sterlina/sterline; m penny/pence
    CHF|Fr.|franchi svizzeri = m franco svizzero/franchi svizzeri; m centesimo/centesimi
    franchi = m franco/franchi; m centesimo/centesimi
    ITL|Lit.|lire|lira = f lira/lire; m centesimo/centesimi
    ¥|JPY|yen = m yen
    CNY|RMB|yuan = m yuan
    ₹|INR|rupie = f rupia/rupie
    ₽|RUB|rubli = m rublo/rubli; m copeco/copechi
    zł|PLN = m zloty
    ₺|TRY = f lira turca/lire turche
    SEK|NOK|DKK|corone = f corona/corone
    ₩|KRW = m won
    ₿|BTC|bitcoin = m bitcoin
    cent|centesimi|centesimo|¢ = m centesimo/centesimi"""

LARGE = """
    mila|k|K = 0 mila
    mln|mln.|M|milione|milioni = m milione/milioni
    mld|mld.|mrd|Mrd|miliardo|miliardi = m miliardo/miliardi
    bilione|bilioni = m bilione/bilioni"""

MONARCHS = words(
    """Luigi Carlo Enrico Filippo Francesco Napoleone Giovanni Paolo Pio Benedetto Leone Clemente
    Gregorio Giorgio Edoardo Guglielmo Federico Pietro Alessandro Nicola Ivan Alberto Umberto Vittorio
    Emanuele Amedeo Ferdinando Innocenzo Urbano Bonifacio Giulio Sisto Leopoldo Ramses Riccardo
    Giacomo Felipe Alfonso Massimiliano Cosimo Lorenzo Ottone Martino"""
)
QUEENS = words("Elisabetta Caterina Maria Margherita Cristina Giovanna Isabella Cleopatra Anna")

FEMININE = words(
    """notte parte gente classe serie mano fede morte mente nave neve pelle pace luce croce voce rete
    sete legge stazione madre moglie automobile foto moto radio auto chiave valle torre fonte febbre
    estate carne ape rondine immagine origine indagine regione stagione ragione prigione opinione
    unione riunione lezione canzone televisione settimana tesi crisi analisi oasi ipotesi base frase
    fase dose"""
)
FEMININE_ENDS = ("a", "zione", "sione", "gione", "tà", "tù", "trice", "tudine", "aggine", "uggine")
MASCULINE = words(
    """papa poeta pilota pianeta cinema atleta collega artista giornalista turista musicista dentista
    autista regista sosia gorilla panda delta vaglia duca monarca patriota pirata eremita"""
)
SMALL_WORDS = words(
    """del della dello dei delle degli nel nella dal dalla dai sul sulla con per tra fra che non come più
    meno alla allo alle agli sono era sia ogni anche dopo prima poi già solo contro verso circa mila
    quasi volte due tre"""
)

ABBREVIATIONS = """
    sig. = signor
    sig.ra|sig.a = signora
    sigg. = signori
    sig.na = signorina
    dott.|dr. = dottor
    dott.ssa|dr.ssa = dottoressa
    prof.ssa = professoressa
    prof.^ = professor
    prof. = professore
    ing. = ingegner
    avv. = avvocato
    arch.^ = architetto
    geom. = geometra
    rag.^ = ragionier
    on.^ = onorevole
    Sen.^ = senatore
    Gen.^ = generale
    gen. = generale
    Col.^ = colonnello
    Cap.^ = capitano
    Mons.^ = monsignor
    gent.ma = gentilissima
    gent.mo = gentilissimo
    egr. = egregio
    spett. = spettabile
    Ill.mo = illustrissimo
    ecc.|etc. = eccetera
    p. es.|per es.|ad es. = per esempio
    es.# = esempio
    cfr. = confronta
    V.le = viale
    C.so = corso
    L.go = largo
    F.lli = fratelli
    pag.|p.# = pagina
    pagg.|pp.# = pagine
    cap.# = capitolo
    fig.# = figura
    art.# = articolo
    artt.# = articoli
    vol.# = volume
    ed. = edizione
    sec. = secolo
    a. C. = avanti Cristo
    d. C. = dopo Cristo
    n.#|n°|nº|nr.|num. = numero
    nn.# = numeri
    ca. = circa
    mln|mln. = milioni
    mld|mld. = miliardi
    c.a. = corrente anno
    u.s. = ultimo scorso
    p.v. = prossimo venturo
    dx = destra
    sx = sinistra
    tel. = telefono
    cell. = cellulare
    vs|vs. = versus
    max.# = massimo
    max.~ = massimo
    max.# = massimo
    max.~ = massimo
    min.# = minimo
    rif. = riferimento
    all.# = allegato
    dip. = dipartimento
    soc. = società
    ss.# = seguenti
    gg. = giorni
    min. = minuti
    ott. = ottobre
    nov. = novembre
    dic. = dicembre
    genn. = gennaio
    febbr. = febbraio
    sett. = settembre
    §§ = paragrafi
    § = paragrafo
    & = e"""
