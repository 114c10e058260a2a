"""The catalogue of texts in Chinese: collected from the code, checked and compiled without GNU gettext installed.

The texts in the code are the English ones, so English needs no catalogue.
"""

import re
from io import BytesIO

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

LANGUAGE = "zh_Hans"
PO = settings.BASE_DIR / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
    # The names modules give to gettext where "_" is taken by gettext_lazy.
    "say": None,
    "_t": None,
    "noop": None,
}
HEADER = f"""\
msgid ""
msgstr ""
"Language: {LANGUAGE}\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
PLACEHOLDER = re.compile(r"%\(\w+\)|%[sd]|\{\w*\}")


def source_files():
    """Our own Python modules and templates, without tests and migrations."""
    packages = [path.parent for path in settings.BASE_DIR.glob("*/__init__.py") if path.parent.name != "tests"]
    for folder in sorted([*packages, settings.BASE_DIR / "templates"]):
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".py", ".html", ".txt"} and "migrations" not in path.parts:
                yield path


def texts_in(path):
    """Each translatable text of a file as (message id, context); a plural's id is the pair of its forms."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # Django turns the tags into calls, one per line at most; indentation is the page's, not Python's.
        source = "\n".join(line.strip() for line in templatize(source).splitlines())
    for _line, function, message, _comments in extract_python(BytesIO(source.encode()), KEYWORDS, [], {}):
        yield from _message(function, message)


def _message(function, arguments):
    arguments = arguments if isinstance(arguments, tuple) else (arguments,)
    spec = KEYWORDS[function] or (1,)
    context = next((arguments[part[0] - 1] for part in spec if isinstance(part, tuple)), None)
    ids = tuple(arguments[part - 1] for part in spec if isinstance(part, int) and part <= len(arguments))
    if ids and all(ids):
        yield (ids if len(ids) > 1 else ids[0]), context


def collect():
    """A catalogue of every text in the code, with the translations there are."""
    catalog = Catalog(locale=LANGUAGE)
    for path in source_files():
        name = path.relative_to(settings.BASE_DIR).as_posix()
        for message, context in texts_in(path):
            catalog.add(message, locations=[(name, None)], context=context)
    _take_translations(catalog, stored())
    return catalog


def stored():
    if not PO.exists():
        return Catalog(locale=LANGUAGE)
    with PO.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def _take_translations(catalog, known):
    for message in _entries(catalog):
        old = known.get(_singular(message), message.context)
        if old is None or not old.string:
            continue
        text = old.string if isinstance(old.string, str) else old.string[0]
        message.string = (text,) if message.pluralizable else text
        message.flags |= {"fuzzy"} & old.flags


def _entries(catalog):
    return [message for message in catalog if message.id]


def _singular(message):
    return message.id[0] if message.pluralizable else message.id


def render(catalog):
    """The catalogue as text that changes only where a text changes: no dates, no line numbers, no wrapping."""
    output = BytesIO()
    write_po(output, catalog, width=0, omit_header=True, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    return HEADER + output.getvalue().decode().strip() + "\n"


def update():
    PO.parent.mkdir(parents=True, exist_ok=True)
    PO.write_text(render(collect()), encoding="utf-8")


def compile_catalogue():
    with PO.with_suffix(".mo").open("wb") as file:
        write_mo(file, stored())


def problems():
    """What keeps the catalogue from being complete, in words."""
    catalog = collect()
    if not PO.exists() or render(catalog) != PO.read_text(encoding="utf-8"):
        yield "The catalogue is out of date. Run: manage.py messages"
    for message in _entries(catalog):
        yield from _problems_of(message)


def _problems_of(message):
    translation = "".join(message.string) if message.pluralizable else message.string
    original = message.id[-1] if message.pluralizable else message.id
    if not translation:
        yield f"Not translated: {original!r}"
    elif "fuzzy" in message.flags:
        yield f"Fuzzy: {original!r}"
    elif sorted(PLACEHOLDER.findall(original)) != sorted(PLACEHOLDER.findall(translation)):
        yield f"Placeholders differ: {original!r} -> {translation!r}"
