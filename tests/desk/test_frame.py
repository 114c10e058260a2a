"""The frame around every page is drawn once for all who stand alike, and never for anybody else."""

import pytest

from crm import frame
from crm.models import Company
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def shown(browse, user):
    return browse(user).get("/notifications/").content.decode()


def test_who_may_open_more_sees_more_after_somebody_else_came_first(browse):
    frame.PIECES.clear()
    assert "<span>Contracts &amp; orders</span>" not in shown(browse, UserFactory(roles=["marketing"], language="en"))
    assert "<span>Contracts &amp; orders</span>" in shown(browse, UserFactory(roles=["finance"], language="en"))


def test_a_new_name_of_the_company_stands_on_the_next_page(browse):
    marketer = UserFactory(roles=["marketing"])
    shown(browse, marketer)
    company = Company.current()
    company.name = "Renamed Ltd."
    company.save()
    assert "Renamed Ltd." in shown(browse, marketer)


def test_each_reads_the_frame_in_their_own_language(browse):
    assert "主导航" in shown(browse, UserFactory(roles=["sales"], language="zh-hans"))
    assert "Main navigation" in shown(browse, UserFactory(roles=["sales"], language="en"))


def test_only_the_page_one_is_on_is_marked(browse):
    seller = browse(UserFactory(roles=["sales"]))
    assert seller.get("/leads/").content.decode().count('aria-current="page"') == 1
    assert seller.get("/notifications/").content.decode().count('aria-current="page"') == 0


def test_the_cache_of_pieces_stays_small(monkeypatch, browse):
    monkeypatch.setattr(frame, "MOST_PIECES", 2)
    shown(browse, UserFactory(roles=["sales"]))
    assert len(frame.PIECES) <= 2
