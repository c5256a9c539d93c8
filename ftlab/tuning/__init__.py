"""Makes a model, or asks one: chat format, loss, trainer, generation, checkpoints."""
