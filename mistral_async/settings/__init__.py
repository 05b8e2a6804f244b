"""The settings of a client: plain values, each checked when it is made and saying which of its fields is wrong."""

from __future__ import annotations

from mistral_async.settings.circuit import CircuitBreaker as CircuitBreaker
from mistral_async.settings.client import Settings as Settings
from mistral_async.settings.proxy import Proxy as Proxy
from mistral_async.settings.retry import Retry as Retry
from mistral_async.settings.timeout import Timeout as Timeout
from mistral_async.settings.tls import TLS as TLS
