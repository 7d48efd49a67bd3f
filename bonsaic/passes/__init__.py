"""From a network to a circuit, one proved step at a time."""
