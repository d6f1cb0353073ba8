"""The words of Portuguese that the rules need."""

from __future__ import annotations

from vox.workers.normal.european.parts import words

UNITS = (
    """
    k = quilô
    h = hectô
    d = decí
    c = centí
    m = milí
    µ = micrô
    n = nanô
    M = megâ
    G = gigâ
    T = terâ
    P = petâ""",
    """
    m = m metro+s""",
    "{} quadrado+s",
    "{} cúbico+s",
    """
    g|gr = m grama+s
    kg = m quilograma+s
    mg = m miligrama+s
    µg|mcg = m micrograma+s
    l|L = m litro+s
    ml|mL = m mililitro+s
    cl = m centilitro+s
    dl = m decilitro+s
    hl = m hectolitro+s
    s|seg = m segundo+s
    ms = m milissegundo+s
    µs = m microssegundo+s
    ns = m nanossegundo+s
    t = f tonelada+s
    W = m watt+s
    kW = m quilowatt+s
    MW = m megawatt+s
    GW = m gigawatt+s
    TW = m terawatt+s
    mW = m miliwatt+s
    Wh = m watt+s-hora
    kWh = m quilowatt+s-hora
    MWh = m megawatt+s-hora
    GWh = m gigawatt+s-hora
    TWh = m terawatt+s-hora
    Hz = m hertz
    kHz = m quilohertz
    MHz = m megahertz
    GHz = m gigahertz
    B = m byte+s
    kB|KB = m kilobyte+s
    MB = m megabyte+s
    GB = m gigabyte+s
    TB = m terabyte+s
    PB = m petabyte+s
    bit = m bit+s
    kbit = m kilobit+s
    Mbit = m megabit+s
    Gbit = m gigabit+s
    Tbit = m terabit+s
    V = m volt+s
    kV = m quilovolt+s
    mV = m milivolt+s
    A = m ampere+s
    mA = m miliampere+s
    Ah = m ampere+s-hora
    mAh = m miliampere+s-hora
    Pa = m pascal/pascais
    hPa = m hectopascal/hectopascais
    kPa = m quilopascal/quilopascais
    MPa = m megapascal/megapascais
    J = m joule+s
    kJ = m quilojoule+s
    cal = f caloria+s
    kcal = f quilocaloria+s
    Ω = m ohm+s
    eV = m elétron-volt+s
    min = m minuto+s
    h|hs|hrs = f hora+s
    km/h|kmh = m quilômetro+s por hora
    ha = m hectare+s
    °C = m grau+s Celsius
    °F = m grau+s Fahrenheit
    ° = m grau+s
    cv|CV = m cavalo+s
    bar = m bar+es
    mbar = m milibar+es
    dB = m decibel/decibéis
    rpm = f rotação/rotações por minuto
    ppm = f parte+s por milhão
    Mbps|Mb/s = m megabit+s por segundo
    Gbps|Gb/s = m gigabit+s por segundo
    fps = m quadro+s por segundo
    m/s²|m/s2 = m metro+s por segundo ao quadrado
    px = m pixel/pixels
    lm = m lúmen+s
    kn = m nó+s
    mi = f milha+s
    mph = f milha+s por hora
    ft = m pé+s
    lb|lbs = f libra+s
    oz = f onça+s
    mol = m mol/mols
    MP|Mpx = m megapixel/megapixels""",
)

COINS = """
    R$|BRL|real|reais = m real/reais; m centavo+s
    €|EUR|euro|euros = m euro+s; m centavo+s
    $|USD|US$|U$|dólar|dólares = m dólar+es; m centavo+s
    CAD|C$ = m dólar+es canadense+s; m centavo+s
    AUD = m dólar+es australiano+s; m centavo+s
    £|GBP|libras|libra = f libra+s; m pêni/pence
    CHF|Fr. = m franco+s suíço+s; m cêntimo+s
    francos = m franco+s; m cêntimo+s
    ¥|JPY|ienes|iene = m iene+s
    CNY|RMB|yuans = m yuan+s
    ARS|MXN|CLP|COP|UYU|pesos = m peso+s; m centavo+s
    AOA|Kz|kwanzas = m kwanza+s; m cêntimo+s
    MZN|meticais = m metical/meticais; m centavo+s
    CVE|escudos|PTE = m escudo+s; m centavo+s
    ₹|INR|rupias = f rupia+s
    ₽|RUB|rublos = m rublo+s; m copeque+s
    zł|PLN = m zloty+s
    ₺|TRY = f lira+s turca+s
    SEK|NOK|DKK|coroas = f coroa+s
    ₿|BTC|bitcoins = m bitcoin+s
    cents|¢|centavos|centavo = m centavo+s
    cêntimos|cêntimo = m cêntimo+s"""

LARGE = """
    mil|k|K = 0 mil
    mi|mi.|M|milhão|milhões = m milhão/milhões
    bi|bi.|B|bilhão|bilhões = m bilhão/bilhões
    tri|tri.|trilhão|trilhões = m trilhão/trilhões"""
