"""One declarative file for each target."""

from models.target import Target
from models.targets.hidden_young_carers import HIDDEN_YOUNG_CARERS
from models.targets.rent_crisis import RENT_CRISIS
from models.targets.under_the_radar import UNDER_THE_RADAR

TARGETS: dict[str, Target] = {target.name: target for target in (UNDER_THE_RADAR, HIDDEN_YOUNG_CARERS, RENT_CRISIS)}
"""Every target the toolkit knows, by name."""

BY_DEFAULT = tuple(target.name for target in TARGETS.values() if target.by_default)
"""The targets of a council that names none."""
