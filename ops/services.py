"""The inventory of other people's services as a page: `python -m ops.services` writes docs/services.md (TP-1, TP-5)."""

from pathlib import Path

from settings import Settings, load_stack_file

_ROOT = Path(__file__).parents[1]
PAGE = _ROOT / "docs" / "services.md"
_STACKS = ("prod", "staging", "dev")


def render(stacks: dict[str, Settings]) -> str:
    """Return the page: what each service is for, what is bought of it where, its keys, what we do without it."""
    prod = stacks["prod"].third_party
    lines = [
        "# Third-party services",
        "",
        "Made by `python -m ops.services` from `settings/services.py` and the stack files; a test compares.",
        "",
        "| Service | Purpose | Owner | Bills go to | Plan (prod) | USD a month | Limit | SLA | Support | Status |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for service in prod.listed:
        bought = prod.subscription(service.name)
        costs = " / ".join(
            str(stacks[stack].third_party.subscription(service.name).monthly_dollars) for stack in _STACKS
        )
        lines.append(
            f"| {service.title} | {service.purpose} | {service.owner} | {bought.billing} | {bought.plan} | {costs} | "
            f"{service.limit} | {service.sla} | [ask]({service.support}) | [page]({service.status_page}) |"
        )
    lines += ["", f"Costs are those of {', '.join(_STACKS)}.", "", "## Without it", ""]
    lines += ["| Service | What we do |", "|---|---|"]
    lines += [f"| {service.title} | {service.fallback} |" for service in prod.listed]
    lines += [
        "",
        "## Keys",
        "",
        "| Key | Service | Stack | Kept in | Made | Due |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{key.name}` | {one.service} | {stack} | {key.kept_in} | {key.rotated_on} | {key.due_on} |"
        for stack in _STACKS
        for one in stacks[stack].third_party.services
        for key in one.credentials
    ]
    return "\n".join([*lines, ""])


def current() -> str:
    """Return the page as the committed files give it."""
    return render({stack: load_stack_file(_ROOT / f"Pulumi.{stack}.yaml") for stack in _STACKS})


if __name__ == "__main__":
    PAGE.write_text(current(), encoding="utf-8")
