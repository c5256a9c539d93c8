"""From a support desk's raw export to examples that may be trained on: one module for each kind of step."""
