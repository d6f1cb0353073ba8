"""The words of French that the rules need."""

from __future__ import annotations

from vox.workers.normal.european.parts import words

UNITS = (
    """
    k = kilo
    h = hecto
    d = déci
    c = centi
    m = milli
    µ = micro
    n = nano
    M = méga
    G = giga
    T = téra
    P = péta""",
    """
    m = m mètre+s
    g = m gramme+s
    l|L = m litre+s
    s|sec = f seconde+s
    t = f tonne+s
    W = m watt+s
    Wh = m wattheure+s
    Hz = m hertz
    o = m octet+s
    B = m octet+s
    bit = m bit+s
    V = m volt+s
    A = m ampère+s
    Ah = m ampère+s-heure+s
    Pa = m pascal+s
    J = m joule+s
    cal = f calorie+s
    Ω = m ohm+s
    eV = m électronvolt+s""",
    "{} carré+s",
    "{} cube+s",
    """
    min|mn = f minute+s
    h = f heure+s
    j = m jour+s
    ms = f milliseconde+s
    km/h|kmh = m kilomètre+s par heure
    ha = m hectare+s
    °C = m degré+s Celsius
    °F = m degré+s Fahrenheit
    ° = m degré+s
    ch|CV|cv = m cheval/chevaux
    bar = m bar+s
    mbar = m millibar+s
    dB = m décibel+s
    rpm = m tour+s par minute
    tr/min = m tour+s par minute
    ppm = f partie+s par million
    Mbps|Mb/s = m mégabit+s par seconde
    Gbps|Gb/s = m gigabit+s par seconde
    fps = f image+s par seconde
    m/s²|m/s2 = m mètre+s par seconde carrée
    px = m pixel+s
    lm = m lumen+s
    kn = m nœud+s
    ft = m pied+s
    mol = f mole+s
    Mpx|MP = m mégapixel+s""",
)

COINS = """
    €|EUR|euro|euros = m euro+s; m centime+s
    $|USD|US$|dollar|dollars = m dollar+s; m cent+s
    CAD|CA$|C$ = m dollar+s canadien+s; m cent+s
    AUD = m dollar+s australien+s; m cent+s
    £|GBP|livres sterling = f livre+s; m penny/pence
    CHF|Fr.|francs suisses = m franc+s suisse+s; m centime+s
    FF|francs|franc = m franc+s; m centime+s
    FCFA|XOF|XAF = m franc+s CFA
    ¥|JPY|yens|yen = m yen+s
    CNY|RMB|yuans|yuan = m yuan+s
    ₹|INR|roupies = f roupie+s; m paisa
    ₽|RUB|roubles = m rouble+s; m kopeck+s
    zł|PLN|zlotys = m zloty+s; m grosz
    ₺|TRY = f livre+s turque+s; m kuruş
    SEK|NOK|DKK|ISK|couronnes = f couronne+s; m öre
    MAD|dirhams = m dirham+s; m centime+s
    DZD|TND|dinars = m dinar+s; m centime+s
    ₩|KRW = m won+s
    ₿|BTC|bitcoins = m bitcoin+s
    ct|cts|¢|centimes|centime = m centime+s"""

LARGE = """
    k|K = 0 mille
    M|Mio|mln|million|millions = m million+s
    Md|Mds|Mrd|milliard|milliards = m milliard+s
    billion|billions = m billion+s"""

MONARCHS = words(
    """Louis Charles Henri Philippe François Napoléon Jean Paul Pie Benoît Léon Clément Grégoire
    Élisabeth Elisabeth Georges Édouard Edouard Guillaume Frédéric Catherine Pierre Alexandre Nicolas
    Ivan Albert Léopold Baudouin Félipe Juan Alphonse Victor Ramsès Urbain Innocent Richard Jacques
    Rainier Gustave Christian"""
)

FEMININE = words(
    """fois personne page minute heure seconde semaine journée chose femme fille voiture maison ville
    place voix pièce photo ligne main nuit mort part vie fin mer soif faim fleur couleur odeur erreur
    valeur peur sœur douleur chaleur largeur longueur hauteur route porte table chaise fenêtre école
    classe note étoile équipe image lettre langue feuille carte boîte bouteille tasse plante planète
    pomme poire orange banane vache chèvre tonne calorie roupie couronne étape épreuve victoire
    défaite marche tranche règle raison saison façon leçon chanson boisson prison version clé clef loi
    foi forêt partie série copie vidéo radio auto moto chambre cuisine salle église île œuvre usine
    victime vitesse adresse messe promesse caisse"""
)
FEMININE_ENDS = tuple(
    words(
        "tion sion xion té tié tte elle ance ence ure ée ie ade ude"
        " euse trice ine aine esse ique ille aille enne onne ère ise"
    )
)

MASCULINE = words(
    """été comté côté traité arrêté député musée lycée trophée mètre kilomètre million génie incendie
    parapluie silence magazine moyen domaine capitaine modèle stade grade comité pâté élève murmure
    centigrade parasite dioxyde"""
)

ABBREVIATIONS = """
    M. et Mme = Monsieur et Madame
    M.^ = Monsieur
    MM.^ = Messieurs
    Mme = Madame
    Mmes = Mesdames
    Mlle = Mademoiselle
    Mlles = Mesdemoiselles
    Mgr^ = Monseigneur
    Me^ = Maître
    Dr^ = docteur
    Dr.^ = docteur
    Pr^ = professeur
    Pr.^ = professeur
    Prof.^ = professeur
    St^ = Saint
    Ste^ = Sainte
    n°|nᵒ|n^o = numéro
    no#|n.° = numéro
    nos#|n°s = numéros
    etc. = et cetera
    p. ex.|par ex. = par exemple
    c.-à-d.|c-à-d. = c'est-à-dire
    cf. = confer
    av. J.-C. = avant Jésus-Christ
    apr. J.-C.|ap. J.-C. = après Jésus-Christ
    J.-C. = Jésus-Christ
    av.^ = avenue
    bd^|bd.^|boul.^|bld^ = boulevard
    pl.^ = place
    p.# = page
    pp.# = pages
    chap.# = chapitre
    fig.# = figure
    art.# = article
    al.# = alinéa
    vol.# = volume
    éd. = édition
    éd.# = édition
    t.# = tome
    réf. = référence
    env. = environ
    tél. = téléphone
    Md|Mds|Mrd = milliards
    RDV|rdv = rendez-vous
    svp|s.v.p.|SVP|S.V.P. = s'il vous plaît
    max.# = maximum
    max.~ = maximum
    min.# = minimum
    vs|vs. = versus
    Cie|Cie. = compagnie
    dép. = département
    dépt. = département
    gouv. = gouvernement
    janv. = janvier
    févr. = février
    oct. = octobre
    nov. = novembre
    déc. = décembre
    not. = notamment
    resp. = respectivement
    quelq. = quelque
    qqch. = quelque chose
    qqn = quelqu'un
    tjs = toujours
    ex. : = exemple :
    §§ = paragraphes
    § = paragraphe
    & = et"""
