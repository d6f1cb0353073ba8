"""The words of Spanish that the rules need."""

from __future__ import annotations

from vox.workers.normal.european.parts import words

UNITS = (
    """
    k = kiló
    h = hecto
    d = decí
    c = centí
    m = milí
    µ = micró
    n = nanó
    M = mega
    G = giga
    T = tera
    P = peta""",
    """
    m = m metro+s
    s|seg = m segundo+s
    B = m byte+s
    bit = m bit+s""",
    "{} cuadrado+s",
    "{} cúbico+s",
    """
    g|gr = m gramo+s
    kg = m kilogramo+s
    mg = m miligramo+s
    µg|mcg = m microgramo+s
    l|L = m litro+s
    ml|mL = m mililitro+s
    cl = m centilitro+s
    dl = m decilitro+s
    hl = m hectolitro+s
    ms = m milisegundo+s
    µs = m microsegundo+s
    ns = m nanosegundo+s
    kB|KB = m kilobyte+s
    kbit = m kilobit+s
    t = f tonelada+s
    W = m vatio+s
    kW = m kilovatio+s
    MW = m megavatio+s
    GW = m gigavatio+s
    TW = m teravatio+s
    mW = m milivatio+s
    Wh = m vatio+s hora
    kWh = m kilovatio+s hora
    MWh = m megavatio+s hora
    GWh = m gigavatio+s hora
    TWh = m teravatio+s hora
    Hz = m hercio+s
    kHz = m kilohercio+s
    MHz = m megahercio+s
    GHz = m gigahercio+s
    V = m voltio+s
    kV = m kilovoltio+s
    mV = m milivoltio+s
    A = m amperio+s
    mA = m miliamperio+s
    Ah = m amperio+s hora
    mAh = m miliamperio+s hora
    Pa = m pascal+es
    hPa = m hectopascal+es
    kPa = m kilopascal+es
    MPa = m megapascal+es
    J = m julio+s
    kJ = m kilojulio+s
    cal = f caloría+s
    kcal = f kilocaloría+s
    Ω = m ohmio+s
    eV = m electronvoltio+s
    min = m minuto+s
    h|hs|hrs = f hora+s
    km/h|kmh = m kilómetro+s por hora
    ha = f hectárea+s
    °C = m grado+s Celsius
    °F = m grado+s Fahrenheit
    ° = m grado+s
    CV|cv = m caballo+s
    bar = m bar+es
    mbar = m milibar+es
    dB = m decibelio+s
    rpm = f revolución/revoluciones por minuto
    ppm = f parte+s por millón
    Mbps|Mb/s = m megabit+s por segundo
    Gbps|Gb/s = m gigabit+s por segundo
    fps = m fotograma+s por segundo
    m/s²|m/s2 = m metro+s por segundo al cuadrado
    px = m píxel+es
    lm = m lumen/lúmenes
    kn = m nudo+s
    mph = f milla+s por hora
    ft = m pie+s
    lb|lbs = f libra+s
    oz = f onza+s
    mol = m mol+es
    MP|Mpx = m megapíxel+es""",
)

COINS = """
    €|EUR|euro|euros = m euro+s; m céntimo+s
    $|USD|US$|U$S|dólar|dólares = m dólar+es; m centavo+s
    CAD = m dólar+es canadiense+s; m centavo+s
    MXN = m peso+s mexicano+s; m centavo+s
    ARS|AR$ = m peso+s argentino+s; m centavo+s
    CLP = m peso+s chileno+s
    COP = m peso+s colombiano+s; m centavo+s
    UYU = m peso+s uruguayo+s; m centésimo+s
    peso|pesos = m peso+s; m centavo+s
    PEN|S/|S/. = m sol+es; m céntimo+s
    soles = m sol+es; m céntimo+s
    BRL|R$|reales = m real+es; m centavo+s
    £|GBP|libras = f libra+s; m penique+s
    CHF|Fr. = m franco+s suizo+s; m céntimo+s
    francos = m franco+s; m céntimo+s
    ¥|JPY|yenes = m yen+es
    CNY|RMB|yuanes = m yuan+es
    ₹|INR|rupias = f rupia+s
    ₽|RUB|rublos = m rublo+s; m kopek+s
    zł|PLN = m zloty+s
    ₺|TRY = f lira+s turca+s
    SEK|NOK|DKK|coronas = f corona+s
    ESP|pta.|ptas.|pesetas = f peseta+s; m céntimo+s
    ₿|BTC|bitcoins = m bitcoin+s
    cts.|cts|¢|céntimos|céntimo = m céntimo+s
    centavos|centavo = m centavo+s"""

LARGE = """
    mil|k|K = 0 mil
    mil millones = m mil millones
    M|mill.|mills.|millón|millones = m millón/millones
    MM = m mil millones
    billón|billones = m billón/billones"""

