"""``python -m mistral_async.demo``."""

from mistral_async.demo import main

raise SystemExit(main())
