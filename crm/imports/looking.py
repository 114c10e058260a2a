"""Finding, for many rows at once, the records that the words in a file mean."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm import access, duplicates, search
from crm.models import Customer, ExternalId, Product, Team, User

MOST_OPTIONS = 300
SEVERAL = object()  # more than one record answers to the word
HIDDEN = object()  # the record is none of this person's


@dataclass(frozen=True)
class Reference:
    """How a word stands for a record. `find(words, batch)` gives {word: record}; `near(words, by)` the likely ones
    as {word: [(key, label)]}, `options(by)` what can be chosen for any word; `supply(word, batch)` makes a new one."""

    model: type
    find: Callable
    options: Callable | None = None
    near: Callable | None = None
    supply: Callable | None = None


def index(pairs):
    """{word: record}, SEVERAL where a word means different ones."""
    found = {}
    for word, record in pairs:
        plain = search.normalise(word)
        found[plain] = record if found.get(plain, record) == record else SEVERAL
    return found


def by_field(model, name, words, *, lock=False):
    """{word: record} by the values of a field."""
    rows = _with_owners(model.objects.filter(**{f"{name}__in": list(words)}), lock)
    return index((str(getattr(row, name)), row) for row in rows)


def by_external_id(model, words, system, *, lock=False):
    ids = ExternalId.objects.filter(system=system, record_type=model._meta.model_name, external_id__in=list(words))
    keys = dict(ids.values_list("external_id", "record_id"))
    rows = {row.pk: row for row in _with_owners(model.objects.filter(pk__in=keys.values()), lock)}
    return {search.normalise(word): rows[key] for word, key in keys.items() if key in rows}


def _with_owners(rows, lock):
    paths = [f"{path}__team" for path in rows.model.OWNER_PATHS]
    rows = rows.select_related(*paths).order_by("pk") if paths else rows.order_by("pk")
    return rows.select_for_update(of=("self",)) if lock else rows


# People and teams


def _people(words, batch):
    users = User.objects.filter(is_active=True).select_related("team")
    return index((word, user) for user in users for word in (user.name, user.email) if word)


def _people_options(by):
    return [(user.pk, str(user)) for user in User.objects.filter(is_active=True)[:MOST_OPTIONS]]


def _teams(words, batch):
    return index((team.name, team) for team in Team.objects.all())


def _team_options(by):
    return [(team.pk, team.name) for team in Team.objects.all()[:MOST_OPTIONS]]


# Products


def _products(words, batch):
    by_sku = by_field(Product, "sku", words)
    return by_field(Product, "name", words) | by_sku


def _product_options(by):
    rows = Product.objects.on_sale().order_by("name")[:MOST_OPTIONS]
    return [(row.pk, f"{row.name} ({row.sku})") for row in rows]


# Customers


FORMS = ("有限公司", "有限责任公司", "股份有限公司", "集团有限公司", "集团", "公司")


def spellings(name):
    """The names a company may go by, with and without its legal form."""
    plain = duplicates.name_words(name)
    bare = plain.replace(" ", "")
    return {name.strip(), plain, bare, *(bare + form for form in FORMS)}


def _customers(words, batch):
    rows = Customer.objects.filter(name__in=list(words)).select_related("owner__team").order_by("pk")
    seen = set(rows.order_by().visible_to(batch.by).values_list("pk", flat=True))
    mine = index((row.name, row) for row in rows if row.pk in seen)
    return index((row.name, HIDDEN) for row in rows) | mine


def _near_customers(words, by):
    """Customers whose names differ from the word by their legal form or width only."""
    variants = {spelling: word for word in words for spelling in spellings(word)}
    rows = Customer.objects.visible_to(by).filter(name__in=list(variants)).order_by("name")
    near = {}
    for row in rows:
        near.setdefault(variants[row.name], []).append((row.pk, row.name))
    return near


def same_customers(names):
    """{name: customer} that goes by the name, but for its legal form, whoever may see it."""
    variants = {spelling: name for name in names for spelling in spellings(name)}
    rows = Customer.objects.filter(name__in=list(variants)).select_related("owner__team").order_by("-pk")
    return {variants[row.name]: row for row in rows}


def _new_customer(word, batch):
    """A customer the old system knew and we do not. One for all rows that name it."""
    if not access.allows(batch.by, "crm.add_customer"):
        raise ValidationError(
            _("There is no customer “%(word)s” yet; bring the customers in first."), params={"word": word}
        )
    return batch.supplied(Customer, search.normalise(word), lambda: Customer(name=word))


def nearest(word, options, cutoff=0.6):
    """Of [(value, label)] those whose label is spelt most like the word, the likeliest first."""
    plain = {}
    for value, label in options:
        plain.setdefault(search.normalise(label), value)
    inside = [
        name for name in plain if len(word) > 1 and (search.normalise(word) in name or name in search.normalise(word))
    ]
    close = get_close_matches(search.normalise(word), plain, n=3, cutoff=cutoff)
    return [plain[name] for name in dict.fromkeys([*close, *sorted(inside, key=len)])]


def found_or_refused(found, word):
    """The record a word means. Raises ValidationError where that is not one this person may use."""
    if found is SEVERAL:
        raise ValidationError(_("Several records answer to “%(word)s”."), params={"word": word})
    if found is HIDDEN:
        raise ValidationError(_("“%(word)s” belongs to somebody else."), params={"word": word})
    return found


PEOPLE = Reference(User, _people, _people_options)
TEAMS = Reference(Team, _teams, _team_options)
PRODUCTS = Reference(Product, _products, _product_options)
CUSTOMERS = Reference(Customer, _customers, near=_near_customers, supply=_new_customer)
