"""What every test may use. The isolation from the developer's environment is in ``tests.settings``."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.settings import SCRATCH

# How long an example takes says how busy the machine is. Examples are the same each time where a change is judged.
UNHURRIED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("default", **UNHURRIED)
settings.register_profile("same", derandomize=True, **UNHURRIED)
settings.register_profile("quick", derandomize=True, max_examples=40, **UNHURRIED)  # make test; the others make 100
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_unconfigure() -> None:
    shutil.rmtree(SCRATCH, ignore_errors=True)


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The URL of an empty PostgreSQL database, dropped afterwards; for tests that start processes of their own."""
    from tests.services import made_database

    with made_database(os.environ["DATABASE_URL"], f"switchboard_{uuid.uuid4().hex[:12]}") as url:
        yield url


@pytest.fixture
def redis_url() -> Iterator[str]:
    """The URL of the Redis database the tests use, emptied before and afterwards."""
    import redis

    url = os.environ["REDIS_URL"]
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        yield url
        client.flushdb()


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Where the system's Chromium is; CHROMIUM names another. Playwright takes it as ``executable_path``."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("There is no Chromium: apt install chromium, or name one with CHROMIUM=/path.", pytrace=False)
    return found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first: with several workers the last one would else wait for it alone."""
    slow = ("tests/server/", "tests/chaos/", "tests/gateway/test_setup_")
    items.sort(key=lambda item: not item.nodeid.startswith(slow))
