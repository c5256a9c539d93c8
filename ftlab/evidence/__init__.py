"""How sure: intervals, plans, comparisons, contamination and the gate, from numbers alone."""
