"""The settings of the tests: pytest-django reads them before any conftest, so the isolation happens here."""

import os
import tempfile
from pathlib import Path

from tests.isolation import isolate

SCRATCH = Path(tempfile.mkdtemp(prefix="switchboard-tests-"))
isolate(os.environ, data_dir=SCRATCH)
(SCRATCH / "static").mkdir()  # whitenoise warns without it

from gateway.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one takes 0.1 s a user
os.environ["DJANGO_SETTINGS_MODULE"] = "gateway.settings"  # for processes that tests start
