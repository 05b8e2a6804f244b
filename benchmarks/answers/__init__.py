"""The answers, spelled out by hand as msgspec Structs: what somebody without an SDK writes for what they ask."""
