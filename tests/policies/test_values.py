"""Three-valued logic: what is not known is neither a pass nor a violation."""

from itertools import product

import pytest
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy

from policies.values import UNKNOWN, Truth, Value, all_of, any_of, plain

YES, NO, MAYBE = Truth.YES, Truth.NO, Truth.UNKNOWN


@pytest.mark.parametrize(("left", "right"), list(product(Truth, repeat=2)))
def test_a_known_answer_wins_over_an_unknown_one_where_it_decides(left: Truth, right: Truth) -> None:
    assert (left & right) is (NO if NO in (left, right) else MAYBE if MAYBE in (left, right) else YES)
    assert (left | right) is (YES if YES in (left, right) else MAYBE if MAYBE in (left, right) else NO)
    assert ~(left & right) is (~left | ~right)


def test_a_truth_cannot_be_used_as_a_plain_condition() -> None:
    with pytest.raises(TypeError, match="may be unknown"):
        assert YES


def test_nothing_at_all_holds_for_all_and_for_none() -> None:
    assert all_of([]) is YES
    assert any_of([]) is NO


def test_an_unknown_beside_a_known_value_hides_only_itself() -> None:
    proxy = unknown_checking_proxy({"a": UNKNOWN_STRING_VALUE, "b": {"c": [1.0, UNKNOWN_STRING_VALUE]}})
    assert plain(proxy) == {"a": UNKNOWN, "b": {"c": [1.0, UNKNOWN]}}


def test_everything_below_an_unknown_is_unknown() -> None:
    value = Value("", {"rules": UNKNOWN})["rules"]
    assert value.some(lambda rule: rule["status"].equals("Enabled")) is MAYBE
    assert value.holds(lambda rule: rule["status"].equals("Enabled")) is MAYBE
    assert value["0"]["status"].given is MAYBE


def test_a_step_below_a_list_reads_every_element() -> None:
    value = Value("", {"rules": [{"to": {"bucket": "a"}}, {"to": {}}, UNKNOWN]})["rules.to.bucket"]
    assert value.raw == ["a", None, UNKNOWN]
    assert value.path == "rules.to.bucket"


def test_an_empty_text_list_or_object_is_nothing() -> None:
    assert all(Value("x", raw).given is NO for raw in (None, "", [], {}))
    assert all(Value("x", raw).given is YES for raw in (0, False, "a", [None], {"a": None}))


def test_one_is_not_true_and_true_is_not_one() -> None:
    assert Value("x", 1.0).true is NO
    assert Value("x", True).equals(1) is NO
    assert Value("x", 1.0).equals(1) is YES


def test_nested_provider_inputs_arrive_as_json() -> None:
    assert Value("x", '["1"]').decoded().raw == ["1"]
    assert Value("x", "no json").decoded().raw is None
    assert Value("x", UNKNOWN).decoded().raw is UNKNOWN
