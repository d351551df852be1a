"""Ways of making a list fairer, each beside what it costs: a workbench for notebooks.

``compare(run, target)`` is the whole of it. See `fairness_audits.mitigation.compare` for who may call it, and
``docs/mitigation.md`` for what each way does.
"""

from fairness_audits.mitigation.compare import compare
from fairness_audits.mitigation.comparison import Comparison
from fairness_audits.mitigation.ways import Way
from fairness_audits.needing_ethnicity import NeedsEthnicity

__all__ = ["Comparison", "NeedsEthnicity", "Way", "compare"]
