"""The words and numbers of every page, in both languages."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template
from django.template.loader import get_template
from django.test import RequestFactory
from django.utils import timezone, translation

from crm.templatetags import badges, formatting

TODAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def a_day_in_shanghai(monkeypatch):
    monkeypatch.setattr(formatting.clock, "today", lambda: TODAY)
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    with timezone.override("Asia/Shanghai"), translation.override("en"):
        yield


def render(source, **context):
    return Template(source).render(Context(context))


def test_money_reads_in_the_readers_language():
    assert formatting.money(Decimal("320000"), "CNY") == "¥320,000.00"
    assert formatting.money(Decimal("-5"), "USD") == "-$5.00"
    assert formatting.money(None, "CNY") == ""
    with translation.override("zh-hans"):
        assert formatting.money(Decimal("320000"), "CNY") == "¥320,000.00"


def test_yuan_and_yen_are_told_apart_in_both_languages():
    for language in ("en", "zh-hans"):
        with translation.override(language):
            assert formatting.money(Decimal(5), "CNY").startswith("¥")
            assert formatting.money(Decimal(5), "JPY") == "JP¥5"


def test_headline_amounts_count_in_millions_or_in_wan():
    assert formatting.compact_money(Decimal("4820000"), "CNY") == "¥4.82M"
    with translation.override("zh-hans"):
        assert formatting.compact_money(Decimal("4820000"), "CNY") == "¥482万"


def test_column_amounts_carry_the_currencys_own_digits():
    assert formatting.amount(Decimal("1234.5"), "CNY") == "1,234.50"
    assert formatting.amount(Decimal("1234"), "JPY") == "1,234"
    assert formatting.plain(Decimal("12.500")) == "12.5"


def test_a_ratio_without_a_denominator_is_not_available():
    assert formatting.percent(Decimal("0.105")) == "10.5%"
    assert formatting.percent(None) == "n/a"


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 3, 10), "today"),
        (date(2026, 3, 9), "yesterday"),
        (date(2026, 3, 7), "3 days ago"),
        (date(2026, 3, 12), "in 2 days"),
        (date(2025, 12, 1), "Dec 1, 2025"),
    ],
)
def test_days_near_today_are_said_in_words(day, words):
    assert f">{words}</time>" in formatting.when(day)
    assert f'datetime="{day.isoformat()}"' in formatting.when(day)


def test_a_moment_is_told_in_the_readers_time_zone():
    late = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)
    assert ">today 07:30</time>" in formatting.when(late)
    with timezone.override("America/New_York"):
        assert ">yesterday 19:30</time>" in formatting.when(late)


def test_a_broken_promise_says_for_how_long():
    assert "due-late" in formatting.due(date(2026, 3, 7))
    assert ">3 days overdue</time>" in formatting.due(date(2026, 3, 7))
    assert ">due today</time>" in formatting.due(TODAY)
    assert ">in 2 days</time>" in formatting.due(date(2026, 3, 12))
    assert formatting.due(None) == ""


def record(status, model="lead"):
    return SimpleNamespace(
        status=status, get_status_display=lambda: status.title(), _meta=SimpleNamespace(model_name=model)
    )


def test_a_badge_has_a_word_beside_its_colour():
    assert "state-green" in badges.badge(record("converted"))
    assert "Converted" in badges.badge(record("converted"))
    assert badges.badge(None) == ""


def test_one_word_may_mean_different_things_on_different_records():
    assert badges.tone_of(record("confirmed", "payment")) == "green"
    assert badges.tone_of(record("confirmed", "order")) == "blue"
    assert badges.tone_of(record("something else")) == "grey"


def test_no_status_has_two_tones():
    statuses = [status for group in badges.STATUSES.values() for status in group.split()]
    assert len(statuses) == len(set(statuses))


def test_initials_fit_chinese_and_latin_names():
    assert badges.initials("王磊") == "王磊"
    assert badges.initials("陈晓燕") == "晓燕"
    assert badges.initials("Anna Berg") == "AB"


def test_a_name_cannot_smuggle_markup_into_a_page():
    assert "&lt;b&gt;" in badges.person(SimpleNamespace(pk=1, name="<b>x</b>"))


class LeadForm(forms.Form):
    q = forms.CharField(required=False)
    name = forms.CharField(help_text="As on the licence")
    phone = forms.CharField(required=False)
    on = forms.DateField(initial=TODAY)
    budget = forms.DecimalField(required=False)
    note = forms.CharField(widget=forms.Textarea, required=False)
    roles = forms.MultipleChoiceField(choices=[("a", "A")], widget=forms.CheckboxSelectMultiple, required=False)


def test_a_field_shows_its_help_and_its_error_to_everyone():
    html = render("{% field form.name %}", form=LeadForm({}))
    assert 'aria-describedby="id_name_help id_name_error"' in html
    assert 'id="id_name_error"' in html
    assert 'aria-invalid="true"' in html


def test_fields_bring_the_keyboard_they_need():
    form = LeadForm()
    assert 'type="tel"' in render("{% field form.phone %}", form=form)
    assert 'inputmode="decimal"' in render("{% field form.budget %}", form=form)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_dates_reach_the_browsers_picker_in_its_own_form(language):
    with translation.override(language):
        html = render("{% field form.on %}", form=LeadForm())
    assert 'type="date"' in html
    assert 'value="2026-03-10"' in html


def test_the_first_wrong_field_gets_the_focus():
    wrong = LeadForm({"on": "2026-03-10", "q": "x"})
    html = render("{% fields form autofocus=True %}", form=wrong)
    assert html.count("autofocus") == 1
    assert "autofocus" in render("{% control form.name %}", form=wrong)


def test_a_page_link_keeps_the_filters_that_are_on():
    request = RequestFactory().get("/leads/", {"status": "new", "page": "3"})
    assert render("{% query_url page=4 %}", request=request) == "?status=new&amp;page=4"
    assert render("{% query_url page=None %}", request=request) == "?status=new"


def test_a_filter_form_keeps_the_order_but_not_the_page():
    request = RequestFactory().get("/leads/", {"sort": "-name", "page": "3", "q": "x", "on_min": "2026-01-01"})
    html = render("{% hidden_query form %}", request=request, form=LeadForm())
    assert html == '<input type="hidden" name="sort" value="-name">'


def test_icons_are_drawn_inline_and_say_nothing_to_screen_readers():
    assert render('{% icon "phone" %}').startswith("<svg")
    assert 'aria-hidden="true"' in render('{% icon "phone" %}')


def test_a_trend_line_spans_the_box_and_passes_over_gaps():
    assert render("{% spark values %}", values=[1, None, 3]) == "0.0,22.0 100.0,2.0"
    assert render("{% spark values %}", values=[1]) == ""


TEMPLATE_FOLDER = settings.BASE_DIR / "templates"
TEMPLATES = sorted(str(path.relative_to(TEMPLATE_FOLDER)) for path in TEMPLATE_FOLDER.rglob("*.*"))


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_can_be_read(name):
    assert get_template(name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_template_needs_inline_styles_or_scripts(name):
    source = (TEMPLATE_FOLDER / name).read_text()
    assert " style=" not in source
    assert "<style" not in source
    assert not re.search(r"<script(?![^>]*\bsrc=)", source)
    assert not re.search(r"\son[a-z]+=", source)
