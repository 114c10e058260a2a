"""Statements: received, checked, and taken in line by line, each line once whatever file it comes in."""

import hashlib
from collections import Counter
from itertools import islice

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing.bank import automatic, checking, reading
from billing.bank.models import (
    MAX_ACCOUNT,
    MAX_MEMO,
    MAX_PAYER,
    MAX_REFERENCE,
    BankAccount,
    BankLine,
    BankStatement,
)
from billing.bank.reading import Broken, Entry, Head, headers, tables
from crm import events, jobs, uploads, work
from crm.access import authorize
from crm.models import Event
from crm.transitions import advance, locked, require

TASK = "billing.take_in_statement"
CHUNK = 1000  # lines per transaction, so that a stop costs little
Status = BankStatement.Status

# Receiving


@transaction.atomic
def receive(account, *, file, columns=None, by):
    """Take in a file of the bank for this account and begin to read it; of a table whose columns are not agreed on yet,
    they are asked for first. The same file again is answered with the statement it became."""
    authorize(by, "billing.add_bankstatement")
    file = _accepted(file)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    account = BankAccount.objects.select_for_update().get(pk=account.pk)
    if known := account.statements.filter(digest=digest).exclude(status=Status.DISCARDED).first():
        return known
    statement = BankStatement(
        account=account, name=file.name[-255:], digest=digest, uploaded_by=by, format=reading.format_of(file, file.name)
    )
    asked = statement.format in reading.TABLES and _look(statement, file, columns)
    file.seek(0)
    statement.file = file
    statement.save()
    events.write(statement, "created", by=by, now=statement.status)
    return statement if asked else _begin(statement, by)


def _accepted(file):
    try:
        return uploads.accept(file, reading.KINDS, reading.MOST_BYTES)
    except ValidationError as refusal:
        raise ValidationError({"file": refusal}) from refusal


def _look(statement, file, columns):
    """Find the columns of a table; True where a person has to say or confirm them."""
    agreed = columns or statement.account.columns
    try:
        table = tables.look(file, file.name, agreed)
        if not table.columns and agreed and not columns:
            table = tables.look(file, file.name)
            agreed = {}
    except ValidationError as refusal:
        raise ValidationError({"file": refusal}) from refusal
    statement.headers, statement.sample = table.headers, table.sample
    named = {field: table.headers[at] for field, at in table.columns.items()}
    options = {key: (agreed or {}).get(key, default) for key, default in headers.OPTIONS.items()}
    statement.columns = named | options
    if columns and not headers.is_enough(table.columns):
        raise ValidationError({"columns": _("Say which columns hold the day and the amount.")})
    return not (agreed and headers.is_enough(table.columns))


@transaction.atomic
def start(statement, *, columns, by):
    """Read a table by these columns {field: header}; the account keeps them for its next files."""
    authorize(by, "billing.start_bankstatement", statement)
    locked(statement)
    require(statement, "start")
    if not headers.is_enough(columns):
        raise ValidationError(_("Say which columns hold the day and the amount."))
    statement.columns = columns
    statement.save(update_fields=["columns"])
    return _begin(statement, by)


def _begin(statement, by):
    if statement.format in reading.TABLES:
        BankAccount.objects.filter(pk=statement.account_id).update(columns=statement.columns)
    return _enqueue(statement, "start", by)


def _enqueue(statement, verb, by):
    advance(statement, verb, by=by)
    statement.job = jobs.enqueue(TASK, statement.pk, by=by)
    statement.save(update_fields=["job"])
    return statement


@transaction.atomic
def take_in(statement, *, by):
    """Take in a statement that does not add up; who decided so stays on it."""
    authorize(by, "billing.take_in_bankstatement", statement)
    locked(statement)
    require(statement, "take_in")
    statement.taken_by = by if by.pk else statement.uploaded_by
    statement.save(update_fields=["taken_by"])
    return _enqueue(statement, "take_in", by)


