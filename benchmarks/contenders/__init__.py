"""What is measured: the same calls, each made as that SDK's own documentation shows."""
