"""Who is known already: records that share a phone, an e-mail or a company name with what is being written down."""

import re
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import Length, Lower
from django.utils.text import capfirst

from crm import search
from crm.models import Contact, Customer
from crm.models.expressions import CHINESE_FORMS, ENDING, LATIN_FORMS, phone_ending

SHORTEST_PHONE = 7  # digits; anything shorter is an extension or a slip
NEARLY = 4  # characters a name needs before a longer name that contains it counts as similar

LEGAL_FORMS = re.compile(rf"(?:{'|'.join(CHINESE_FORMS)}|(?:\b|\s)(?:{'|'.join(LATIN_FORMS)}))$")


@dataclass(frozen=True)
class Watched:
    """The fields of a record type by which it is recognised."""

    name: str = ""
    phone: str = ""
    email: str = ""


MOST_NAMED = 500  # names looked at while typing; a word that more records share tells nobody apart
WATCHED = {Customer: Watched(name="name", phone="phone"), Contact: Watched(phone="phone", email="email")}


def watch(model, **fields):
    """Declare by which fields a record type is recognised."""
    WATCHED[model] = Watched(**fields)


def digits(phone):
    """The digits of a phone; nothing where there are too few to tell anybody by."""
    found = re.sub(r"\D", "", phone or "")
    return found if len(found) >= SHORTEST_PHONE else ""


def same_phone(one, other):
    """Two spellings of one number: the shorter is the end of the longer (+86 138…, 010-6234…)."""
    one, other = sorted((digits(one), digits(other)), key=len)
    return bool(one) and other.endswith(one)


def name_words(name):
    """A company's name without its legal form, punctuation and width: what people call it."""
    words = re.sub(r"[^\w]+", " ", search.normalise(name)).strip()
    while (shorter := LEGAL_FORMS.sub("", words).strip()) != words and shorter:
        words = shorter
    return words


def same_name(one, other):
    """Equal but for legal form, spaces and width."""
    return _joined(one) == _joined(other) != ""


def similar_name(one, other):
    """One of the names contains the other, if that is long enough to mean something."""
    one, other = sorted((_joined(one), _joined(other)), key=len)
    return one == other != "" or (len(one) >= NEARLY and one in other)


def _joined(name):
    return name_words(name).replace(" ", "")


def masked_phone(phone):
    """138****1111"""
    plain = digits(phone)
    return f"{plain[:3]}****{plain[-4:]}" if len(plain) > SHORTEST_PHONE else "****" if phone else ""


def masked_email(email):
    """w***@example.com"""
    name, at, host = (email or "").partition("@")
    return f"{name[:1]}***@{host}" if at else ""


# What one may be told while typing


def similar(user, *, name="", phone="", email="", besides=None, limit=5):
    """Likely duplicates, the surest first. Of a record one may not see: that it exists, whose it is, contact masked."""
    found = []
    for model, watched in WATCHED.items():
        rows = _similar_rows(model, watched, name, phone, email)
        seen = set(model.objects.visible_to(user).filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
        for row in rows:
            likeness = _likeness(row, watched, name, phone, email, row.pk in seen)
            if likeness and row != besides:
                found.append((likeness, _told(row, watched, row.pk in seen, name)))
    return [told for _likeness_, told in sorted(found, key=lambda pair: -pair[0])[:limit]]


def _similar_rows(model, watched, name, phone, email):
    """Candidates by phone and e-mail, and those with the shortest names containing the one typed."""
    rows = model.objects.select_related(*model.OWNER_PATHS)
    found = list(sharing(model, [phone], [email])[:20])
    words = name_words(name) if watched.name else ""
    if len(words) > 1:
        named = rows.filter(pk__in=search.matching(model, words)[:MOST_NAMED]).order_by(Length(watched.name), "-pk")[
            :20
        ]
        found += [row for row in named if row not in found]
    return found


def _likeness(row, watched, name, phone, email, seen):
    """How sure it is: 3 the same phone or e-mail, 2 the same name, 1 a similar name one may see, else 0."""
    known_email = getattr(row, watched.email, "") if watched.email else ""
    if same_phone(phone, getattr(row, watched.phone, "") if watched.phone else ""):
        return 3
    if email and known_email.lower() == email.strip().lower():
        return 3
    known_name = getattr(row, watched.name) if watched.name else ""
    if same_name(name, known_name):
        return 2
    return int(seen and similar_name(name, known_name))


def _told(row, watched, seen, name):
    phone, email = (getattr(row, field, "") if field else "" for field in (watched.phone, watched.email))
    kind = capfirst(str(row._meta.verbose_name))
    owner = next((owner for owner in row.owners() if owner), None)
    knows_name = seen or (watched.name and same_name(name, getattr(row, watched.name)))
    return {
        "record_type": row._meta.model_name,
        "title": str(row) if knows_name else kind,
        "subtitle": " · ".join(filter(None, [kind, getattr(row, "number", "")]))
        if seen
        else kind
        if knows_name
        else "",
        "contact": (phone or email) if seen else (masked_phone(phone) or masked_email(email)),
        "owner": str(owner) if owner else "",
        "url": row.get_absolute_url() if seen else None,
    }


# Looking up many at once


def sharing(model, phones, emails):
    """The rows of a record type with one of these phones (by their ending) or e-mails, whoever may see them."""
    watched = WATCHED[model]
    endings = [number[-ENDING:] for phone in phones if (number := digits(phone))]
    lowered = [email.strip().lower() for email in emails if email and email.strip()]
    rows, condition = model.objects.select_related(*model.OWNER_PATHS), Q(pk__in=[])
    if watched.phone and endings:
        rows = rows.alias(phone_ending=phone_ending(watched.phone))
        condition |= Q(phone_ending__in=endings)
    if watched.email and lowered:
        rows = rows.alias(email_lower=Lower(watched.email))
        condition |= Q(email_lower__in=lowered)
    return rows.filter(condition)


class Taken:
    """Phones and e-mails in use and by whom; grows as the rows of a file are accepted."""

    def __init__(self):
        self.phones, self.emails = defaultdict(list), {}

    @classmethod
    def among(cls, pairs):
        """What is known of these (phone, e-mail) pairs."""
        taken, phones, emails = cls(), [phone for phone, _email in pairs], [email for _phone, email in pairs]
        for model, watched in WATCHED.items():
            for row in sharing(model, phones, emails):
                phone = getattr(row, watched.phone) if watched.phone else ""
                taken.add(row, phone, getattr(row, watched.email) if watched.email else "")
        return taken

    def add(self, holder, phone, email):
        if number := digits(phone):
            self.phones[number[-ENDING:]].append((number, holder))
        if email:
            self.emails.setdefault(email.strip().lower(), holder)

    def holder(self, phone, email):
        """Who has this phone or e-mail already; None if nobody."""
        by_phone = (holder for number, holder in self.phones[digits(phone)[-ENDING:]] if same_phone(number, phone))
        return next(by_phone, None) or self.emails.get((email or "").strip().lower())
