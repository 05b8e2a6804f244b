"""Bytes on a network: what sends a request and reads its response."""
