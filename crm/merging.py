"""Making one record of two, and taking them apart again.

The loser's row is taken out, whatever points at it follows to the survivor, and old links lead there. What happened
stays in the log as it was; the survivor's timeline shows both pasts.

A merge can be undone for 30 days, the latest first: what was moved goes back, and with it what was made since on the
chains that go back. What was made on the survivor since stays there, and so does every field changed since.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import access, events, hanging, search, snapshots, work
from crm.access import authorize
from crm.models import Case, Customer, Merge, SearchEntry

KEPT_DAYS = 30
VERSIONS_APART = 1000  # versions of the time between merge and undo never come again, so no old form saves over them
NEVER_TAKEN = {"owner", "customer", "created_at"}
LATER_OF_BOTH = ("last_contact_at", "last_activity_at")
MERGEABLE = {}  # model -> Mergeable


@dataclass(frozen=True)
class Mergeable:
    """`stays(record)` says why a record cannot be merged away, `apart(one, other)` why two cannot be one, or "".

    `single` are flags of which one row of the survivor may be set, as (foreign key, flag)."""

    stays: Callable = lambda record: ""
    apart: Callable = lambda one, other: ""
    single: tuple = ()
    kept_apart: str = ""  # SQL on pairs (one, other) that can never be merged and are no news: two converted leads


def mergeable(model, **rules):
    """Declare that records of this type can be merged."""
    MERGEABLE[model] = Mergeable(**rules)


def may_merge(record, user):
    """Merging changes a record, so one must be allowed to do both."""
    verbs = [access.name(verb, type(record)) for verb in ("merge", "change")]
    return type(record) in MERGEABLE and all(access.allows(user, verb, record) for verb in verbs)


def refusal(survivor, loser):
    """Why these two cannot be merged in this direction; "" if they can."""
    rules = MERGEABLE[type(survivor)]
    if survivor.pk == loser.pk:
        return _("A record cannot be merged with itself.")
    return rules.stays(loser) or rules.apart(survivor, loser)


ONE_PER_CUSTOMER = (("crm.Contact.customer", "is_primary"), ("crm.BillingTitle.customer", "is_default"))


def of_two_customers(one, other):
    if one.customer_id != other.customer_id:
        return _("They are contacts of two customers; merge the customers first.")
    return ""


# What to choose


def fields(model):
    """The fields that are chosen one by one; owner, state and number are the survivor's."""
    return [
        field
        for field in model._meta.concrete_fields
        if field.editable and not field.primary_key and field.name not in NEVER_TAKEN
    ]


def _value(record, field):
    return getattr(record, field.attname)


def differing(survivor, loser):
    """The fields in which the two differ."""
    return [field for field in fields(type(survivor)) if _value(survivor, field) != _value(loser, field)]


def is_conflict(survivor, loser, field):
    """Do both say something, and not the same?"""
    return all(_value(record, field) not in (None, "", False) for record in (survivor, loser))


def proposed(survivor, loser):
    """The names of the fields to take from the loser: where only the loser says something, or says the newer."""
    newer = loser.updated_at > survivor.updated_at
    return {
        field.name
        for field in differing(survivor, loser)
        if _value(loser, field) not in (None, "", False) and (newer or not is_conflict(survivor, loser, field))
    }


def proposed_survivor(one, other):
    """(survivor, loser): what cannot be merged away survives, else what more hangs on, else the older."""
    rules = MERGEABLE[type(one)]
    older = sorted((one, other), key=lambda record: record.pk)
    weight = {record.pk: sum(pointing(record).values()) for record in older}
    survivor = max(older, key=lambda record: (bool(rules.stays(record)), weight[record.pk], -record.pk))
    return survivor, other if survivor.pk == one.pk else one


def pointing(record):
    """{record type: number} of what points at a record and would follow."""
    found = {}
    for link in hanging.links(type(record)):
        keys = link.model._base_manager.filter(**{link.name: record}).values_list("pk", flat=True)
        found.setdefault(link.model, set()).update(keys)
    for work_type in hanging.work_types():
        keys = hanging.work_on(work_type, type(record), [record.pk]).values_list("pk", flat=True)
        found.setdefault(work_type, set()).update(keys)
    return {model._meta.model_name: len(keys) for model, keys in found.items() if keys}


# Merging


