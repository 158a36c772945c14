"""`make faults`: breaks the real servers in every way that an exam has to survive, and counts what was lost."""
