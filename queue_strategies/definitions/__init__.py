"""What every number means, once: Python, SQL, Prometheus, dashboards and reports are made from this."""

from queue_strategies.definitions.agents import AGENT_FIGURES, AGENT_MEASURES
from queue_strategies.definitions.contacts import COMES_BACK_DAYS, FIRST_CONTACT_RESOLUTION
from queue_strategies.definitions.expression import Quotient, Ratio, Sum
from queue_strategies.definitions.measure import Condition, Figure, Good, Measure, Unit
from queue_strategies.definitions.queues import QUEUE_FIGURES, QUEUE_MEASURES
from queue_strategies.definitions.service_levels import SERVICE_LEVELS, USUAL_SERVICE_LEVEL

__all__ = [
    "AGENT_FIGURES",
    "AGENT_MEASURES",
    "COMES_BACK_DAYS",
    "FIRST_CONTACT_RESOLUTION",
    "QUEUE_FIGURES",
    "QUEUE_MEASURES",
    "SERVICE_LEVELS",
    "USUAL_SERVICE_LEVEL",
    "Condition",
    "Figure",
    "Good",
    "Measure",
    "Quotient",
    "Ratio",
    "Sum",
    "Unit",
]
