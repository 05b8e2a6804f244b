"""What every test shares: how hypothesis looks for counterexamples."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# A machine that checks a change must not fail for being slow, nor find today what it did not find yesterday.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
# HYPOTHESIS_PROFILE=search looks further, for as long as one likes to wait.
settings.register_profile("search", deadline=None, max_examples=5000)
# `nox -s fuzz` looks for minutes.
settings.register_profile("long", deadline=None, max_examples=20_000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
