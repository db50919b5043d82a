"""The journal of calls, and the handing over of closed ones to whoever books them. Begin with ledger.py."""

from gateway.ledger.consumer import Consumer, ConsumerUnavailable
from gateway.ledger.journal import Journal, JournalUnavailable
from gateway.ledger.ledger import Ledger

__all__ = ["Consumer", "ConsumerUnavailable", "Journal", "JournalUnavailable", "Ledger"]
