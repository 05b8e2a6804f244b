"""Programs that measure: each says what it measured, and fails where that is beyond a limit."""
