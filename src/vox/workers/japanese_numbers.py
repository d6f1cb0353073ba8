"""How numbers in Japanese numerals sound with what they count: 三百本 is さんびゃっぽん, 二十日 はつか.

A reader of words takes 年一月 for a name and 四 for し, so numbers are read first, and only what is left goes
to it. Words that merely contain a numeral (一緒, 八百屋, 統一) are left: a single numeral is a number with a
counter behind it or where it stands alone; two or more are one unless `_WORDS` has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_FIGURES = {
    "ゼロ": "ぜろ", "〇": "ぜろ", "零": "れい", "一": "いち", "二": "に", "三": "さん", "四": "よん",
    "五": "ご", "六": "ろく", "七": "なな", "八": "はち", "九": "きゅう", "数": "すう", "何": "なん",
    "余": "よ",
}  # fmt: skip
_UNITS = {
    "十": "じゅう", "百": "ひゃく", "千": "せん", "万": "まん", "億": "おく", "兆": "ちょう", "京": "けい",
}  # fmt: skip
_LARGE = "万億兆京"

_COUNTERS: dict[str, str] = dict(
    re.findall(
        r"(\S+)/(\S+)",
        """
    年/ねん 月/がつ か月/かげつ か国/かこく か国語/かこくご か所/かしょ か条/かじょう か年/かねん
    か村/かそん 日/にち 時/じ 時間/じかん 時限/じげん 分/ふん 秒/びょう 週/しゅう 週間/しゅうかん
    世紀/せいき 学期/がっき 学年/がくねん 年生/ねんせい 年代/ねんだい 年度/ねんど 円/えん 銭/せん 元/げん
    人/にん 人前/にんまえ 人称/にんしょう 名/めい 名様/めいさま 個/こ 本/ほん 本塁打/ほんるいだ 匹/ひき
    枚/まい 回/かい 回戦/かいせん 回忌/かいき 回生/かいせい 階/かい 階級/かいきゅう 冊/さつ 台/だい 歳/さい
    才/さい 番/ばん 番線/ばんせん 番地/ばんち 番手/ばんて 番街/ばんがい 番館/ばんかん 番目/ばんめ 号/ごう
    号室/ごうしつ 号車/ごうしゃ 号線/ごうせん 号機/ごうき 号館/ごうかん 号棟/ごうとう 度/ど 点/てん 倍/ばい
    割/わり 割引/わりびき 厘/りん 杯/はい 泊/はく 発/はつ 歩/ほ 票/ひょう 品/ひん 編/へん 篇/へん 版/はん
    班/はん 敗/はい 拍/はく 羽/わ 軒/けん 足/そく 着/ちゃく 頭/とう 世/せい 世帯/せたい 世代/せだい
    章/しょう 層/そう 席/せき 隻/せき 周/しゅう 周年/しゅうねん 種類/しゅるい 種/しゅ 種目/しゅもく 社/しゃ
    色/しょく 首/しゅ 畳/じょう 条/じょう 丁目/ちょうめ 通/つう 体/たい 代/だい 代目/だいめ 段/だん
    段階/だんかい 面/めん 件/けん 缶/かん 巻/かん 曲/きょく 級/きゅう 機/き 基/き 行/ぎょう 区/く 県/けん
    期/き 句/く 戸/こ 校/こう 試合/しあい 室/しつ 字/じ 次/じ 次元/じげん 塁/るい 塁打/るいだ 両/りょう
    列/れつ 位/い 節/せつ 項/こう 項目/こうもく 部/ぶ 部門/ぶもん 分野/ぶんや 里/り 乗/じょう 便/びん
    勝/しょう 戦/せん 錠/じょう 滴/てき 膳/ぜん 食/しょく 駅/えき 輪/りん 型/がた 等/とう 等分/とうぶん
    問/もん 店/てん 店舗/てんぽ 話/わ 組/くみ 口/くち 株/かぶ 箱/はこ 桁/けた 皿/さら 粒/つぶ 袋/ふくろ
    束/たば 部屋/へや 切れ/きれ 坪/つぼ 通り/とおり 晩/ばん 文字/もじ 気圧/きあつ 光年/こうねん
    平方/へいほう 立方/りっぽう 回転/かいてん 進数/しんすう 進法/しんほう 車線/しゃせん 拍子/びょうし
    連勝/れんしょう 連敗/れんぱい 連覇/れんぱ 米ドル/べいどる 豪ドル/ごうどる 人民元/じんみんげん
    """,
    )
)
_PREFIXES = "キロ|センチ|ミリ|メガ|ギガ|テラ|ペタ|ヘクト|マイクロ|ナノ|ピコ|デシ"
_MEASURES = (
    "パーセント|ポイント|ページ|ピクセル|ポンド|ペンス|ペソ|トン|ケース|カロリー|カラット|クラス|シリング|"
    "セット|セント|サイクル|チーム|タイトル|ターン|シーベルト|シーズン|シーシー|ダース|メートル|グラム|リットル|"
    "ワット|ボルト|アンペア|ヘルツ|バイト|ビット|パスカル|ジュール|ヘクタール|ドル|ユーロ|ウォン|ルピー|バーツ|"
    "スイスフラン|フラン|ルーブル|インチ|フィート|マイル|ヤード|デシベル|エーカー|ノット|オーム|ゴール|ラウンド|ステップ|"
    "レベル|メダル|ホール|イニング|アール|パーミル"
)
"""Units from abroad: what some begin with, and whole ones."""
_NATIVE = (
    "組", "口", "株", "箱", "桁", "皿", "粒", "袋", "束", "部屋", "切れ", "坪", "通り", "晩", "文字",
)  # fmt: skip
"""Counted ひと, ふた, and only then by Chinese numerals."""
_NOT_BEFORE = {
    "年": "金賀齢輪", "月": "曜面給", "日": "本曜", "時": "計給速", "分": "割析布類", "年生": "ま",
    "人": "間口民工気類格事権形員材物種参", "円": "形卓周滑熟", "元": "気旦々に化", "名": "前古詞",
    "本": "日社当来人格気部", "回": "り答復避収", "台": "風湾所", "番": "号組", "度": "々", "点": "検灯滅",
    "倍": "増", "割": "るれっらろ", "杯": "目指", "泊": "ま", "発": "表売行見生射達", "歩": "く行道",
    "品": "質目", "編": "集", "版": "画権", "足": "すり", "着": "く物", "頭": "脳痛", "世": "界の",
    "周": "辺囲", "種": "々", "社": "会長員", "首": "都相", "条": "件約", "通": "勤信常学過貨",
    "体": "力育重温", "代": "わ表理", "段": "落", "面": "白倒接談会", "巻": "き", "機": "械会関能",
    "基": "本地準", "行": "動政事為進程くっうき方わ", "区": "切別", "期": "間待限", "校": "長", "室": "内",
    "次": "の第", "両": "日方親者国手", "列": "車島", "位": "置", "部": "長下", "乗": "るりれっ用",
    "便": "利", "勝": "つ手利", "戦": "争う", "食": "べ", "問": "題い", "店": "長", "話": "し題",
    "組": "織合み", "口": "座", "株": "式主", "等": "し", "色": "々", "字": "幕", "里": "芋", "節": "約電",
}  # fmt: skip
"""With one of these, a counter is the first letter of another word."""
_OTHER_FIGURES = {
    "年": {"四": "よ"}, "年生": {"四": "よ"}, "年度": {"四": "よ"}, "年代": {"四": "よ"},
    "月": {"四": "し", "七": "しち", "九": "く"}, "時": {"四": "よ", "七": "しち", "九": "く"},
    "時間": {"四": "よ", "七": "しち", "九": "く"}, "時限": {"四": "よ"}, "日": {"七": "しち", "九": "く"},
    "人": {"四": "よ"}, "人前": {"四": "よ"}, "円": {"四": "よ"}, "畳": {"四": "よ"},
}  # fmt: skip
_VOICED = {
    "百": "三何", "千": "三何", "階": "三", "軒": "三", "足": "三千",
    **dict.fromkeys(("本", "匹", "杯", "票", "本塁打"), "三千万"),
}  # fmt: skip
_PLOSIVE = dict.fromkeys(("分", "泊", "発", "歩", "品", "編", "篇", "版", "班", "敗", "拍"), "三四何千万")
"""Figures after which the counter begins with b, g, z, and with p."""
_DOUBLED = {"かきくけこ": "一六八十百", "さしすせそたちつてと": "一八十", "はひふへほ": "一六八十百"}
"""By the letter that a counter begins with, the figures that end in っ before it."""
_DOUBLED_ABROAD = {"かきくけこ": "六十百", "さしすせそたちつてと": "一八十", "ぱぴぷぺぽ": "十"}
_DAYS = {
    "二": "ふつか", "三": "みっか", "四": "よっか", "五": "いつか", "六": "むいか", "七": "なのか",
    "八": "ようか", "九": "ここのか", "十": "とおか", "十四": "じゅうよっか", "二十": "はつか",
    "二十四": "にじゅうよっか",
}  # fmt: skip
_WHOLE = {(number, "日"): said for number, said in _DAYS.items()} | {
    ("一", "人"): "ひとり", ("二", "人"): "ふたり", ("二十", "歳"): "はたち",
    ("百十", "番"): "ひゃくとおばん",
}  # fmt: skip
_TAILS = {
    "後": "ご", "前": "まえ", "半": "はん", "間": "かん", "目": "め", "中": "ちゅう", "頃": "ごろ",
    "分": "ぶん", "付": "づけ", "組": "ぐみ", "玉": "だま", "札": "さつ", "安": "やす", "高": "だか",
    "建て": "だて", "建": "だて", "制": "せい", "台": "だい", "時": "じ", "秒": "びょう",
}  # fmt: skip
"""What follows a counter and would sound otherwise as a word of its own."""
_WORDS = (
    "統一|唯一|随一|万一|(?<![合共])同一|(?<!簡)単一|(?<!平)均一|再三再四|第一人者|第三者|四六時中|三三五五|"
    "五七五(?:七七)?|七五三|九九(?=[をのは])|九十九(?=[里島折髪])|七三分け|十中八九|十二分[にな]|五十嵐|五十鈴|"
    "八百屋|八百長|八百万の神|三十路|四十路|五十路|十八番|四万十|八千代|千代(?!目)|四十九日|二十四節気|四十七士|"
    "十六夜|二十重|十二単|四十肩|五百旗頭|一期一会|三位一体|二人三脚|一世一代|一日千秋|十人十色|百発百中|"
    "四面楚歌|四角四面|五月(?:雨|晴れ?|蠅)|七面鳥|八代(?=市|海)|八戸(?=[市駅港線])|九段下|九頭竜|"
    "[四五八]日市|二束三文|四の五の|三が日|五分五分|九分九厘|[三五七八]分(?=[咲袖丈刈])|八分(?=目)|[四八]分(?=音符|休符)|"
    "二分(?=す|さ|し|化)|百日紅|二日酔い|三日月(?!曜)|六本木|三百代言|初七日|三拍子|三十三間堂|三四郎|"
    "[四七九]条(?=河原|大宮|烏丸|堀川|通|駅)|四畳半|一部始終|一昨[日年]|一両日|一対(?![一二三四五六七八九十])|"
    "一足先|一品料理|十文字|十字架|七色|四半(?=期|世紀)|[一二]人(?:暮らし|っ子|歩き|勝ち|芝居)"
)
"""Where numerals are no number, or one that is read in a way of its own."""

_JOINTS = {"点": "てん", "対": "たい", "分の": "ぶんの"}
"""Between two numbers; they sound with the first as a counter would."""
_READINGS = {"": ""} | _UNITS | _COUNTERS | _JOINTS

_KANJI = r"[々㐀-䶿一-鿿豈-﫿]"
_DIGITS = "〇零一二三四五六七八九"
_EACH = rf"(?:(?!四半期|四半世紀)(?:ゼロ|[{_DIGITS}十百千{_LARGE}]))"


def _any_counter() -> str:
    """A pattern, the longest first."""
    names = sorted(_COUNTERS, key=len, reverse=True)
    known = (
        re.sub("^か", "[かカヶケヵ箇]", name) + (f"(?![{_NOT_BEFORE[name]}])" if name in _NOT_BEFORE else "")
        for name in names
    )
    return rf"(?:{'|'.join(known)}|(?:{_PREFIXES})[ァ-ヺー]*|(?:{_MEASURES})(?![ァ-ヺー]))"


_COUNTER = _any_counter()
_LIMIT = "以[内上下外]|未満|程度|前後|超"
_NUMBER = (
    rf"(?:[数何](?=[十百千{_LARGE}])|(?![{_LARGE}])(?={_EACH})){_EACH}+"
    rf"(?:(?:数(?![学字値量])|余(?![裕分計地り]))[{_LARGE}]?)?"
)
_BEHIND = (
    r"後(?![半日輩])|前(?![後半期日回])|半(?![分数径年期額島角])|間(?![隔際違近])|目(?![的標指安])"
    r"|中(?![学旬心国央古止盤小])|頃|(?<![時秒])分(?![野析配割離類の])|付(?![きけくい])|(?<=人)[組制]"
    r"|(?<=円)[玉札安高台]|(?<=階)建て?|(?<=時)台|(?<=[トア])時|(?<=[リロノ])秒"
)
"""Where each of `_TAILS` is one: 後 but not 後半, 時 after ワット."""
_FOUND = re.compile(
    rf"(?P<word>{_WORDS})|(?P<prefix>第|(?<!{_KANJI})月)?(?P<number>{_NUMBER})"
    rf"(?P<rest>(?:(?:点|分の|対){_NUMBER}(?={_COUNTER}|{_LIMIT}|(?!{_KANJI})))*)"
    rf"(?:(?P<counter>{_COUNTER})(?P<tail>(?:{_BEHIND}){{0,2}}))?"
    r"(?P<particle>(?:に|で|と|から|まで|より)?は(?!じ[めまい])|へ)?"
)
_TAIL = re.compile("|".join(sorted(_TAILS, key=len, reverse=True)))
_JOINT = re.compile("(点|対|分の)")
_FIGURE = re.compile("ゼロ|.")
_ROW = re.compile(rf"(?<![{_DIGITS}十百千])[一二三四五六七八九][{_DIGITS}]{{1,15}}(?=[{_LARGE}]|$)")
_MERE_THOUSAND = re.compile(rf"(?<![{_DIGITS}数何])千(?=[{_LARGE}])")
_ALONE = re.compile(
    "$|[はがをにでともかやへよだな]|の|まで|ほど|くらい|ぐらい|ずつ|たす|ひく|わる|足す|引く|割る|掛け"
    "|(?![ツッヶケヵノ])[ァ-ヺー]"
)
"""What may follow a single figure that counts nothing."""
_GOES_ON = re.compile(rf"の{_NUMBER}(?!{_COUNTER})")
_MONTH_BEFORE = re.compile("(?<![かカヶケヵ箇])月$")
_LASTING = re.compile(
    "以[内上下]|ほど|くらい|ぐらい|程度|おき|ごと|毎|過ぎ|すぎ|経|から|まで|かか|待|休|遅|早|歩|弱|強|刻"
    "|足らず|ずつ|発|着|で(?![すはなあしきもご])|の(?!一)"
)
_TIMED = re.compile("(?:[時約毎各回歩]|あと|ほぼ|およそ|わずか|たった|残り|所要|時間|車で)$")
"""十分 is じゅっぷん before the first and after the second, else じゅうぶん, which is a word."""


def split(text: str) -> Iterator[tuple[str, str]]:
    """`text` in pairs: what stands before a number, and the number with its counter in hiragana, as it is
    pronounced, its words parted by spaces. The last pair has no number."""
    at = 0
    for found in _FOUND.finditer(text):
        if not found["word"] and (_is_counted(found) if found["counter"] else _is_number(found)):
            yield text[at : found.start()], _said(found)
            at = found.end()
    yield text[at:], ""


def _around(found: re.Match[str]) -> tuple[str, str]:
    """A little of the text before a number, and after it and its counter."""
    start, end = found.start(), found.end() - len(found["particle"] or "")
    return found.string[max(0, start - 4) : start], found.string[end : end + 24]


def _is_counted(found: re.Match[str]) -> bool:
    before, after = _around(found)
    if (found["number"], found["counter"], found["tail"] or found["rest"]) != ("十", "分", ""):
        return True
    return bool(_LASTING.match(after) or _TIMED.search(before))


def _is_number(found: re.Match[str]) -> bool:
    number = found["number"]
    before, after = _around(found)
    if found["prefix"] == "第" or found["rest"] or (len(number) > 1 and number != "ゼロ"):
        return True
    named = re.search(f"{_KANJI}$", before)
    return number != "ゼロ" and bool(_GOES_ON.match(after) or (not named and _ALONE.match(after)))


def _said(found: re.Match[str]) -> str:
    before, after = _around(found)
    *parts, last = _JOINT.split(found["number"] + found["rest"])
    said = {"第": "だい", "月": "つき "}.get(found["prefix"], "")
    said += "".join(_count(number, joint) for number, joint in zip(parts[::2], parts[1::2], strict=True))
    counter = re.sub("^[カヶケヵ箇](?=[月国所条年村])", "か", found["counter"] or "")
    if (counter or set(last) & {*_LARGE}) and parts[-1:] != ["点"]:
        last = _ROW.sub(_with_units, last)
    if not counter and not set(last) - {"〇"} and (len(last) > 1 or after[:1] == "を"):
        said += "まる" * len(last)
    elif counter == "分" and before.endswith("割"):
        said += _count(last, "") + "ぶ"
    elif counter == "日" and last == "一" and _MONTH_BEFORE.search(before):
        said += "ついたち"
    else:
        said += _count(last, counter) if said else _whole(last, counter)
    particle = (found["particle"] or "").translate({ord("は"): "わ", ord("へ"): "え"})
    return f"{said}{_tail(found['tail'] or '', counter)} {particle}".strip()


def _whole(number: str, counter: str) -> str:
    """A number and its counter where they are all there is to count by."""
    if counter in _NATIVE and number in ("一", "二"):
        return {"一": "ひと", "二": "ふた"}[number] + _COUNTERS[counter]
    return _WHOLE.get((number, counter)) or _count(number, counter)


def _tail(tail: str, counter: str) -> str:
    if counter in ("日", "年", "晩"):
        tail = tail.replace("中", "じゅう")
    return _TAIL.sub(lambda part: _TAILS[part[0]], tail)


def _count(number: str, counter: str) -> str:
    """`number` and `counter` in hiragana; figures in a row one by one."""
    number = _MERE_THOUSAND.sub("一千", number)
    if number == "〇" and counter in ("時", "分", "度", "点"):
        number = "零"
    said = last = ""
    for figure in _FIGURE.findall(number):
        if last and last in _LARGE:
            said += " "
        said = _joined(said, last, figure) if figure in _UNITS else said + _FIGURES[figure]
        last = figure
    return _joined(said, last, counter)


def _with_units(row: re.Match[str]) -> str:
    """ "二〇二四" as "二千二十四"."""
    said, digits = "", row[0].replace("零", "〇")
    for place, digit in zip(range(len(digits) - 1, -1, -1), digits, strict=True):
        unit = ("", *"十百千")[place % 4]
        if digit != "〇":
            said += unit if digit == "一" and unit else digit + unit
        if place in (4, 8, 12) and digits[:-place][-4:].strip("〇"):
            said += _LARGE[place // 4 - 1]
    return said


def _joined(said: str, figure: str, counter: str) -> str:
    """`said`, which ends in `figure`, and `counter`, each as it sounds beside the other."""
    kana = _READINGS.get(counter) or _hiragana(counter)
    if not figure or not kana:
        return said + kana
    if figure in _OTHER_FIGURES.get(counter, {}):
        return said.removesuffix(_FIGURES[figure]) + _OTHER_FIGURES[counter][figure] + kana
    doubled = _DOUBLED if counter in _READINGS else _DOUBLED_ABROAD
    if any(kana[0] in row and figure in figures for row, figures in doubled.items()):
        # From は to ぱ it is two letters on, in Unicode; from か to が and from は to ば one.
        return said[:-1] + "っ" + (chr(ord(kana[0]) + 2) if kana[0] in "はひふへほ" else kana[0]) + kana[1:]
    shift = 1 if figure in _VOICED.get(counter, "") else 2 if figure in _PLOSIVE.get(counter, "") else 0
    return said + chr(ord(kana[0]) + shift) + kana[1:]


def _hiragana(katakana: str) -> str:
    return "".join(chr(ord(letter) - 0x60) if "ァ" <= letter <= "ヶ" else letter for letter in katakana)