LARGE_PORTUGAL = """
    mil|k|K = 0 mil
    M|milhão|milhões = m milhão/milhões
    mil milhões = m mil milhões
    bilião|biliões = m bilião/biliões"""

MONARCHS = words(
    """João Pedro Luís Luiz Carlos Filipe Felipe Afonso Sancho Dinis Fernando Duarte Manuel Sebastião
    Henrique José Miguel Paulo Pio Bento Leão Clemente Gregório Jorge Eduardo Guilherme Frederico
    Alexandre Nicolau Napoleão Francisco Alberto Leopoldo Vítor Emanuel Inocêncio Urbano Ricardo
    Ramsés Ivan Juan"""
)
QUEENS = words("Isabel Elizabeth Elisabeth Catarina Maria Joana Margarida Cristina Ana Cleópatra")

FEMININE = words(
    """vez vezes mão mãos noite noites tarde tardes parte partes gente gentes classe classes série séries
    mulher mulheres flor flores cor cores dor dores luz luzes cruz cruzes voz vozes paz rede redes
    sede fase fases frase frases base bases chave chaves nave torre torres fonte fontes ponte pontes
    morte mortes mente mentes imagem viagem personagem ordem nuvem margem árvore árvores mãe mães irmã
    irmãs maçã maçãs manhã manhãs lã avó avós foto fotos moto motos tribo tribos lei leis pele peles
    carne saudade face faces crise crises tese teses análise análises hipótese espécie espécies
    superfície velocidade mensagem mensagens ovelhas"""
)
FEMININE_ENDS = (
    "a", "ção", "são", "çõe", "sõe", "dade", "tude", "gem", "gen", "ice", "triz", "xão", "xõe", "giõe",
    "gião", "rã", "ite",
)  # fmt: skip
MASCULINE = words(
    """dia mapa planeta cometa sofá guarda policial artista jornalista turista esportista futebolista
    ciclista eletricista dentista taxista motorista atleta colega poeta pirata piloto idiota gorila
    panda grama quilograma avião aviões milhão milhões coração corações limão limões caminhão
    caminhões leão leões balão balões botão botões tubarão portão portões cartão cartões feijão
    feijões garfo convite limite satélite"""
)
SMALL_WORDS = words(
    """de do da dos das em no na nos nas com por para que são era foi não se sim ou um uma aos pelo pela
    seu sua seus suas mais menos entre desde até sobre sob ante como mas quando onde está estão ser
    será foram já muito tão depois antes agora hoje ontem amanhã mil milhões segundo sem três dois
    seis apenas cada ainda lhes eles elas"""
)

ABBREVIATIONS = """
    sr. = senhor
    sra. = senhora
    srs. = senhores
    sras. = senhoras
    srta. = senhorita
    dr. = doutor
    dra. = doutora
    drs. = doutores
    prof. = professor
    profa.|prof.ª|prof.a = professora
    D.^ = dom
    D.ª^ = dona
    V. Exa. = Vossa Excelência
    V. Sa. = Vossa Senhoria
    V. S.ª = Vossa Senhoria
    S. Exa. = Sua Excelência
    Exmo. = excelentíssimo
    Exma. = excelentíssima
    Ilmo. = ilustríssimo
    Ilma. = ilustríssima
    etc. = et cetera
    p. ex.|por ex. = por exemplo
    Av.|Avda. = avenida
    R.^ = rua
    Pça.|Pç.|Pca. = praça
    Al.^ = alameda
    Trav. = travessa
    Rod. = rodovia
    Ed.^ = edifício
    apto.#|ap.# = apartamento
    pág.|p.# = página
    págs.|pp.# = páginas
    cap. = capítulo
    fig. = figura
    figs. = figuras
    art. = artigo
    arts. = artigos
    vol. = volume
    ed. = edição
    séc.|s.# = século
    sécs. = séculos
    a. C. = antes de Cristo
    d. C. = depois de Cristo
    nº|n.º|n°|núm.|No.# = número
    nºs|n.os = números
    aprox. = aproximadamente
    Cia. = companhia
    Ltda. = limitada
    Lda. = limitada
    Sto.|S.to = Santo
    Sta. = Santa
    S.^ = São
    depto.|dept.|dpto. = departamento
    vs.|vs = versus
    máx. = máximo
    mín. = mínimo
    ref. = referência
    tel. = telefone
    cel. = celular
    Eng. = engenheiro
    Enga. = engenheira
    Arq. = arquiteto
    Adv. = advogado
    Gen.^ = general
    gal. = general
    Cel.^ = coronel
    Cap.^ = capitão
    Ten.^ = tenente
    Dir. = diretor
    Gov. = governador
    Pres. = presidente
    Min.^ = ministro
    min. = minutos
    km# = quilômetro
    obs. = observação
    adm. = administração
    jan. = janeiro
    fev. = fevereiro
    abr. = abril
    ago. = agosto
    out. = outubro
    nov. = novembro
    §§ = parágrafos
    § = parágrafo
    & = e"""
