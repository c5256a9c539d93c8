"""What no lesson imports: pretraining, the lock, the bars, benchmarks and reference runs."""
