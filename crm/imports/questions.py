"""What has to be asked about a file before it can be read: days that could be two, words that are not known."""

from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext as _

from crm import search
from crm.imports import days, looking
from crm.imports.answers import Answers
from crm.imports.batches import Batch
from crm.imports.fields import DAYS, EMPTY, NEW, SKIP, spellings

MOST_WORDS = 200  # of one column; with more of them the column holds something else


@dataclass
class DayQuestion:
    """A column whose days could be read two ways, or are written in two."""

    column: object
    day_first: int  # rows that can only be read so
    month_first: int
    either: int
    examples: list
    clashing: list  # rows that do not fit most others


@dataclass
class WordQuestion:
    """A word that is not known, what it may stand for, and what is likeliest."""

    column: object
    word: str
    count: int
    options: list = field(default_factory=list)  # [(value, label)]
    likely: object = ""


def of(run, by):
    """All questions the file raises with its columns as they are matched now."""
    said, kind = Answers(run), run.type
    batch, found = Batch(run, by, write=False), []
    for key, at in said.columns.items():
        column = kind.by_key[key]
        if column.kind in DAYS:
            found += _about_days(run, column, at)
        elif column.kind == "choice":
            found += _about_choices(run, column, at)
        elif column.refers is not None and (column.refers.options or column.refers.near):
            found += _about_records(run, column, at, batch)
    return found


# Days

SLASHED = r"^\s*(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(?:\d{4}|\d{2})(?:[T,\s].*)?$"
ORDERS = """
    SELECT number, cell, part[1]::int, part[2]::int FROM (
        SELECT number, cells->>%s AS cell, regexp_match(cells->>%s, %s) AS part
        FROM crm_importrow WHERE run_id = %s) AS found
    WHERE part IS NOT NULL
"""
COUNTS = """
    SELECT count(*) FILTER (WHERE one > 12 AND two <= 12), count(*) FILTER (WHERE two > 12 AND one <= 12),
        count(*) FILTER (WHERE one <= 12 AND two <= 12 AND one <> two),
        (array_agg(DISTINCT cell) FILTER (WHERE one <= 12 AND two <= 12 AND one <> two))[1:3],
        (array_agg(number ORDER BY number) FILTER (WHERE one > 12 AND two <= 12))[1:10],
        (array_agg(number ORDER BY number) FILTER (WHERE two > 12 AND one <= 12))[1:10]
    FROM ({orders}) AS found (number, cell, one, two)
"""


def _about_days(run, column, at):
    with connection.cursor() as cursor:
        cursor.execute(COUNTS.format(orders=ORDERS), [at, at, SLASHED, run.pk])
        day_first, month_first, either, examples, of_days, of_months = cursor.fetchone()
    if not either and not (day_first and month_first):
        return []
    clashing = (of_months if day_first >= month_first else of_days) or []
    return [DayQuestion(column, day_first, month_first, either, examples or [], clashing)]


def likely_order(question):
    """What the file's own unmistakable days say; nothing where they contradict each other or there are none."""
    if question.day_first and not question.month_first:
        return days.DAY_FIRST
    return days.MONTH_FIRST if question.month_first and not question.day_first else ""


# Words

WORDS = """
    SELECT cells->>%s AS word, count(*) FROM crm_importrow
    WHERE run_id = %s AND cells->>%s <> '' GROUP BY 1 ORDER BY 2 DESC, 1
"""


def _words(run, at):
    with connection.cursor() as cursor:
        cursor.execute(WORDS, [at, run.pk, at])
        return cursor.fetchall()


def _about_choices(run, column, at):
    known = spellings(column)
    unknown = [(word, count) for word, count in _words(run, at) if search.normalise(word) not in known]
    options = [(value, str(label)) for value, label in column.choices().items()]
    spelt = [(value, word) for word, value in known.items()]
    for word, count in unknown[:MOST_WORDS]:
        likely = looking.nearest(word, spelt)
        yield WordQuestion(column, word, count, _answers(options, column), likely[0] if likely else "")


def _about_records(run, column, at, batch):
    words, reference = _words(run, at), column.refers
    found = reference.find([word for word, _count in words], batch)
    unknown = [(word, count) for word, count in words if search.normalise(word) not in found]
    if reference.near:
        near = reference.near([word for word, _count in unknown], batch.by)
        for word, count in unknown:
            if word in near:
                options = [*near[word], (NEW, _("Create a new one"))]
                yield WordQuestion(column, word, count, _answers(options, column, empty=False), near[word][0][0])
        return
    options = reference.options(batch.by)
    for word, count in unknown[:MOST_WORDS]:
        likely = looking.nearest(word, options)
        yield WordQuestion(column, word, count, _answers(options, column), likely[0] if likely else "")


def _answers(options, column, empty=True):
    more = [(EMPTY, _("Leave it empty"))] if empty and not column.required else []
    return [*options, *more, (SKIP, _("Leave these rows out"))]
