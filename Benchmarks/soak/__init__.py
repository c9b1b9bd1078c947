"""Long series: stops, signals, faults, starvation; what they need, and the series in `parts`."""