@transaction.atomic
def resume(statement, *, by):
    """Go on with a statement whose reading was called off or failed; lines already taken in stay as they are."""
    authorize(by, "billing.resume_bankstatement", statement)
    locked(statement)
    require(statement, "resume")
    if not statement.interrupted:
        raise ValidationError(_("This statement is being read."))
    return _enqueue(statement, "resume", by)


@transaction.atomic
def discard(statement, *, by):
    """Put a file aside of which nothing was taken in; it may be sent again."""
    authorize(by, "billing.discard_bankstatement", statement)
    locked(statement)
    if statement.added or (statement.status == Status.RUNNING and not statement.interrupted):
        raise ValidationError(_("Lines of this statement are here already, or it is being read."))
    advance(statement, "discard", by=by)
    return statement


# Reading, behind the pages


def run(statement, job):
    """Check the file, then take in its lines; goes on where a stop cut it off. Safe to run twice."""
    if statement.status != Status.RUNNING:
        return {"url": statement.get_absolute_url()}
    by = statement.uploaded_by
    with events.source(Event.Source.IMPORT), translation.override(by.language or None):
        try:
            if not statement.checked:
                _check(statement)
            if checking.serious(statement.problems) and not statement.taken_by_id:
                return _stop(statement, "flag", gettext_noop("The bank statement %(file)s does not add up"))
            _take_lines(statement, job)
            automatic.book_sure(statement)
        except Broken as broken:
            statement.refusal = " ".join(broken.messages)[:500]
            statement.save(update_fields=["refusal"])
            return _stop(statement, "refuse", gettext_noop("The bank statement %(file)s cannot be read"))
        return _finish(statement)


def _stop(statement, verb, text):
    advance(statement, verb, by=statement.uploaded_by)
    work.notify(statement.uploaded_by, text, url=statement.get_absolute_url(), file=statement.name)
    return {"url": statement.get_absolute_url()}


def _opened(statement):
    """The parts of the file that are of this account."""
    with statement.file.open("rb") as file:
        wanted = True
        for told in reading.read(file, statement.name, statement.format, statement.columns):
            if isinstance(told, Head):
                wanted = _concerns(told, statement)
            if wanted:
                yield told


def _concerns(head, statement):
    """A file that names only other accounts is taken for this one's: the check says so."""
    return checking.of_account(head, statement.account) or head.account in statement.columns.get("other_accounts", [])


def _check(statement):
    """Read the whole file once and note what is in it and what is wrong with it."""
    parts = _parts(statement)
    other = [part.account for part in parts if not checking.of_account(part, statement.account)]
    problems = []
    if other and len(other) == len(parts):
        statement.columns["other_accounts"] = sorted(set(other))
        problems.append(("account", {"account": other[0]}))
        own = parts
    else:
        own = [part for part in parts if checking.of_account(part, statement.account)]
    for part in own:
        if part.currency and part.currency != statement.currency:
            told = {"theirs": part.currency, "ours": statement.currency}
            raise Broken(_("The file is in %(theirs)s, the account in %(ours)s.") % told)
    if not any(part.count or part.opening is not None for part in own):
        raise Broken(_("The file has no lines."))
    _sum_up(statement, own)
    day = (statement.first_day, statement.last_day)
    problems += checking.problems_of(own, statement.account)
    problems += checking.continuity(statement.account, statement.opening, statement.closing, *day)
    count = sum(checking.twins(statement, *chunk) for chunk in _chunks(statement))
    problems += [("twins", {"count": count})] if count else []
    statement.problems, statement.checked = problems, True
    statement.save()


def _parts(statement):
    with statement.file.open("rb") as file:
        stream = reading.read(file, statement.name, statement.format, statement.columns)
        return list(checking.parts_of(stream))


def _sum_up(statement, parts):
    days = [part for part in parts if part.first]
    statement.first_day = min((part.first for part in days), default=None)
    statement.last_day = max((part.last for part in days), default=None)
    statement.opening, statement.closing = parts[0].opening, parts[-1].closing
    statement.total = sum(part.count for part in parts)


