"""What one reply is worth. ``scores.metrics`` are the same as ``evaluate`` metrics."""
