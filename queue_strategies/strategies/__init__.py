"""Choose the agent: one strategy a file, all of them known by name."""

from queue_strategies.strategies.catalogue import STRATEGIES as STRATEGIES
from queue_strategies.strategies.catalogue import UnknownStrategy as UnknownStrategy
from queue_strategies.strategies.catalogue import strategy_of as strategy_of
from queue_strategies.strategies.strategy import Chance as Chance
from queue_strategies.strategies.strategy import Strategy as Strategy
