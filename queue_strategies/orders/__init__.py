"""Choose the caller: one order of service a file, all of them known by name."""

from queue_strategies.orders.catalogue import ORDERS as ORDERS
from queue_strategies.orders.catalogue import UnknownOrder as UnknownOrder
from queue_strategies.orders.catalogue import order_named as order_named
from queue_strategies.orders.order import Order as Order
