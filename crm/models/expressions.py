"""Expressions that indexes and lookups share."""

from django.db.models import CharField, F, Func, Value
from django.db.models.functions import Lower, Replace, Right, Trim

ENDING = 8  # digits by which phones are looked up; the whole number then decides
CHINESE_FORMS = ("有限责任公司", "股份有限公司", "有限公司", "分公司", "总公司", "公司", "集团")
LATIN_FORMS = (
    "co", "company", "corp", "corporation", "inc", "incorporated", "ltd", "limited", "llc", "plc", "gmbh", "ag", "pte",
    "pty",
)  # fmt: skip
PUNCTUATION = r"[\s!-/:-@\[-^`{-~、。·《》「」『』【】〈〉…—–]+"
FORMS = rf"^(.+?)(\s*({'|'.join(CHINESE_FORMS)})|\s({'|'.join(LATIN_FORMS)}))+$"


def replaced(text, pattern, by, flags=""):
    return Func(text, Value(pattern), Value(by), Value(flags), function="regexp_replace", output_field=CharField())


def name_key(field):
    """A company's name without legal form, punctuation and width, as an expression."""
    plain = Lower(Func(F(field), template="normalize(%(expressions)s, NFKC)", output_field=CharField()))
    words = Trim(replaced(plain, PUNCTUATION, " ", "g"))
    return Replace(replaced(words, FORMS, r"\1"), Value(" "), Value(""))


def digits_of(field):
    """A phone without what people write between its digits."""
    return replaced(F(field), r"\D", "", "g")


def phone_ending(field):
    """The last digits of a phone."""
    return Right(Func(F(field), Value(r"\D"), Value(""), Value("g"), function="regexp_replace"), ENDING)
