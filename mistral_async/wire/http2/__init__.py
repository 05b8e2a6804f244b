"""HTTP/2: a session that knows no sockets, and the connections that carry it."""
