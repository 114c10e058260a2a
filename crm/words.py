"""Money written out, as Chinese papers ask for it."""

from decimal import ROUND_HALF_UP, Decimal

DIGITS = "零壹贰叁肆伍陆柒捌玖"
UNITS = ((10**8, "亿"), (10**4, "万"), (1000, "仟"), (100, "佰"), (10, "拾"))
LIMIT = 10**16


def amount_in_capitals(amount: Decimal) -> str:
    """The amount in yuan as 人民币大写, rounded half-up to the fen; an amount without fen ends in 整."""
    fen = int((abs(amount) * 100).quantize(Decimal(1), ROUND_HALF_UP))
    yuan, rest = divmod(fen, 100)
    if yuan >= LIMIT:
        raise ValueError("Amounts of ten quadrillion yuan and more have no name in capitals.")
    sign = "负" if fen and amount < 0 else ""
    whole = f"{_whole(yuan)}元" if yuan or not rest else ""
    return sign + whole + _fraction(rest, after_yuan=bool(yuan))


def _whole(number: int) -> str:
    for unit, name in UNITS:
        if number >= unit:
            head, tail = divmod(number, unit)
            # One 零 stands for any run of zeros between two figures, none for zeros at the end of a group.
            gap = "零" if 0 < tail < unit // 10 else ""
            return _whole(head) + name + gap + (_whole(tail) if tail else "")
    return DIGITS[number]


def _fraction(fen: int, after_yuan: bool) -> str:
    jiao, fen = divmod(fen, 10)
    gap = "零" if after_yuan and fen and not jiao else ""
    return gap + (f"{DIGITS[jiao]}角" if jiao else "") + (f"{DIGITS[fen]}分" if fen else "整")
