"""Features: definitions by subject, and the point-in-time engine that computes them.

For notebooks: ``library()`` lists every definition, ``streams`` has the sources, and a `Feature` is one expression
over them. ``preview`` looks at one on a few families of a run, ``build`` computes several for all of them. The
arithmetic and the tests of rows are imported from here too.
"""

from features import streams
from features.definitions import Direction, Feature, Level, NullRule, Over, Roll, Unit
from features.library import library
from features.notebook import FeatureWarning, build
from features.previewing import Preview, preview
from features.rows import at_least, holds, on_weekday, one_of, yes
from features.values import all_of, any_of, at_most, days_since, feature, given, no_less, share, sum_of

__all__ = [
    "Direction",
    "Feature",
    "FeatureWarning",
    "Level",
    "NullRule",
    "Over",
    "Preview",
    "Roll",
    "Unit",
    "all_of",
    "any_of",
    "at_least",
    "at_most",
    "build",
    "days_since",
    "feature",
    "given",
    "holds",
    "library",
    "no_less",
    "on_weekday",
    "one_of",
    "preview",
    "share",
    "streams",
    "sum_of",
    "yes",
]
