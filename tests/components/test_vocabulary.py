import pytest

from components.firewall import Direction, Flow
from components.naming import bounded_name


def test_a_name_that_fits_is_left_alone() -> None:
    assert bounded_name("jtld", "prod", "files", limit=63) == "jtld-prod-files"


@pytest.mark.parametrize("limit", [9, 20, 32, 63])
def test_a_long_name_is_cut_to_the_limit_and_stays_distinct(limit: int) -> None:
    """Truncation alone would give two long names that start alike the same resource."""
    first, second = (bounded_name("jtld", "staging", "x" * 80 + end, limit=limit) for end in "ab")

    assert len(first) <= limit
    assert first != second
    assert first == bounded_name("jtld", "staging", "x" * 80 + "a", limit=limit)


def test_a_limit_without_room_for_a_readable_name_is_refused() -> None:
    with pytest.raises(ValueError, match="leaves no room"):
        bounded_name("jtld", "prod", "files", limit=8)


def test_a_flow_opens_both_ends_that_are_groups() -> None:
    """NW-2: a rule at one end alone would let nothing pass."""
    flow = Flow(source="service", target="database", port=5432, purpose="jobs")
    rules = flow.rules(frozenset({"service", "database"}))

    assert {(rule.group, rule.direction, rule.peer) for rule in rules} == {
        ("service", Direction.EGRESS, "database"),
        ("database", Direction.INGRESS, "service"),
    }


def test_a_flow_from_an_address_opens_the_group_alone() -> None:
    (rule,) = Flow(source="203.0.113.10/32", target="gateway", port=6432, purpose="pool").rules(
        frozenset({"gateway"})
    )

    assert (rule.group, rule.direction, rule.peer) == ("gateway", Direction.INGRESS, "203.0.113.10/32")
    assert rule.key == "gateway-ingress-203.0.113.10_32-6432"
