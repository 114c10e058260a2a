"""Lays a paper out as PDF; the same paper gives the same bytes on every machine."""

import json
from datetime import UTC, datetime, time
from functools import cache
from importlib.resources import files
from pathlib import Path

import typst
from django.utils import translation

from crm.papers.content import content
from crm.papers.paper import Paper

TEMPLATE = Path(__file__).with_name("letter.typ")


def render(paper: Paper, language: str) -> bytes:
    """The paper as PDF in the language ("zh-hans" or "en"). A logo that cannot be drawn is left out."""
    with translation.override(language):
        texts = content(paper, language)
    logo = _logo(paper)
    if logo:
        try:
            return _compile(paper, texts, logo)
        except typst.TypstError:  # a damaged picture must not keep an invoice from going out
            pass
    return _compile(paper, texts, logo=b"")


def _compile(paper: Paper, texts: dict, logo: bytes) -> bytes:
    # The texts travel as JSON data, so nothing a person typed is ever read as markup.
    sources = {"main.typ": TEMPLATE.read_bytes()} | ({"logo": logo} if logo else {})
    return typst.compile(
        sources,
        font_paths=_fonts(),
        sys_inputs={"paper": json.dumps(texts | {"logo": bool(logo)})},
        timestamp=datetime.combine(paper.date, time(), UTC),
    )


def _logo(paper: Paper) -> bytes:
    path = paper.company.logo
    return Path(path).read_bytes() if path and Path(path).is_file() else b""


@cache
def _fonts() -> typst.Fonts:
    folder = files("justmytype_intl_cjk") / "fonts" / "ofl" / "notosanssc"
    return typst.Fonts(include_system_fonts=False, font_paths=[str(folder)])
