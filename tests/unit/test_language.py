"""What the script of a text tells of its language, and how a wanted language meets an engine's."""

from __future__ import annotations

import pytest

from vox.gateway.text.language import MOST, by_script, matches

BY_SCRIPT = [
    ("zh", "最近的火车站在哪里？"),
    ("zh", "我喜欢用Python和JavaScript编程"),
    ("zh", "请打开Microsoft PowerPoint"),
    ("zh", "iPhone很好用"),
    ("zh", "鲜の味奶茶店开业了，欢迎大家光临"),
    ("zh", "2024年5月3日"),
    ("ja", "一番近い駅はどこですか。"),
    ("ja", "日本語の東京特許許可局"),
    ("ja", "カタカナ"),
    ("ja", "ｶﾀｶﾅ"),
    ("ko", "가장 가까운 역이 어디예요?"),
    ("ko", "Google에서 검색해 주세요"),
    ("ru", "Где ближайший вокзал?"),
    ("uk", "Привіт, як справи?"),
    ("be", "Добры дзень, ўсім"),
    ("ar", "أين أقرب محطة قطار؟"),
    ("fa", "حال شما چطور است؟"),
    ("ur", "آپ کیسے ہیں؟"),
    ("he", "איפה תחנת הרכבת?"),
    ("el", "Πού είναι ο σταθμός;"),
    ("hi", "निकटतम रेलवे स्टेशन कहाँ है?"),
    ("bn", "নমস্কার। আমি ভাল।"),
    ("ta", "வணக்கம்"),
    ("te", "నమస్కారం"),
    ("th", "สวัสดีครับ"),
    ("ka", "გამარჯობა"),
    ("hy", "Բարեւ Ձեզ"),
    ("am", "ሰላም ነው"),
    ("km", "ប្រទេសកម្ពុជា"),
    (None, "Where is the station?"),
    (None, "Où est la gare la plus proche ?"),
    (None, "Ga tàu gần nhất ở đâu?"),
    (None, "The word 你好 means hello"),
    (None, "I love 北京烤鸭 very much"),
    (None, "The word コンピュータ means computer"),
    (None, "He calls it Привет every time"),
    (None, "12345 … 😀"),
    (None, "\ufeff"),
    (None, ""),
]


@pytest.mark.parametrize(("language", "text"), BY_SCRIPT, ids=[ascii(text) for _, text in BY_SCRIPT])
def test_the_script_of_most_words_decides(language: str | None, text: str) -> None:
    assert by_script(text) == language


def test_only_the_start_of_a_text_is_looked_at() -> None:
    assert by_script("а " * (MOST // 2) + "word " * MOST) == "ru"
    assert by_script("é " * (MOST // 2) + "слово " * MOST) is None


@pytest.mark.parametrize(
    ("wanted", "spoken", "found"),
    [
        ("en-gb", ["en-us", "en-gb"], "en-gb"),
        ("en", ["fr", "en-gb", "en-us"], "en-gb"),
        ("en", ["en-us", "en"], "en"),
        ("en-AU", ["fr-fr", "en-us", "en-gb"], "en-us"),
        ("EN_us", ["en-gb", "en-US"], "en-US"),
        ("en-us", ["EN_GB", "EN_US"], "EN_US"),
        ("zh-CN", ["en-us", "cmn"], "cmn"),
        ("cmn", ["ja", "zh"], "zh"),
        ("zh", ["yue", "zh-tw", "zh-cn"], "zh-tw"),
        ("cmn-Hant-TW", ["zh-cn", "zh-tw"], "zh-tw"),
        ("nb", ["no"], "no"),
        ("pt-br", ["pt", "pt-br"], "pt-br"),
        ("yue", ["zh"], None),
        ("fr", ["en-us", "frr"], None),
        ("fr", [], None),
        ("", ["en"], None),
    ],
)
def test_the_nearest_language_of_an_engine(wanted: str, spoken: list[str], found: str | None) -> None:
    assert matches(wanted, spoken) == found
