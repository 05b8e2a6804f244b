"""What the server remembers: files, models and jobs."""
