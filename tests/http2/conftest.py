"""How long the fuzzer searches: HYPOTHESIS_PROFILE=long is for a night, everything else for every run."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile("long", max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])

if os.environ.get("HYPOTHESIS_PROFILE") == "long":
    settings.load_profile("long")
