"""Figures that name and don't count: said digit by digit, or as the name goes."""

from __future__ import annotations

import re

from vox.workers.normal import spell
from vox.workers.normal.chinese.spelling import FREE, after, before, cardinal, counts, digits
from vox.workers.normal.rule import Rule

_SERIAL = re.compile(
    r"(?P<word>验证码|驗證碼|校验码|密码|密碼|口令|编号|編號|编码|編碼|工号|学号|學號|卡号|卡號|账号|帳號|帐号|账户|单号|單號"
    r"|订单|訂單|群号|邮编|郵編|邮政编码|郵遞區號|身份证|身分證|护照|護照|代码|代碼|代號|代号|车牌|車牌|准考证|序列号|序號|序号|尾号|尾號|末四位|后四位|批号|文号|证号|證號|门牌"
    r"|(?<![A-Za-z])(?:QQ|ISBN|ISSN|ID|SN)"
    r"|房号|微信|条码|条形码|股票|流水号|期号|提取码|取件码|邀请码|航班|车次|車次)"
    r"(?P<link>(?:号码|號碼|号|號|码|碼|代码)?(?:是|为|為|分别是|：|:|\s|（|\(|“|\"){0,3})"
    r"(?P<code>[A-Za-z]{0,6}-?[0-9]{2,64}(?:[- 、][0-9A-Za-z]{1,16}){0,12}(?![0-9]|\.[0-9])[Xx]?)"
)
_ROOM = re.compile(
    rf"{FREE}(?<![A-Za-z第])([0-9]{{3,4}})(?=\s?[号號]?(?:房间|房間|房(?![子价])|室"
    r"|病房|教室|会议室|會議室|办公室|辦公室|包厢|包间|宿舍|寝室|信箱))"
)
_FLAT = re.compile(
    r"(?:(?<=单元)|(?<=單元)|(?<=[层層座栋棟幢])|(?<=[0-9号號][楼樓]))([0-9]{3,4})"
    r"(?=[室房号號\s，。！？,.!?；;、）)]|$)"
)
_ROAD = re.compile(rf"{FREE}([0-9]{{3}})(?=\s?(?:国道|國道|省道|县道|縣道|路(?!程)))")
_TRIP = re.compile(
    r"(?<![A-Za-z0-9])([A-Z]{1,2}|[0-9][A-Z]|[A-Z][0-9])([0-9]{2,4})"
    r"(?=\s?(?:次|航班|列车|列車|高速|班机|班機|动车|高铁))"
)
_MACHINE = re.compile(
    r"(?:(?P<name>波音|空客|空中客车|麦道|台北|臺北|米格)[-\u2010-\u2013\s]?(?P<plain>[0-9]{3})"
    r"|(?P<type>米格|歼|殲|运|轰|直|强|教|苏|图|东风|東風|红旗|神舟|嫦娥|天宫|巨浪|鹰击|长征|天问|阿波罗)"
    r"[-\u2010-\u2013](?P<number>[0-9]{1,4}))(?![0-9]|[.,%][0-9]|-[0-9])"
)
_VERSION = re.compile(r"(?<![0-9.])([0-9]{1,6}(?:\.[0-9]{1,6}){2,6})(?![0-9]|\.[0-9])")
_DECIMAL_MODEL = re.compile(r"(?<=[A-Za-z])-([0-9]{1,4})\.([0-9]{1,4})(?![0-9.%])")
_MODEL = re.compile(
    r"(?P<letters>[A-Za-z_])[-\u2010-\u2013]?(?P<number>[0-9]{1,24}(?:-[0-9]{1,24}){0,4})(?![0-9]|[.,][0-9])"
)
_MODEL_APART = re.compile(r"(?<=[A-Za-z]) (?P<number>[0-9]{3,4})(?![0-9]|[.,:/%][0-9]|%|\s?[-~\u2013+×*=<>])")
_CHAIN = re.compile(r"(?<![0-9])[0-9]{1,20}(?:-[0-9]{1,20}){2,12}(?![0-9])")
_STANDARD = re.compile(
    r"(?<![A-Za-z])((?:GB|ISO|IEC|IEEE|DB|HJ|JJG|YY|QB|DIN|EN)(?:[/ ][A-Z]{1,3})?)[ -]?([0-9]{3,6})"
    r"(?:[-\u2013—]([0-9]{1,4}))?(?![0-9])"
)
_PLATE = re.compile(
    r"(?<=[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领])([A-Z])\s?[·・•]?\s?"
    r"([0-9A-Z]{5,6}|[0-9A-Z]{4}[警学挂港澳])(?![0-9A-Za-z])"
)
_TITLE = re.compile(r"(?<=《)([0-9]{3,4})(?=》)")
_COMPACT = re.compile(
    rf"{FREE}((?:19|20)[0-9]{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))(?![0-9]|[.,][0-9])"
)
_RANK = re.compile(r"(?<![0-9A-Za-z.,])([0-9]{1,4})(?:st|nd|rd|th)(?![A-Za-z0-9])")
_NUMBERED = re.compile(rf"{FREE}([0-9]{{4,12}})(?=[”’\"]?[号號])")
_LINES = re.compile(r"(?<![0-9.])([0-9]{3,4})(?=[pP](?![A-Za-z])|MAX)")
_FIXED = re.compile(
    rf"{FREE}(?:(985|211)(?=高校|大学|大學|工程|院校|名校|本科|毕业|[、和/或])|(996)(?!\s?[个人元次块])|(007)"
    r"|(618|315)(?=大促|购物|活动|晚会|促销|期间|消费)|(520)(?=表白|情人|快乐|礼物)|(404)(?=错误|页面)"
    r"|([0-9]{3})(?=新政|事件|事变|惨案|工程|计划|部队|恐怖))"
)
_OF_PHONES = frozenset(("航班", "车次", "車次"))


