"""A module as text for other tools and for people, and that text read back: one file per target."""
