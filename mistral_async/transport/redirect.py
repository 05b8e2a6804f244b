"""Go where a server says that an answer is, as far as that is safe.

Source: RFC 9110 sections 10.2.2 (Location) and 15.4 (which status means what).
"""

from __future__ import annotations

from urllib.parse import SplitResult, quote, urljoin, urlsplit

import msgspec

from mistral_async.http import Request, Response, Sending, Transport
from mistral_async.origin import NoHost, Origin

STATUSES = frozenset({301, 302, 303, 307, 308})
METHODS = frozenset({"GET", "HEAD"})  # anything else would be done a second time, or become another thing
MOST = 5  # redirects of one request

# What may go to another origin: how the answer is wanted. The key, cookies and fields of the user's own stay here.
HARMLESS = frozenset({"accept", "accept-encoding", "range", "user-agent"})

_AS_IT_IS = "!#$%&'()*+,/:;=?@[]~"  # means something in a URL; so does "%". Source: RFC 3986 sections 2.1 and 2.2


class Redirect:
    """Follows redirects of requests that only look.

    Where it may not follow, or not again, the response that says so is returned as it came. The body of a redirect is
    nobody's: ``Prefetch`` below has read it, so that its connection can be used again.
    """

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def send(self, request: Request, /) -> Sending:
        """Send it, and again to where the answer is said to be."""
        only_looks = request.method in METHODS and request.body is None
        return self._follow(request) if only_looks else self._inner.send(request)

    async def _follow(self, request: Request) -> Response:
        response = await self._inner.send(request)
        for _ in range(MOST):
            following = _following(request, response)
            if following is None:
                break
            response.close()
            request = following
            response = await self._inner.send(request)
        return response

    async def aclose(self) -> None:
        """Close what is below."""
        await self._inner.aclose()


def _following(request: Request, response: Response) -> Request | None:
    """The request that the response asks for, of one that only looks; None where there is none that may be sent."""
    if response.status not in STATUSES:
        return None
    target = _target(request.url, response.headers.get("location", ""))
    there = _origin(target) if target is not None else None
    if target is None or there is None:
        return None
    here = Origin.of(request.url)
    if here.scheme == "https" and there.scheme == "http":
        return None  # everybody on the way could read, and answer
    # Another connection is taken for it, maybe: whether it has begun is asked anew.
    limit = request.deadline.anew() if request.deadline is not None else None
    where = f"{target.path or '/'}?{target.query}" if target.query else target.path or "/"
    if there == here:
        # Spelt as before: by its spelling the layers below know the origin.
        return msgspec.structs.replace(request, url=request.origin + where, deadline=limit)
    headers = {name: value for name, value in request.headers.items() if name in HARMLESS}
    return msgspec.structs.replace(request, url=f"{there}{where}", headers=headers, deadline=limit)


def _target(url: str, location: str) -> SplitResult | None:
    """Where a ``Location`` leads from a URL. None where it leads nowhere."""
    # Some servers put bytes there that no URL may hold. They were read as ISO 8859-1.
    reference = quote(location.strip().encode("latin-1"), safe=_AS_IT_IS)
    try:
        parts = urlsplit(reference)
        # Without a host it is no URL, where `urljoin` would take ours. Source: RFC 9110 section 4.2.2.
        lacking = not parts.netloc and (parts.scheme or reference.startswith("//"))
        return urlsplit(urljoin(url, reference)) if reference and not lacking else None
    except ValueError:
        return None


def _origin(url: SplitResult) -> Origin | None:
    """The origin, or None where no request may go there."""
    # A server may not choose our credentials. Source: RFC 9110 section 4.2.4.
    # Nor a zone, which means something on this host alone. Source: RFC 6874 section 1.
    if "@" in url.netloc or "%" in url.netloc:
        return None
    try:
        return Origin.of(url.geturl())
    except NoHost:
        return None
