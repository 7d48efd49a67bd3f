"""Are two machines the same for every input word? Verdicts, exact walks, property checks."""
