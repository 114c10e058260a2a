"""Whatever a file holds, bringing it in and taking it back changes nothing."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm import search
from crm.models import Company, ImportRun
from tests.factories import LeadFactory
from tests.imports.files import bring_in, take_back
from tests.imports.test_types import digest

pytestmark = pytest.mark.django_db
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=12)
PHONES = st.sampled_from(["", "13800001111", "+86 138 0000 1111", "13800002222", "13800003333", "x"])
ROWS = st.lists(st.tuples(WORDS, PHONES, WORDS), min_size=1, max_size=8)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, mode=st.sampled_from(["create", "both", "update"]), doubles=st.sampled_from(["skip", "create"]))
def test_bringing_in_and_taking_back_is_the_identity(people, rows, mode, doubles):
    Company.current()
    search.index(LeadFactory(phone="13800001111", need="old"))
    before, file = digest(), io.StringIO()
    csv.writer(file).writerows([("公司", "手机", "需求"), ("一", "1", "1"), *rows])
    run = bring_in("leads", file.getvalue(), people["marketing"], mode=mode, key="phone", duplicates=doubles)
    assert take_back(run, people["marketing"]).undone_at
    assert digest() == before
    assert ImportRun.objects.get(pk=run.pk).state == "undone"