def _chunks(statement, after=0):
    """([key], [entry]) some lines at a time, in the order of the file."""
    keyed = _keyed(statement)
    rest = islice(keyed, after, None)
    while chunk := list(islice(rest, CHUNK)):
        yield [key for key, _entry in chunk], [entry for _key, entry in chunk]


def _keyed(statement):
    """Each entry with the key by which it is known in any file of the account."""
    seen = Counter()
    for entry in _opened(statement):
        if isinstance(entry, Entry):
            bare = _identity(entry)
            seen[bare] += 1
            yield f"{bare}-{seen[bare]}", entry


def _identity(entry):
    """The bank's reference where there is one, else all that is told; equals of a day are told apart by their order."""
    told = [entry.booked_on.isoformat(), f"{entry.amount:.2f}"]
    if entry.reference:
        told += [entry.reference]
    else:
        told += [entry.payer, entry.memo, "" if entry.balance is None else f"{entry.balance:.2f}"]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:32]


def _take_lines(statement, job):
    jobs.progress(job, statement.done, statement.total)
    for keys, entries in _chunks(statement, statement.done):
        take(statement, keys, entries)
        jobs.progress(job, statement.done, statement.total)


@transaction.atomic
def take(statement, keys, entries):
    """Take in some lines: all that are new, or if something breaks none."""
    BankAccount.objects.select_for_update().get(pk=statement.account_id)  # two files of an account, one after the other
    known = set(BankLine.objects.filter(account=statement.account_id, key__in=keys).values_list("key", flat=True))
    lines = [
        _line(statement, key, entry, position)
        for position, (key, entry) in enumerate(zip(keys, entries, strict=True), start=statement.done + 1)
        if key not in known
    ]
    BankLine.objects.bulk_create(lines)
    by, text = statement.uploaded_by, {"text": statement.name}
    events.write_all([events.build(line, "created", by=by, now=line.status, data=text) for line in lines])
    statement.done += len(entries)
    statement.added += len(lines)
    statement.save(update_fields=["done", "added"])


def _line(statement, key, entry, position):
    return BankLine(
        account_id=statement.account_id,
        statement=statement,
        position=position,
        key=key,
        booked_on=entry.booked_on,
        value_on=entry.value_on,
        amount=entry.amount,
        running=entry.balance,
        payer=_plain(entry.payer)[:MAX_PAYER],
        payer_account="".join(_plain(entry.payer_account).split())[:MAX_ACCOUNT],
        memo=_plain(entry.memo)[:MAX_MEMO],
        reference=_plain(entry.reference)[:MAX_REFERENCE],
    )


def _plain(text):
    return text.replace("\0", "").strip()


@transaction.atomic
def _finish(statement):
    account = BankAccount.objects.select_for_update().get(pk=statement.account_id)
    earliest = not account.lines.filter(booked_on__lt=statement.first_day).exists() if statement.first_day else False
    if statement.opening is not None and (account.opening_balance is None or _leads_up(statement, account, earliest)):
        account.opening_balance = statement.opening
        account.save(update_fields=["opening_balance", "updated_at"])
    counts = {"text": _("%(new)s new of %(all)s lines") % {"new": statement.added, "all": statement.done}}
    advance(statement, "finish", by=statement.uploaded_by, data=counts)
    text = gettext_noop("The bank statement %(file)s is taken in: %(new)s new lines")
    work.notify(
        statement.uploaded_by, text, url=statement.get_absolute_url(), file=statement.name, new=str(statement.added)
    )
    return {"url": statement.get_absolute_url(), "lines": statement.done, "new": statement.added}


def _leads_up(statement, account, earliest):
    """A statement from before all others moves the opening balance back."""
    return earliest and statement.added > 0 and statement.closing == account.opening_balance
