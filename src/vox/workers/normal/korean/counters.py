"""Numbers before a counter: 세 개, but 삼 층."""

from __future__ import annotations

import re

from vox.workers.normal.korean.figures import SPAN, native, span
from vox.workers.normal.rule import Rule

# What is counted in native numbers, with what may not follow for it to be that counter.
_NATIVE = (
    r"개(?!\s?국|월|년|소|사(?!탕)|교|정당)|명(?!령)|살|마리|시간|번째|번(?!지)|권|장(?!관|점|조)|병(?!원|동)|잔|채|벌"
    "|켤레|송이|그루|자루|컵|조각|곳|군데|가지|사람|달(?!러)|쌍|줄|갑|그릇|접시|다발|봉지|상자|박스|캔|방울|모금|끼|척"
    "|포기|톨|뭉치|묶음|바퀴|걸음|차례|배(?!수)|팀|곡|과목|종류|식구|스푼|큰술|작은술|숟가락|줌|경기|게임|세트|해(?!외|군)"
    # Other words begin with these syllables: a particle must follow, or none.
    "|(?:대|통|판|건|편|골|필|돈|알)(?=[^가-힣]|[가이은는을를에의도와과로만씩당째쯤나짜까부밖정]|$)"
)
# What is counted in Chinese ones; it is known for the space before it.
_SINO = (
    "개월|개국|개년|개소|개사|개교|주일|주|층|호선|호실|호|학년|학기|반|인분|인승|인용|인|세기|세대|세|회|차|위"
    "|등(?!산)|점|도|박|동|번지|쪽|페이지|부|항|절|막|강|과|단원|교시|기|급|단계|석|루|타|승|패|무|구역|라운드"
)
_COUNTED = re.compile(rf"{SPAN}\s?(?P<counter>{_NATIVE})")
_OTHER = re.compile(rf"{SPAN}(?P<counter>{_SINO})")
_MOST = {"시간": 20, "배": 10, "경기": 20, "게임": 20, "세트": 10, "팀": 30, "건": 30}
"""How far native numbers are used; 99 for what isn't named."""

_TIMES_BEFORE = re.compile(
    r"(?:에|마다|씩|총|단|딱|벌써|다시|또|각각|최소|최대|주|월|연|겨우|무려|모두|약|지금까지)\s?$"
)
_TIMES_AFTER = re.compile(
    r"\s?(?:이나|밖에|씩|더|만|째|쯤|정도|이상|이하|도\s|연속|했|하|반복|방문|시도|읽|먹|봤|보|갔|만나|썼|울|뛰|넘"
    r"|불|찍|우승|실패|성공|이겼)"
)
_LABELS_BEFORE = re.compile(
    r"(?:정답은?|답은|문제는?|기호|문항|등번호|채널|버스|선택|보기|홈|승강장|출구|교향곡|자리|번호는?|반)\s?$"
)
_LABELS_AFTER = re.compile(
    r"\s?(?:출구|버스|문제|타자|선수|국도|승강장|게이트|홈|트랙|채널|방|좌석|창구|문항|정답|후보|마을버스|마|도로"
    r"|고속|터미널|버튼|을|를|으?로|입니다|이다|은|이\s|과|와)"
)
_DECADE = re.compile(
    r"\s?[〜～~∼]|\s?(?:[가-힣]{0,3}(?:남성|여성|남자|여자|청년|청소년|직장인|이상|이하|초반|중반|후반|미만|노인|부부|주부"
    r"|소년|소녀|가 |들|의|에|부터|와|는|도))"
)
_SET = re.compile(
    r"\s?(?:대통령|국회|회장|총장|총리|국왕|의장|교황|임금|요소|원칙|명절|의무|성인|재벌|과제|종교|문명|도시|천왕|미인|강국|폭포|명산|어장|시장|기업|목표|공약"
    r"|뉴스|불가|때)"
)


def _counted(match: re.Match[str]) -> str:
    low, high, counter = match["low"], match["high"], match["counter"]
    if match.string.endswith(("제", "넘버 "), 0, match.start()) or not _is_native(match):
        return f"{span(match)} {counter}"
    first = counter == "번째" and high == "1" and not low
    said = "첫" if first else native(_whole(high))
    return (f"{native(_whole(low))} {counter}에서 " if low else "") + f"{said} {counter}"


def _whole(text: str) -> int:
    return int(text.replace(",", "")) if text.replace(",", "").isdecimal() and len(text) < 6 else 0


def _is_native(match: re.Match[str]) -> bool:
    counter = match["counter"]
    most = _MOST.get(counter, 99)
    for text in filter(None, (match["low"], match["high"])):
        n = _whole(text)
        # 101 is 백한, but 123 백이십삼.
        if (
            not (1 <= n <= most or (100 < n < 1000 and n % 100 < 10 and most == 99 and counter != "번"))
            or text[0] == "0"
        ):
            return False
    before = match.string[max(0, match.start() - 10) : match.start()]
    after = match.string[match.end() : match.end() + 10]
    if counter == "번":
        return _is_times(_whole(match["high"]), before, after)
    if counter == "대":
        return not (before.endswith("세계 ") or _SET.match(after) or _is_decade(_whole(match["high"]), after))
    return True


def _is_times(n: int, before: str, after: str) -> bool:
    """한 번, how often; not 일 번, which one."""
    if _LABELS_BEFORE.search(before) or n > 30:
        return False
    if _TIMES_BEFORE.search(before) or _TIMES_AFTER.match(after):
        return True
    return n < 10 and not _LABELS_AFTER.match(after)


def _is_decade(n: int, after: str) -> bool:
    """이십 대, of people; not 스무 대, of cars."""
    return n % 10 == 0 and _DECADE.match(after) is not None


RULES = (
    Rule("number", _COUNTED, _counted),
    Rule("number", _OTHER, lambda match: f"{span(match)} {match['counter']}"),
)
