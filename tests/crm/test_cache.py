"""Without its shared cache the product goes on, and limits still count."""

import pytest
import redis

from crm.cache import SurvivingCache
from tests.faults.processes import free_port


@pytest.fixture
def cache(monkeypatch):
    monkeypatch.setattr(SurvivingCache, "away_until", 0.0)
    made = SurvivingCache(f"redis://127.0.0.1:{free_port()}/0", {})
    yield made
    made.spare.clear()


def test_what_is_kept_is_found_again(cache):
    cache.set("company", "LTC")
    assert cache.get("company") == "LTC"
    assert cache.get_many(["company", "other"]) == {"company": "LTC"}
    cache.delete("company")
    assert cache.get("company", "none") == "none"


def test_limits_count_and_a_code_is_used_once(cache):
    assert cache.add("used", 0) and not cache.add("used", 0)
    assert [cache.incr("used") for _try in range(3)] == [1, 2, 3]


def test_one_that_does_not_answer_is_left_alone_for_a_while_and_then_asked_again(cache, monkeypatch):
    asked = []

    class Refusing:
        def get(self, key, default):
            asked.append(key)
            raise redis.ConnectionError

    monkeypatch.setattr(cache, "_class", lambda *args, **kwargs: Refusing())
    cache.get("a")
    cache.get("b")
    monkeypatch.setattr(SurvivingCache, "away_until", 0.0)
    cache.get("c")
    assert asked == [":1:a", ":1:c"]
