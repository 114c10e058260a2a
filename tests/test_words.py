from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.words import DIGITS, UNITS, amount_in_capitals


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "零元整"),
        ("-0.00", "零元整"),
        ("0.004", "零元整"),
        ("-0.004", "零元整"),
        ("0.01", "壹分"),
        ("0.10", "壹角整"),
        ("0.56", "伍角陆分"),
        ("1", "壹元整"),
        ("1.05", "壹元零伍分"),
        ("10", "壹拾元整"),
        ("15.50", "壹拾伍元伍角整"),
        ("105", "壹佰零伍元整"),
        ("1000.02", "壹仟元零贰分"),
        ("1409.50", "壹仟肆佰零玖元伍角整"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("12345.67", "壹万贰仟叁佰肆拾伍元陆角柒分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("10010", "壹万零壹拾元整"),
        ("100000", "壹拾万元整"),
        ("107000.53", "壹拾万柒仟元伍角叁分"),
        ("1000001", "壹佰万零壹元整"),
        ("20003000", "贰仟万叁仟元整"),
        ("100000000", "壹亿元整"),
        ("100000001", "壹亿零壹元整"),
        ("100010000", "壹亿零壹万元整"),
        ("110000000", "壹亿壹仟万元整"),
        ("1000000000000", "壹万亿元整"),
        ("1000100000000", "壹万零壹亿元整"),
        ("-1234.5", "负壹仟贰佰叁拾肆元伍角整"),
        ("0.995", "壹元整"),
        ("2.675", "贰元陆角捌分"),
    ],
)
def test_amounts_read_as_a_chinese_bank_expects_them(amount, words):
    assert amount_in_capitals(Decimal(amount)) == words


def test_an_amount_too_large_to_name_is_refused():
    assert amount_in_capitals(Decimal("9999999999999999.99")).startswith("玖仟玖佰玖拾玖万")
    with pytest.raises(ValueError, match="quadrillion"):
        amount_in_capitals(Decimal(10**16))


def number(words: str) -> int:
    """Reads capitals back: splits at the greatest unit, as a person does."""
    words = words.strip("零")
    for unit, name in UNITS:
        head, found, tail = words.rpartition(name)
        if found:
            return number(head) * unit + number(tail)
    return DIGITS.index(words) if words else 0


def amount(words: str) -> Decimal:
    sign = -1 if words.startswith("负") else 1
    words = words.removeprefix("负").removesuffix("整")
    yuan, _, rest = words.rpartition("元")
    jiao, _, fen = rest.rpartition("角")
    return sign * (number(yuan) + Decimal(number(jiao)) / 10 + Decimal(number(fen.removesuffix("分"))) / 100)


@given(st.decimals(min_value=-(10**16) + 1, max_value=10**16 - 1, places=2))
def test_capitals_read_back_to_the_amount_and_never_stutter(value):
    words = amount_in_capitals(value)
    assert amount(words) == value
    assert "零零" not in words


@given(st.integers(0, 10**6).map(lambda n: Decimal(n) * 10000))
def test_round_amounts_read_back_to_the_amount(value):
    assert amount(amount_in_capitals(value)) == value