MONARCHS = words(
    """Felipe Alfonso Carlos Fernando Juan Pablo Pío Benedicto León Luis Enrique Jorge Eduardo Guillermo
    Federico Pedro Alejandro Nicolás Napoleón Francisco Sancho Ramiro Jaime Amadeo José Gregorio
    Clemente Inocencio Ricardo Ramsés Alberto Leopoldo Víctor Manuel Gustavo Iván"""
)
QUEENS = words("Isabel Catalina Juana María Ana Elisabeth Margarita Cristina Cleopatra")

FEMININE = words(
    """vez veces mano noche tarde parte calle gente clase serie sangre leche llave nave torre fuente
    muerte mujer flor labor sal luz cruz voz paz red sed piel miel cárcel imagen orden base fase frase
    tesis crisis dosis foto moto radio razón sazón región nube nieve clave fiebre hambre costumbre
    legumbre suerte mente corriente superficie especie tribu ley sor hectárea"""
)
FEMININE_ENDS = (
    "a",
    "ción",
    "sión",
    "cion",
    "sion",
    "dad",
    "tad",
    "tud",
    "umbre",
    "ez",
    "triz",
    "gión",
    "nión",
)
MASCULINE = words(
    """día mapa planeta problema sistema tema programa clima idioma poema drama dilema esquema síntoma
    telegrama diagrama kilograma cometa sofá papá tranvía guardia policía artista periodista turista
    deportista futbolista ciclista electricista dentista taxista atleta colega poeta pirata piloto
    idiota gorila panda fantasma aroma diploma enigma lema cuadrilátero mes juez pez diez pie jinete
    golpe coche viaje hombre nombre metro ajedrez"""
)
SMALL_WORDS = words(
    """de del la las el los lo al en con por para que es son era fue no si y o u e ni a se su sus mi tu
    me te le les más menos entre desde hasta sobre tras ante bajo como pero cuando donde está están
    será fueron ya hay muy tan entonces después antes ahora hoy ayer mañana además mientras según sin
    tres dos seis mil millones"""
)

ABBREVIATIONS = """
    sr. = señor
    sra. = señora
    sres. = señores
    sras. = señoras
    srta. = señorita
    dr. = doctor
    dra. = doctora
    dres. = doctores
    prof. = profesor
    profa.|prof.ª|prof.a = profesora
    D.^ = don
    D.ª^|Dª^|Dña. = doña
    Ud.|Vd.|ud. = usted
    Uds.|Vds.|uds. = ustedes
    EE. UU.|EEUU|E.U.A. = Estados Unidos
    RR. HH.|RRHH = Recursos Humanos
    CC. OO. = Comisiones Obreras
    JJ. OO. = Juegos Olímpicos
    FF. AA. = Fuerzas Armadas
    etc. = etcétera
    p. ej.|por ej. = por ejemplo
    P. D. = posdata
    Avda.|Av.^|Avd. = avenida
    C/^ = calle
    Pza.|Plza.|Pl.^ = plaza
    P.º^ = paseo
    Ctra. = carretera
    izda.|izq. = izquierda
    dcha. = derecha
    pág.|p.# = página
    págs.|pp.# = páginas
    cap. = capítulo
    caps. = capítulos
    fig. = figura
    figs. = figuras
    art. = artículo
    arts. = artículos
    vol. = volumen
    vols. = volúmenes
    ed. = edición
    s.# = siglo
    ss.# = siglos
    a. C.|a. de C. = antes de Cristo
    d. C.|d. de C. = después de Cristo
    n.º|nº|n°|núm.|No.# = número
    n.os|núms. = números
    aprox. = aproximadamente
    Cía. = compañía
    Sto.^ = Santo
    Sta.^ = Santa
    S.^ = San
    depto.|dpto. = departamento
    vs.|vs = versus
    máx. = máximo
    mín. = mínimo
    ref. = referencia
    tel.|tfno.|teléf. = teléfono
    móv. = móvil
    Lic. = licenciado
    Lcda. = licenciada
    Ing. = ingeniero
    Arq. = arquitecto
    Abg. = abogado
    Gral. = general
    gral. = general
    Cnel. = coronel
    Cap.^ = capitán
    Gob. = gobierno
    Excmo. = excelentísimo
    Excma. = excelentísima
    Ilmo. = ilustrísimo
    Fdo. = firmado
    Atte. = atentamente
    Admón. = administración
    adj. = adjunto
    min. = minutos
    ene. = enero
    feb. = febrero
    abr. = abril
    ago. = agosto
    sept. = septiembre
    oct. = octubre
    nov. = noviembre
    dic. = diciembre
    §§ = párrafos
    § = párrafo
    & = y"""
