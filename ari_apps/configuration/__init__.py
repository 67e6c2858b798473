"""floor.toml: how it is written, read, checked and refused; and the secrets that never stand in it."""
