"""Programs that ask once and say "answered": each loads what its contender needs, and nothing else."""
