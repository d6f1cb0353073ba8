"""Which workers exist, which run, which start next."""