def _serial(match: re.Match[str]) -> str | None:
    code = match["code"]
    if counts(match) and len(code) < 6:
        return None
    figures = digits(code.replace("-", "").replace(" ", ""), phone=match["word"] in _OF_PHONES)
    return f"{match['word']}{match['link']}{figures}"


def _standard(match: re.Match[str]) -> str:
    year = f"杠{digits(match[3])}" if match[3] else ""
    return f"{match[1].replace('/', ' ')} {digits(match[2])}{year}"


def _machine(match: re.Match[str]) -> str | None:
    """波音747, 歼-20."""
    if match["name"]:
        return None if counts(match) else match["name"] + digits(match["plain"])
    return match["type"] + _part(match["number"])


def _version(match: re.Match[str]) -> str:
    return "点".join(_part(part) for part in match[1].split("."))


def _part(part: str) -> str:
    return cardinal(part) if len(part) < 3 else digits(part)


def _model(match: re.Match[str]) -> str:
    """A380, iPhone15, GPT-4; the hyphen is not said."""
    return match["letters"] + "".join(map(_part, match["number"].split("-")))


def _model_apart(match: re.Match[str]) -> str | None:
    dated = after(match, 2).lstrip()[:1] in ("年", "月", "日")
    return None if dated or counts(match) else f" {digits(match['number'])}"


RULES = (
    Rule("number", _SERIAL, _serial),
    Rule("number", _PLATE, lambda match: match[1] + digits(match[2])),
    Rule("number", _STANDARD, _standard),
    Rule("number", _TITLE, lambda match: digits(match[1])),
    Rule("number", _ROOM, lambda match: digits(match[1], phone=True)),
    Rule("number", _FLAT, lambda match: digits(match[1], phone=True)),
    Rule("number", _ROAD, lambda match: digits(match[1], phone=True)),
    Rule("number", _TRIP, lambda match: match[1] + digits(match[2], phone=True)),
    Rule("number", _MACHINE, _machine),
    Rule("number", _FIXED, lambda match: digits(match[0])),
    Rule("number", _VERSION, _version),
    Rule("number", _CHAIN, lambda match: digits(match[0]).replace("-", "杠")),
    Rule("number", _COMPACT, lambda match: None if counts(match) else digits(match[1])),
    Rule("number", _NUMBERED, lambda match: None if before(match, 1) == "第" else digits(match[1])),
    Rule("number", _RANK, lambda match: spell.ordinal(match[1], "en")),
    Rule("number", _LINES, lambda match: digits(match[1])),
    Rule("number", _DECIMAL_MODEL, lambda match: f"{_part(match[1])}点{digits(match[2])}"),
    Rule("number", _MODEL, _model),
    Rule("number", _MODEL_APART, _model_apart),
)
