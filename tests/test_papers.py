"""Papers: readable text in both languages, and nothing a user types is taken for layout."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from crm.papers import Instalment, Kind, Paper, PaperLine, Party, render

COMPANY = Party("恒拓智联", "上海市张江路1号", "91310000MA1FL00001", "招商银行 1234", "021-50000000")
BUYER = Party("华兴制造", "南京市江宁区2号", "91320000MA1FL00002", billing_title="南京华兴制造有限公司")


def line(number=1, description="温湿度传感器"):
    return PaperLine(
        f"{description} {number}", Decimal("113.00"), quantity=Decimal(10), unit="台", unit_price=Decimal(10),
        net=Decimal("100.00"), tax_rate=Decimal(13), tax=Decimal("13.00"),
    )  # fmt: skip


def paper(kind=Kind.INVOICE, lines=None, **more):
    lines = lines or [line()]
    count = len(lines)
    return Paper(
        kind, "INV-2026-00001", date(2026, 3, 4), COMPANY, BUYER, more.pop("currency", "CNY"), Decimal(113) * count,
        lines, net=Decimal(100) * count, tax=Decimal(13) * count, **more,
    )  # fmt: skip


def text(pdf):
    reader = PdfReader(BytesIO(pdf))
    return "".join(page.extract_text() for page in reader.pages).replace(" ", ""), len(reader.pages)


def test_a_chinese_invoice_shows_title_tax_number_and_the_amount_in_capitals():
    content, pages = text(render(paper(), "zh-hans"))
    for wanted in ("南京华兴制造有限公司", "91320000MA1FL00002", "壹佰壹拾叁元整", "INV-2026-00001", "113.00"):
        assert wanted in content, wanted
    assert pages == 1


def test_an_english_invoice_has_no_chinese_capitals():
    content, _pages = text(render(paper(), "en"))
    assert "Invoice" in content
    assert "壹佰" not in content


def test_capitals_are_for_yuan_only():
    content, _pages = text(render(paper(currency="USD"), "zh-hans"))
    assert "壹佰" not in content


def test_many_lines_go_on_over_pages_and_none_is_lost():
    content, pages = text(render(paper(lines=[line(number) for number in range(60)]), "zh-hans"))
    assert pages > 1
    assert all(f"温湿度传感器{number}" in content for number in range(60))


TYPED = ['#panic("x")', "$x$", "*bold*", "@ref", "<label>", "\\u{1F600}", "😀", "= head", "//", '"']


@pytest.mark.parametrize("typed", TYPED)
def test_what_people_type_is_text_and_not_layout(typed):
    content, _pages = text(render(paper(lines=[line(description=typed)], terms=typed, notes=typed), "en"))
    assert "INV-2026-00001" in content
    if typed.isascii():
        assert typed.replace(" ", "") in content


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_kind_of_paper_can_be_made_in_both_languages(kind, language):
    plan = [Instalment("预付款", date(2026, 3, 4), Decimal("33.90")), Instalment("尾款", None, Decimal("79.10"))]
    made = render(paper(kind, instalments=plan, terms="质保12个月", draft=True, meta=[("PO", "42")]), language)
    assert made.startswith(b"%PDF")
