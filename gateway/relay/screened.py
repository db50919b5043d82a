"""What guardrails and the answer cache want of a call on its way through the relay."""

from __future__ import annotations

from gateway.answer import Headers
from gateway.exchange import Verdict
from gateway.limits.taken import Taken
from gateway.relay.content import Content
from gateway.relay.outgoing import Keeping, Outgoing, ReplyScreen, Restorer


class Screened:
    """``verdicts`` grows as guardrails speak; the exchange has the same list."""

    __slots__ = ("_keeping", "_reply", "_restorer", "_share", "headers", "verdicts")

    def __init__(
        self,
        verdicts: list[Verdict],
        *,
        reply: ReplyScreen | None = None,
        restorer: Restorer | None = None,
        keeping: Keeping | None = None,
        headers: Headers = (),
        share: Taken | None = None,
    ) -> None:
        self.verdicts = verdicts
        self.headers = headers  # of the answer
        self._reply = reply
        self._restorer = restorer
        self._keeping = keeping
        self._share = share

    def share(self) -> Taken | None:
        """The call's own share of limits, if it was taken before. It is whose who asks, once."""
        share, self._share = self._share, None
        return share

    def outgoing(self, content: Content | None) -> Outgoing | None:
        """``None`` where the answer passes as it is."""
        if content is None and self._reply is None and self._restorer is None and self._keeping is None:
            return None
        return Outgoing(content=content, screen=self._reply, keeping=self._keeping, restorer=self._restorer)
