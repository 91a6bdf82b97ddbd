"""What Grafana refuses, what replaces, and what it says: its provider, and the HTTP API behind it."""

import json
from typing import Any

import pytest

from sandbox.cloud import Cloud
from sandbox.provider import Checked, OperationError, Provider

FOLDER = "grafana:oss/folder:Folder"
PERMISSION = "grafana:oss/folderPermission:FolderPermission"
SOURCE = "grafana:oss/dataSource:DataSource"
DASHBOARD = "grafana:oss/dashboard:Dashboard"


class Made:
    """A resource that exists."""

    def __init__(self, urn: str, state: Any) -> None:
        self.urn, self.id = urn, state.id
        self.inputs, self.outputs = dict(state.inputs), dict(state.outputs)


class Organisation:
    """An empty organisation of Grafana."""

    def __init__(self) -> None:
        self.provider = Provider("grafana", Cloud(":memory:"), seed=1)
        self.provider.configure({"url": "https://grafana.example.com", "auth": "glsa_token"})
        self.count = 0

    def check(self, type_: str, **inputs: Any) -> tuple[str, Checked]:
        self.count += 1
        urn = f"urn:pulumi:prod::jtld-platform::{type_}::r{self.count}"
        return urn, self.provider.check(urn, {}, inputs)

    def make(self, type_: str, **inputs: Any) -> Made:
        urn, checked = self.check(type_, **inputs)
        assert not checked.failures, checked.failures
        return Made(urn, self.provider.create(urn, checked.inputs))

    def difference(self, made: Made, **inputs: Any) -> Any:
        news = self.provider.check(made.urn, made.inputs, {**made.inputs, **inputs}).inputs
        return self.provider.diff(made.urn, made.inputs, made.outputs, news)

    def change(self, made: Made, **inputs: Any) -> Made:
        news = self.provider.check(made.urn, made.inputs, {**made.inputs, **inputs}).inputs
        return Made(made.urn, self.provider.update(made.urn, made.id, made.inputs, made.outputs, news))

    def drop(self, made: Made) -> None:
        self.provider.delete(made.urn, made.id, made.outputs)


@pytest.fixture
def grafana() -> Organisation:
    return Organisation()


def board(uid: str = "jtld-prod-data", title: str = "JTLD prod: data") -> str:
    return json.dumps(
        {"uid": uid, "title": title, "panels": [{"datasource": {"uid": "jtld-prod-ca-central-1"}}]}
    )


def test_a_folder_is_one_of_its_uid_and_keeps_it(grafana: Organisation) -> None:
    folder = grafana.make(FOLDER, uid="jtld-prod-dashboards", title="JTLD prod")
    assert folder.id == "1:jtld-prod-dashboards"
    assert grafana.difference(folder, title="JTLD").replaces == []
    assert grafana.difference(folder, uid="other").replaces == ["uid"]
    with pytest.raises(OperationError, match="409"):
        grafana.make(FOLDER, uid="jtld-prod-dashboards", title="Another")
    _, checked = grafana.check(FOLDER, uid="jtld.prod", title="Dots")
    assert "only be alphanumeric" in checked.failures[0].reason


def test_a_folder_that_keeps_what_is_in_it_outlives_its_dashboards_only(grafana: Organisation) -> None:
    folder = grafana.make(FOLDER, uid="jtld", title="JTLD", preventDestroyIfNotEmpty=True)
    inside = grafana.make(DASHBOARD, folder="jtld", configJson=board())
    with pytest.raises(OperationError, match="not empty"):
        grafana.drop(folder)
    grafana.drop(inside)
    grafana.drop(folder)


def test_a_folder_that_is_not_told_to_takes_its_dashboards_along(grafana: Organisation) -> None:
    folder = grafana.make(FOLDER, uid="jtld", title="JTLD")
    grafana.make(DASHBOARD, folder="jtld", configJson=board())
    grafana.drop(folder)


