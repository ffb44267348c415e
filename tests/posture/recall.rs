//! Tokens of every kind in files as people write them: each is told once, by its kind, at its line.
