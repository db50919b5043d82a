"""The vendor table of the documentation, made from the vendor files. ``python -m tests.vendor_table`` writes it."""

from __future__ import annotations

from pathlib import Path

from providers.templates import blanks
from providers.vendors import Vendor, all_vendors

PAGE = Path(__file__).resolve().parent.parent / "docs" / "vendors.md"
COLUMNS = (
    "vendor",
    "slug",
    "kind",
    "region",
    "wires",
    "endpoints",
    "default model",
    "needs",
    "settings",
    "promise",
    "prefix",
)

HEAD = """# Vendors

This page is made from the files in `providers/vendors/`: after a change there, write it anew with
`python -m tests.vendor_table`. How a vendor is added is told in [adding-a-vendor.md](adding-a-vendor.md).

- **wires**: the protocols it is called in; the first is the usual one, another is chosen by the setting `wire`.
- **endpoints**: what apps can ask of it. In brackets stands the dialect its embeddings, reranking and moderation speak.
- **needs**: what it cannot be called without. A base URL can be set for every vendor; what the address
  needs is not asked for then.
- **promise**: *verified*, recorded traffic of the vendor replays; *documented*, written after the vendor's
  documentation; *template*, the address is yours.

Settings become form fields in the admin and `<NAME>_<SETTING>` in the environment.
"""

ROLES = """## Roles

Which model a vendor's file names for a [role](routing.md#roles). The other roles are read off facts and prices.
"""


def page() -> str:
    """The whole page, as it must stand in ``docs/vendors.md``."""
    vendors = sorted(all_vendors().values(), key=lambda one: one.name.lower())
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    lines += ["| " + " | ".join(cells(one)) + " |" for one in vendors]
    notes = [f"- **{one.name}** (`{one.slug}`): {one.note.replace('<', '&lt;')}" for one in vendors if one.note]
    named = [f"- **{one.name}**: {roles(one)}" for one in vendors if one.roles]
    return "\n".join([HEAD, *lines, "", ROLES, *named, "", "## Notes", "", *notes, ""])


def cells(vendor: Vendor) -> tuple[str, ...]:
    """One row, in the order of ``COLUMNS``."""
    return (
        vendor.name,
        f"`{vendor.slug}`",
        vendor.kind,
        vendor.region,
        ", ".join((vendor.wire, *vendor.other_wires)),
        ", ".join(endpoints(vendor)),
        f"`{vendor.default_model}`" if vendor.default_model else "–",
        ", ".join(needs(vendor)) or "–",
        ", ".join(f"`{setting.name}`" for setting in vendor.settings) or "–",
        vendor.promise,
        ", ".join(f"`{prefix}`" for prefix in prefixes(vendor)),
    )


def endpoints(vendor: Vendor) -> list[str]:
    offered = {
        "chat": vendor.chat_path is not None,
        "completions": vendor.completions_path is not None,
        f"embeddings ({vendor.embeddings})": vendor.embeddings is not None,
        f"rerank ({vendor.rerank})": vendor.rerank is not None,
        f"moderations ({vendor.moderations})": vendor.moderations is not None,
    }
    return [name for name, there in offered.items() if there]


def needs(vendor: Vendor) -> list[str]:
    """What must be given before the first call."""
    given = [] if vendor.base_url or vendor.answers else ["base URL"]
    if vendor.auth.scheme != "none" and not vendor.auth.optional:
        given.append("key")
    in_address = blanks(vendor.base_url or "")
    wanted = [one for one in vendor.settings if (one.required or one.name in in_address) and not one.default]
    given += [setting.label[0].lower() + setting.label[1:] for setting in wanted]
    return [*given, "to be switched on by name"] if vendor.opt_in else given


def prefixes(vendor: Vendor) -> tuple[str, ...]:
    """What a model's name may begin with to mean this vendor."""
    return tuple(dict.fromkeys((*vendor.prefixes, f"ext-{vendor.slug.replace('_', '-')}-")))


def roles(vendor: Vendor) -> str:
    return ", ".join(f"{name} `{model}`" for name, model in sorted(vendor.roles.items()))


if __name__ == "__main__":
    PAGE.write_text(page())
