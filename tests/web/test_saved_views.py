"""Views of lists: who is offered which, who may change them, and how the list opens with them."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from crm import saved_views
from crm.models import SavedView
from tests.factories import LeadFactory, UserFactory

pytestmark = pytest.mark.django_db


def view_of(owner, name="Mine", query="status=assigned", list_key="leads.lead", default=False, **values):
    view = SavedView(owner=owner, name=name, query=query, list_key=list_key, **values)
    return saved_views.save(view, default=default, by=owner)


def offered(user):
    return {view.name for view in SavedView.objects.offered_to(user)}


def test_a_view_is_ones_own_until_it_is_shared(people):
    view_of(people["sales"])
    assert offered(people["sales"]) == {"Mine"}
    assert offered(people["colleague"]) == set()


def test_a_shared_view_goes_to_the_team_and_the_teams_below_but_not_above_or_beside(people):
    view_of(people["sales"], "North's", shared=True)
    view_of(people["boss"], "Company's", shared=True)
    assert offered(people["colleague"]) == {"North's", "Company's"}
    assert offered(people["stranger"]) == {"Company's"}
    assert offered(people["boss"]) == {"Company's"}


def test_who_has_no_team_shares_with_nobody(people):
    view_of(UserFactory(team=None), shared=True)
    assert offered(people["sales"]) == offered(UserFactory(team=None)) == set()


def test_a_view_keeps_the_filters_but_not_where_one_stood(people):
    view = view_of(people["sales"], query="?status=new&after=12&at=25&last=1&q=&columns=a,b&view=3")
    assert view.query == "columns=a,b&status=new"


def test_a_name_is_taken_once_for_each_list(people):
    view_of(people["sales"])
    view_of(people["sales"], list_key="crm.customer")
    with pytest.raises(ValidationError, match="of this name"):
        view_of(people["sales"])


def test_a_list_opens_with_one_view_at_most(people):
    first, second = view_of(people["sales"], "A", default=True), view_of(people["sales"], "B", default=True)
    assert list(first.liked_by.all()) == []
    assert list(second.liked_by.all()) == [people["sales"]]


def test_somebody_elses_shared_view_may_be_liked_but_not_changed(people, browse):
    view = view_of(people["sales"], shared=True)
    saved_views.like(view, by=people["colleague"])
    with pytest.raises(PermissionDenied):
        saved_views.delete(view, by=people["colleague"])
    client = browse(people["colleague"])
    assert client.post(f"/views/{view.pk}/replace/", {"query": "status=new"}).status_code == 404
    assert client.post(f"/views/{view.pk}/", {"name": "Stolen"}).status_code == 404


def test_what_is_not_shared_cannot_be_liked(people):
    with pytest.raises(PermissionDenied):
        saved_views.like(view_of(people["sales"]), by=people["stranger"])


def test_saving_a_list_and_coming_back_to_it(people, browse):
    client = browse(people["sales"])
    answer = client.post("/views/new/?list=leads.lead&query=status%3Dnew%26at%3D25%26pool%3Dunknown", {"name": "Pool"})
    view = SavedView.objects.get()
    assert answer.url == f"/leads/?status=new&view={view.pk}"
    page = client.get(answer.url).content.decode()
    assert '<span class="picker-name">Pool</span>' in page


def test_the_bare_list_opens_with_the_view_one_likes_and_all_shows_all(people, browse):
    view = view_of(people["sales"], default=True)
    client = browse(people["sales"])
    assert client.get("/leads/").url == f"/leads/?status=assigned&view={view.pk}"
    assert client.get("/leads/?view=all").status_code == 200


def test_a_changed_view_is_replaced_by_what_is_shown(people, browse):
    view = view_of(people["sales"])
    client = browse(people["sales"])
    page = client.get(f"/leads/?status=new&view={view.pk}").content.decode()
    assert "Update “Mine”" in page
    client.post(f"/views/{view.pk}/replace/", {"query": "status=new"})
    view.refresh_from_db()
    assert view.query == "status=new"


def test_a_shared_view_shows_each_reader_their_own_rows(people, browse):
    hers = LeadFactory(owner=people["sales"], status="assigned")
    view = view_of(people["sales"], shared=True)
    page = browse(people["colleague"]).get(f"/leads/?{view.query}&view={view.pk}").content.decode()
    assert hers.company_name not in page


def test_a_view_of_a_list_one_may_not_open_is_not_saved(people, browse):
    answer = browse(people["service"]).post("/views/new/", {"list": "leads.lead", "query": "", "name": "X"})
    assert answer.status_code == 403
    assert browse(people["service"]).get("/views/new/?list=no.such").status_code == 404


def test_the_page_of_views_lists_renames_and_deletes_them(people, browse):
    view = view_of(people["sales"])
    client = browse(people["sales"])
    client.post(f"/views/{view.pk}/", {"name": "Hot ones", "shared": "on"})
    assert "Hot ones" in client.get("/views/").content.decode()
    client.post(f"/views/{view.pk}/delete/")
    assert not SavedView.objects.exists()


def test_programs_read_the_views_on_offer(people, call):
    view_of(people["sales"])
    view_of(people["stranger"], "Theirs")
    rows = call(people["sales"]).get("/api/v1/views/?list_key=leads.lead").json()["results"]
    assert [(row["name"], row["query"]) for row in rows] == [("Mine", "status=assigned")]