@transaction.atomic
def merge(survivor, loser, *, take=None, by):
    """Fold `loser` into `survivor`; `take` names the fields whose value comes from the loser, as proposed if None.

    Merging the same two again changes nothing and returns the merge there is."""
    _authorize(by, survivor, loser)
    if made := _lock(survivor, loser):
        return made
    _authorize(by, survivor, loser)
    if reason := refusal(survivor, loser):
        raise ValidationError(reason)
    model, counts = type(survivor), pointing(loser)
    before = snapshots.text_of(model, [survivor.pk])
    _take_fields(survivor, loser, proposed(survivor, loser) if take is None else take)
    after = snapshots.text_of(model, [survivor.pk])
    rows, moves = _follow(survivor, loser)
    _check_links()
    search.index(survivor)
    made = Merge.objects.create(
        record_type=model._meta.model_name, survivor_id=survivor.pk, loser_id=loser.pk,
        title=hanging.plain_title(loser)[:300], counts=counts, rows=rows, moves=moves, before=before, after=after,
        merged_by_id=by.pk, until=timezone.now() + timedelta(days=KEPT_DAYS),
    )  # fmt: skip
    _tell("merged", survivor, loser, made, by)
    return made


def done(survivor, key):
    """The merge by which the record of this key became the survivor; None if there is none."""
    return Merge.objects.of(type(survivor)).live().filter(survivor_id=survivor.pk, loser_id=key).first()


def _check_links():
    try:
        snapshots.check_links()
    except IntegrityError as error:
        raise ValidationError(_("Somebody has just added something to one of the two. Try again.")) from error


def _authorize(by, *records):
    for record in records:
        for verb in ("merge", "change"):
            authorize(by, access.name(verb, type(record)), record)


def _lock(survivor, loser):
    """Hold both rows, always in the same order; returns the merge if somebody has just made it."""
    model = type(survivor)
    rows = model._base_manager.select_for_update(of=("self",)).filter(pk__in=[survivor.pk, loser.pk])
    held = {record.pk for record in rows.order_by("pk")}
    if survivor.pk in held and loser.pk in held:
        survivor.refresh_from_db()
        loser.refresh_from_db()
        return None
    made = done(survivor, loser.pk)
    if made is None:
        raise ValidationError(_("One of the two was merged or deleted meanwhile."))
    return made


def _take_fields(survivor, loser, names):
    taken = [field for field in differing(survivor, loser) if field.name in names]
    for field in taken:
        setattr(survivor, field.attname, _value(loser, field))
    changed = {field.name for field in taken}
    for name in LATER_OF_BOTH:
        mine, theirs = getattr(survivor, name, None), getattr(loser, name, None)
        if theirs and (mine is None or theirs > mine):
            setattr(survivor, name, theirs)
            changed.add(name)
    survivor.clean_fields(exclude={field.name for field in survivor._meta.fields} - changed)
    survivor.clean()
    survivor.version += VERSIONS_APART
    survivor.save(update_fields=[*changed, "version", "updated_at"])


def _follow(survivor, loser):
    """Bring everything over and take the loser out; returns the rows taken out and the moves."""
    model, rows = type(survivor), []
    moves = _single_out(survivor, loser)
    entries = SearchEntry.objects.filter(
        record_type=model._meta.model_name, record_id__in=[survivor.pk, loser.pk]
    ).values_list("pk", flat=True)
    rows.append(snapshots.take_out(SearchEntry, list(entries)))
    for link in hanging.links(model):
        keys = link.model._base_manager.filter(**{link.name: loser}).values_list("pk", flat=True)
        _bring(link.model, list(keys), {link.attname: survivor.pk}, rows, moves)
    for work_type in hanging.work_types():
        keys = hanging.work_on(work_type, model, [loser.pk]).values_list("pk", flat=True)
        columns = {column.attname for column in work_type._meta.concrete_fields}
        place = {name: value for name, value in work.belongs_to(survivor).items() if name in columns}
        place.pop("record_type")
        _bring(work_type, list(keys), place, rows, moves)
    rows.append(snapshots.take_out(model, [loser.pk]))
    return rows, moves


def _bring(model, keys, place, rows, moves):
    """Point rows at the survivor. One that finds its place taken is let go, or taken out where it must have one."""
    try:
        with transaction.atomic():
            found = [one for column, value in place.items() for one in snapshots.move(model, keys, column, value)]
        moves += found
    except IntegrityError:
        if len(keys) > 1:
            for key in keys:
                _bring(model, [key], place, rows, moves)
        elif len(place) == 1 and model._meta.get_field(link := next(iter(place))).null:
            moves += snapshots.move(model, keys, link, None)
        else:
            bundle = hanging.gather(model, keys)
            rows += [snapshots.take_out(part, found) for part, found in bundle.rows.items() if found]


def _single_out(survivor, loser):
    """Of flags only one may have (main contact), the survivor's stays."""
    moves = []
    for name, flag in MERGEABLE[type(survivor)].single:
        link = apps.get_model(name.rpartition(".")[0])._meta.get_field(name.rpartition(".")[2])
        flagged = link.model._base_manager.filter(**{flag: True})
        if flagged.filter(**{link.name: survivor}).exists():
            keys = flagged.filter(**{link.name: loser}).values_list("pk", flat=True)
            moves += snapshots.move(link.model, list(keys), flag, False)
    return moves


