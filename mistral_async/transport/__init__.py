"""The layers between the engine and the wire: each wraps the next, and each is a ``Transport``."""
