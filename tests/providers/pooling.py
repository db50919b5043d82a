"""What the tests of the token pool share: a provider with so many tokens, and a clock that a test holds."""

from __future__ import annotations

from providers.catalogue import NO_LIMITS, CompiledProvider, CompiledToken, TokenLimits
from providers.errors import SwitchboardError
from providers.pool import Lease, Pool
from providers.vendors import Vendor


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def provider(
    tokens: int, *, limits: TokenLimits = NO_LIMITS, expires_at: float = 0, provider_id: int = 1
) -> CompiledProvider:
    """Tokens are numbered from 1."""
    vendor = Vendor(slug="acme", name="Acme", kind="cloud")
    made = (
        CompiledToken(id=n, fingerprint=f"f{n}", limits=limits, expires_at=expires_at) for n in range(1, tokens + 1)
    )
    return CompiledProvider(
        id=provider_id,
        name="acme",
        vendor=vendor,
        wire=None,  # type: ignore[arg-type]
        tokens=tuple(made),
    )


def pool_of(cooldown: float = 60.0) -> tuple[Pool, Clock]:
    clock = Clock()
    return Pool(cooldown=cooldown, clock=clock), clock


def leased(pool: Pool, acme: CompiledProvider, token_id: int | None = None, **more: object) -> Lease:
    """A lease, of that token if one is named."""
    others = () if token_id is None else {one.id for one in acme.tokens} - {token_id}
    lease = pool.lease(acme, tried=others, **more)  # type: ignore[arg-type]
    assert lease is not None
    return lease


def refuse(
    pool: Pool, acme: CompiledProvider, error: SwitchboardError, token_id: int | None = None, *, testable: bool = False
) -> int:
    """A call that fails; the token's number."""
    lease = leased(pool, acme, token_id)
    pool.release(lease, error, testable=testable)
    return lease.token.id


def work(pool: Pool, acme: CompiledProvider, token_id: int | None = None) -> int:
    """A call that is answered; the token's number."""
    lease = leased(pool, acme, token_id)
    pool.release(lease)
    return lease.token.id