def test_a_dashboard_takes_over_another_only_when_told_to(grafana: Organisation) -> None:
    grafana.make(DASHBOARD, configJson=board())
    with pytest.raises(OperationError, match="412"):
        grafana.make(DASHBOARD, configJson=board(title="Mine"))
    grafana.make(DASHBOARD, configJson=board(title="Mine"), overwrite=True)


def test_an_update_of_a_dashboard_needs_no_leave_to_overwrite_and_its_uid_replaces(
    grafana: Organisation,
) -> None:
    made = grafana.make(DASHBOARD, configJson=board(), message="one")
    assert (made.outputs["uid"], made.id) == ("jtld-prod-data", "1:jtld-prod-data")
    assert grafana.difference(made, configJson=board(title="New")).replaces == []
    assert grafana.difference(made, configJson=board(uid="jtld-prod-other")).replaces == ["configJson"]
    changed = grafana.change(made, configJson=board(title="New"), message="two")
    assert changed.id == made.id


@pytest.mark.parametrize(
    ("inputs", "complaint"),
    [
        ({"configJson": "{"}, "JSON"),
        ({"configJson": board(title="")}, "title cannot be empty"),
        ({"configJson": board(uid="x" * 41)}, "longer than 40"),
        ({"configJson": board(), "folder": "nowhere"}, "folder not found"),
    ],
)
def test_what_grafana_takes_for_no_dashboard(grafana: Organisation, inputs: Any, complaint: str) -> None:
    urn, checked = grafana.check(DASHBOARD, **inputs)
    if checked.failures:
        assert complaint in checked.failures[0].reason
        return
    with pytest.raises(OperationError, match=complaint):
        grafana.provider.create(urn, checked.inputs)


def test_a_data_source_has_its_name_and_uid_alone(grafana: Organisation) -> None:
    """The reason for deleting one before replacing it."""
    source = {"type": "cloudwatch", "name": "JTLD", "uid": "jtld", "jsonDataEncoded": "{}"}
    made = grafana.make(SOURCE, **source)
    assert grafana.difference(made, uid="other").replaces == ["uid"]
    assert grafana.difference(made, name="other").replaces == []
    with pytest.raises(OperationError, match="same name"):
        grafana.make(SOURCE, **source | {"uid": "other"})
    with pytest.raises(OperationError, match="same uid"):
        grafana.make(SOURCE, **source | {"name": "other"})
    grafana.drop(made)
    grafana.make(SOURCE, **source | {"uid": "other"})


@pytest.mark.parametrize(
    ("inputs", "complaint"),
    [
        ({"jsonDataEncoded": "authType: keys"}, "JSON"),
        ({"jsonDataEncoded": json.dumps({"httpHeaderName1": "Authorization"})}, "reserved key"),
        ({"accessMode": "browser"}, "must be one of"),
    ],
)
def test_what_the_provider_takes_for_no_data_source(
    grafana: Organisation, inputs: Any, complaint: str
) -> None:
    _, checked = grafana.check(SOURCE, type="cloudwatch", name="JTLD", **inputs)
    assert complaint in checked.failures[0].reason


def test_rights_are_of_a_folder_that_exists_and_the_order_of_roles_says_nothing(
    grafana: Organisation,
) -> None:
    with pytest.raises(OperationError, match="404"):
        grafana.make(PERMISSION, folderUid="jtld", permissions=[])
    grafana.make(FOLDER, uid="jtld", title="JTLD")
    roles = [{"role": "Viewer", "permission": "View"}, {"role": "Editor", "permission": "View"}]
    made = grafana.make(PERMISSION, folderUid="jtld", permissions=roles)
    assert not grafana.difference(made, permissions=roles[::-1]).changes
    assert grafana.difference(made, folderUid="other").replaces == ["folderUid"]
    _, checked = grafana.check(
        PERMISSION, folderUid="jtld", permissions=[{"role": "Owner", "permission": "Own"}]
    )
    assert {failure.property for failure in checked.failures} == {
        "permissions[0].role",
        "permissions[0].permission",
    }