def _tell(verb, survivor, loser, made, by):
    told = {"merge": made.pk, "survivor": survivor.pk, "loser": loser.pk}
    events.write(survivor, verb, by=by, data={**told, "text": made.title})
    events.write(loser, verb, by=by, data={**told, "text": str(survivor)})


# Following


def follow_merged(model, keys):
    """Point rows that come back from the bin at the survivors of what was merged away meanwhile."""
    for link in model._meta.concrete_fields:
        if isinstance(link, models.ForeignKey) and link.related_model in MERGEABLE:
            rows = model._base_manager.filter(pk__in=keys)
            gone = rows.exclude(**{link.name: None}).exclude(
                **{f"{link.attname}__in": link.related_model._base_manager.values("pk")}
            )
            for key in set(gone.values_list(link.attname, flat=True)):
                if target := Merge.objects.survivor_key(link.related_model, key):
                    rows.filter(**{link.attname: key}).update(**{link.attname: target})


# Undoing


def latest(record):
    """The merge that can be undone next on this record; None if there is none."""
    made = Merge.objects.of(type(record)).live().filter(survivor_id=record.pk).first()
    return made if made and made.until > timezone.now() else None


@transaction.atomic
def undo(made, *, by):
    """Take a merge apart. Undoing twice undoes once. Raises ValidationError with what stands against it."""
    model = apps.get_model(_label(made))
    survivor = model._base_manager.select_for_update(of=("self",)).filter(pk=made.survivor_id).first()
    made = Merge.objects.select_for_update().get(pk=made.pk)
    _refuse_gone(made, model, survivor)
    _authorize(by, survivor)
    if made.undone_at:
        return made
    _refuse_undo(made, model)
    SearchEntry.objects.filter(record_type=made.record_type, record_id=survivor.pk).delete()
    snapshots.put_back(made.rows)
    snapshots.take_back(made.moves)
    loser = model._base_manager.get(pk=made.loser_id)
    if model is Customer:
        _go_along(made, survivor, loser)
        _refuse_straddling(survivor, loser)
    whole = snapshots.give_back(model, survivor.pk, made.before, made.after)
    survivor.refresh_from_db()
    if not whole:
        search.index(survivor)
    made.undone_at, made.undone_by_id = timezone.now(), by.pk
    made.save(update_fields=["undone_at", "undone_by"])
    _tell("unmerged", survivor, loser, made, by)
    return made


def _label(made):
    return next(model._meta.label for model in MERGEABLE if model._meta.model_name == made.record_type)


def _refuse_gone(made, model, survivor):
    if survivor is None:
        target = Merge.objects.of(model).live().filter(loser_id=made.survivor_id).first()
        if target:
            raise ValidationError(_("%(record)s was merged further; undo that merge first."), params={"record": target})
        raise ValidationError(_("The record it was merged into was deleted; restore that first."))


def _refuse_undo(made, model):
    if made.until <= timezone.now():
        raise ValidationError(
            _("A merge can be undone for %(days)d days, which have passed."), params={"days": KEPT_DAYS}
        )
    if later := Merge.objects.of(model).live().filter(survivor_id=made.survivor_id, pk__gt=made.pk).last():
        raise ValidationError(_("%(record)s was merged in later; undo that first."), params={"record": later})


def _go_along(made, survivor, loser):
    """What was made since on a chain that goes back belongs to that chain's customer again."""
    moved = [key for label, _column, _old, _new, keys in made.moves for key in keys if label == Case._meta.label]
    cases = Case.objects.filter(pk__in=moved, customer=loser)
    for model in apps.get_models():
        columns = {field.name for field in model._meta.concrete_fields}
        if {"case", "customer"} <= columns:
            model._base_manager.filter(case__in=cases, customer=survivor).update(customer=loser)


def _refuse_straddling(survivor, loser):
    """Nothing may belong to both: say, a payment made since of one customer for the other's invoice."""
    for model in apps.get_models():
        for one, other in combinations(_customer_paths(model), 2):
            both = Q(**{one: survivor, other: loser}) | Q(**{one: loser, other: survivor})
            if row := model._base_manager.filter(both).first():
                raise ValidationError(
                    _("%(record)s was made since and belongs to both. Change it first."),
                    params={"record": hanging.titled(row)},
                )


def _customer_paths(model):
    found = []
    for link in model._meta.concrete_fields:
        if isinstance(link, models.ForeignKey):
            if link.related_model is Customer:
                found.append(link.name)
            elif any(part.related_model is Customer for part in link.related_model._meta.concrete_fields):
                found.append(f"{link.name}__customer")
    return found


def forget():
    """Merges past their time keep only where old links lead; returns how many."""
    old = Merge.objects.filter(until__lte=timezone.now()).exclude(rows=[], moves=[])
    return old.update(rows=[], moves=[], before="", after="")
