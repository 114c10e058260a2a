"""How customers appear on bank statements: learnt on every booking, forgotten when it is undone."""

import re
import unicodedata

from django.db.models import F, Func, Value
from django.db.models.functions import Lower

from billing.bank.models import PayerAlias

SIGNS = r"[][(){}<>（）［］《》【】〔〕“”‘’.,，。、;；:：·_/\\&+*'\"\s-]+"
FORMS = "有限责任公司|股份有限公司|有限公司|分公司|总公司|公司|集团"
ENDINGS = "(co|company|corp|corporation|inc|incorporated|ltd|limited|llc|plc|gmbh|ag|pte|pty|bv|nv|sa|sarl|kg)+$"
Kind = PayerAlias.Kind


def bare(name):
    """A company's name without legal form, spaces, signs, width and case."""
    plain = re.sub(SIGNS, "", unicodedata.normalize("NFKC", name).lower())
    plain = re.sub(FORMS, "", plain)
    return re.sub(ENDINGS, "", plain) or plain


def bare_field(field):
    """The same of a column; an index of the migrations has it ready for customers' names and titles."""
    plain = Lower(Func(F(field), template="normalize(%(expressions)s, NFKC)"))
    for pattern in (SIGNS, FORMS, ENDINGS):
        plain = Func(plain, Value(pattern), Value(""), Value("g"), function="regexp_replace")
    return plain


def known_by(line):
    """[(kind, text)] by which the payer of a line is recognised."""
    name, account = bare(line.payer), line.payer_account.upper()
    return [(kind, text) for kind, text in ((Kind.NAME, name), (Kind.ACCOUNT, account)) if len(text) > 1]


def learn(lines, customer):
    """Remember that this customer pays like this."""
    for line in lines:
        for kind, text in known_by(line):
            PayerAlias.objects.get_or_create(kind=kind, text=text, customer=customer)
            PayerAlias.objects.filter(kind=kind, text=text, customer=customer).update(count=F("count") + 1)


def forget(lines, customer):
    """Take one lesson back."""
    for line in lines:
        for kind, text in known_by(line):
            rows = PayerAlias.objects.filter(kind=kind, text=text, customer=customer)
            rows.update(count=F("count") - 1)
            rows.filter(count__lte=0).delete()
