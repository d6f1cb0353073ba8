"""Numbers in Mandarin words, and which script the words are written in."""

from __future__ import annotations

import re
from functools import lru_cache

from vox.workers.normal import spell

NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,7}(?![0-9])|[0-9]{1,40})(?:\.[0-9]{1,40})?"
"""A number without its sign. Its parts are bounded, so that a long text costs no more than its length."""
FREE = r"(?<![0-9])(?<![0-9][.,])"
"""No number goes on here."""
DASH = "[-\u2010-\u2015\u2212~\uff5e]"
"""What stands between the ends of a range."""
MINUS = "(?<![0-9A-Za-z)\\]%零一二三四五六七八九十百千万亿])[-\u2212]"
"""A hyphen that is a sign: nothing that it could join stands before it."""
HAN = "\u3400-\u4dbf\u4e00-\u9fff"

_ONE_BY_ONE = str.maketrans("0123456789", "零一二三四五六七八九")
_ON_THE_PHONE = str.maketrans("1", "幺")
_SCALES = ((10**8, "亿"), (10**4, "万"))

_MEASURES = (
    "个|個|只|隻|条|條|张|張|本|件|块|塊|辆|輛|台|臺|间|間|家|名|位|双|雙|对|對|副|套|座|栋|棟|幢|支|枝|把|根|片|朵|棵|株|颗|顆|粒|头|頭|匹"
    "|杯|瓶|碗|盘|盤|盒|袋|包|箱|桶|罐|壶|壺|份|篇|首|部|集|章|节|節|段|句|行|排|列|遍|回|趟|场|場|局|轮|輪|圈|步|声|聲|口|眼|笔|筆|批"
    "|组|組|队|隊|群|类|類|种|種|样|樣|款|项|項|点|點|道|门|門|课|課|周|週|天|岁|歲|倍|元|毛|角|斤|公斤|千克|克|吨|噸|米|厘米|毫米|公里"
    "|里|尺|寸|英|丈|亩|畝|公顷|公頃|公分|公尺|公升|平方|平米|立方|升|毫|度|摄氏|攝氏|字|页|頁|票|国|國|省|地|岸|者|党|黨|校|院|室|厅|廳"
    "|卫|衛|房|男|女|胜|勝|负|負|平|球|盘|盤|大(?![胜败勝敗于於])|小时|小時|秒|刻|星期|礼拜|禮拜|成|股|脚|腳|波|任|届|屆|艘|架|顶|頂|幅|枚|堆|滴|串|束|伙"
    "|拨|撥|所|则|則|处|處|封|卷|册|冊|代人|旁|边|邊|侧|側|端|极|極|用|便士|美|欧|歐|港|日元|韩元|澳|加元|千瓦|瓦|伏|安|赫|牛|兆|桌|通|餐|顿|頓|剂|劑"
    "|层楼|層樓|层小|层高|分(?!之)|人(?![转轉])|次(?![元方])|年(?![级級])|时(?!代)|時(?!代)|千|万|萬|亿|億"
)
_COUNTS = re.compile(rf"(?:[、,，或到至~-][0-9]{{1,3}})?(?:多|余|餘)?\s?(?:{_MEASURES})")
_RANKED = re.compile("[第百千万萬亿億十零〇一二三四五六七八九]$")
_LIANG = re.compile("二(?=千)|^二(?=[万亿])")


def cardinal(number: str) -> str:
    """`number` as `NUMBER` has it: "1,020.50" is 一千零二十点五零. 2 before 千 is 两, and so is a
    head of 2 before 万 and 亿; what has zeros in front, or more than sixteen digits, goes digit by digit."""
    whole, _, part = number.replace(",", "").partition(".")
    if len(whole) > 16 or (len(whole) > 1 and whole[0] == "0"):
        said = digits(whole)
    else:
        said = _LIANG.sub("两", _whole(int(whole)))
    return f"{said}点{digits(part)}" if part else said


def counted(number: str) -> str:
    """`cardinal`, before a measure word or a unit: 2 is 两."""
    return "两" if number == "2" else cardinal(number)


def digits(text: str, phone: bool = False) -> str:
    """Its digits one by one, all else as it is. `phone`: 1 is said as 幺, that it isn't taken for 7."""
    return (text.translate(_ON_THE_PHONE) if phone else text).translate(_ONE_BY_ONE)


def number(match: re.Match[str], figure: str, end: int | None = None) -> str:
    """`figure` as it is said before what follows in the text from `end` (of the match, if None): 2个 is 两个,
    2楼 and 第2个 are 二."""
    if figure == "2" and counts(match, end) and not _RANKED.search(before(match)):
        return "两"
    return cardinal(figure)


def counts(match: re.Match[str], end: int | None = None) -> bool:
    """Whether a measure word follows."""
    return bool(_COUNTS.match(match.string, match.end() if end is None else end))


def before(match: re.Match[str], length: int = 10) -> str:
    start = match.start()
    return match.string[max(0, start - length) : start]


def after(match: re.Match[str], length: int = 10) -> str:
    return match.string[match.end() : match.end() + length]


@lru_cache(maxsize=1024)
def _whole(n: int) -> str:
    # CLDR's own rules leave out the 零 between 亿 and 万, and have 兆 where a reader says 万亿.
    for size, name in _SCALES:
        if n >= size:
            high, low = divmod(n, size)
            return f"{_whole(high)}{name}{_rest(low, size)}"
    return spell.cardinal(n, "zh", "spellout-cardinal")


def _rest(low: int, size: int) -> str:
    if not low:
        return ""
    said = _whole(low)
    return ("零" if low < size // 10 else "") + ("一" if said[0] == "十" else "") + said


_TRADITIONAL = re.compile(
    "[個們這來時說對會學國為點萬億兩號電話機還後頭間過書買賣開關車東長門問題經現當從與於無樣種實應該樓歲幣塊錢總價報請讓見員場際認識讀寫"
    "體氣溫風飛馬鳥魚龍隻雙張條層級線紅綠藍黃銀鐵網訊訪聯絡約議慶參數權區縣鄉鎮灣臺廣島發動產業務運達標準確質費單據戰爭軍隊師團選舉"
    "勝負賽獎華語歐韓術藝樂導遊記錄節視頻廠貨購優詢檢驗測試藥醫療護傷隨遠進連轉輸週廳環畫聽聲習試紙筆結給幫讚愛親歡樂興離難響]"
)
_TO_TRADITIONAL = str.maketrans(
    "万亿点两负时钟号线问于欧镑韩币卢兹字吨转纳贝华图页减约对经东亩划摄这么东西汤马节顷圆数双级欧帧码",
    "萬億點兩負時鐘號線問於歐鎊韓幣盧茲字噸轉納貝華圖頁減約對經東畝劃攝這麼東西湯馬節頃圓數雙級歐幀碼",
)


def in_script(words: str, text: str) -> str:
    """`words` in traditional characters where `text` is written in them."""
    return words.translate(_TO_TRADITIONAL) if _traditional(text) else words


@lru_cache(maxsize=4)
def _traditional(text: str) -> bool:
    return bool(_TRADITIONAL.search(text))
