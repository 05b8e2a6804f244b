"""The server that everybody is measured against: it knows its answers by heart."""
