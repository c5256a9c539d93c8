"""A metric that looks at every input before it is stored.

``evaluate`` checks the first row and casts the rest: a list becomes the text "['a']", a text becomes a list of its
letters, "no" becomes True. Metric files import this module, not the class: ``evaluate.load`` takes the first metric
class that it finds in a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import evaluate

KINDS = {"string": (str, "a text"), "bool": (bool, "True or False")}


class CheckedMetric(evaluate.Metric):
    """An ``evaluate.Metric`` that refuses empty lists and rows of the wrong type, and says which row.

    Raises:
        ValueError: From ``compute``, ``add`` and ``add_batch``.
    """

    def add_batch(self, *, predictions: Iterable | None = None, references: Iterable | None = None, **more) -> None:
        """Stores rows, as ``evaluate`` does, after a look at each."""
        given = {"predictions": predictions, "references": references, **more}
        for name in self._feature_names():
            rows = given.get(name)
            if isinstance(rows, (str, bytes, Mapping)) or not isinstance(rows, Iterable):
                raise ValueError(f"{self.name}: expected a list in {name}, one entry for each question, found "
                                 f"{_short(rows)}. Put a single entry into a list; name the argument {name}=...")
            given[name] = rows = list(rows)
            if not rows:
                raise ValueError(f"{self.name}: expected at least one entry in {name}, found none. A share of nothing "
                                 "has no value; check the filter that chose the questions.")
            for place, row in enumerate(rows, start=1):
                _check(row, self.features[name], f"{self.name}: {name}, entry {place}")
        super().add_batch(**given)

    def add(self, *, prediction: object = None, reference: object = None, **more) -> None:
        """Stores one row after a look at it."""
        given = {"predictions": prediction, "references": reference, **more}
        for name in self._feature_names():
            _check(given.get(name), self.features[name], f"{self.name}: {name}")
        super().add(prediction=prediction, reference=reference, **more)


def _check(value: object, feature: object, where: str) -> None:
    if isinstance(feature, Mapping):
        if not isinstance(value, Mapping) or set(value) != set(feature):
            found = f"the keys {list(value)}" if isinstance(value, Mapping) else _short(value)
            raise ValueError(f"{where}: expected a dict with the keys {list(feature)}, found {found}. Leave other "
                             "columns out, as in [{key: row[key] for key in keys} for row in rows].")
        for key, part in feature.items():
            _check(value[key], part, f"{where}, {key!r}")
    elif hasattr(feature, "feature"):  # a List of something
        if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
            raise ValueError(f"{where}: expected a list, found {_short(value)}. Put a single entry into a list.")
        for part in value:
            _check(part, feature.feature, where)
    else:
        kind, name = KINDS[feature.dtype]
        if not isinstance(value, kind):
            raise ValueError(f"{where}: expected {name}, found {_short(value)}. Nothing is converted for you: a "
                             "converted value would be scored without a word.")


def _short(value: object) -> str:
    shown = repr(value)
    return f"{type(value).__name__} {shown if len(shown) <= 60 else shown[:57] + '...'}"
