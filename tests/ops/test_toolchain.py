"""Where the Pulumi CLI comes from, and what is said when it comes from nowhere."""

from pathlib import Path

import pytest

from ops import toolchain
from ops.toolchain import ToolchainError, build, official


def cli(folder: Path, version: str, *, with_host: bool = True) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    names = ["pulumi", "pulumi-language-python"] if with_host else ["pulumi"]
    for name in names:
        script = folder / name
        script.write_text(f"#!/bin/sh\necho {version}\n")
        script.chmod(0o755)
    return folder


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "cache"


def no_network(_target: Path) -> None:
    raise official.OfficialError("name or service not known")


def no_modules(_target: Path) -> None:
    raise build.BuildError("proxy refused")


@pytest.mark.parametrize("version", ["v3.220.0", "v3.272.0", "v4.0.1"])
def test_a_new_enough_cli_on_path_is_used(nothing_installed: Path, tmp_path: Path, version: str) -> None:
    cli(tmp_path / "bin", version)
    found = toolchain.ensure(nothing_installed)
    assert found.pulumi == tmp_path / "bin" / "pulumi"
    assert found.origin == "PATH"
    assert not nothing_installed.exists(), "nothing may be fetched when PATH has what is needed"


def test_a_language_host_beside_the_real_file_is_found_through_a_link(
    nothing_installed: Path, tmp_path: Path
) -> None:
    cli(tmp_path / "cellar", "v3.250.0")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pulumi").symlink_to(tmp_path / "cellar" / "pulumi")
    found = toolchain.find(nothing_installed)
    assert found is not None
    assert found.search_path.split(":") == [str(tmp_path / "bin"), str(tmp_path / "cellar")]


def test_an_old_cli_on_path_is_passed_over(
    nothing_installed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cli(tmp_path / "bin", "v3.219.9")
    monkeypatch.setattr(official, "install", lambda target: cli(target / "bin", "v3.272.0"))
    found = toolchain.ensure(nothing_installed)
    assert found.version == (3, 272, 0)
    assert "older than 3.220.0" in capsys.readouterr().err


def test_a_cli_without_python_host_is_passed_over(nothing_installed: Path, tmp_path: Path) -> None:
    cli(tmp_path / "bin", "v3.250.0", with_host=False)
    assert toolchain.find(nothing_installed) is None


def test_the_build_follows_when_the_installer_cannot(
    nothing_installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(official, "install", no_network)
    monkeypatch.setattr(build, "build", lambda target: cli(target / "bin", "v3.220.0"))
    found = toolchain.ensure(nothing_installed)
    assert found.version == (3, 220, 0)
    assert found.origin.startswith("built")


def test_a_second_run_fetches_nothing(nothing_installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(official, "install", lambda target: cli(target / "bin", "v3.272.0"))
    first = toolchain.ensure(nothing_installed)
    monkeypatch.setattr(official, "install", no_network)
    monkeypatch.setattr(build, "build", no_modules)
    assert toolchain.ensure(nothing_installed) == first


def test_a_half_made_cli_is_never_found(nothing_installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks_off(target: Path) -> None:
        cli(target / "bin", "v3.220.0")
        raise build.BuildError("killed")

    monkeypatch.setattr(official, "install", no_network)
    monkeypatch.setattr(build, "build", breaks_off)
    with pytest.raises(ToolchainError):
        toolchain.ensure(nothing_installed)
    assert toolchain.find(nothing_installed) is None


def test_a_cached_cli_of_which_a_part_was_lost_is_made_again(
    nothing_installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(official, "install", lambda target: cli(target / "bin", "v3.272.0"))
    found = toolchain.ensure(nothing_installed)
    (found.pulumi.parent / "pulumi-language-python").write_text("")
    assert toolchain.find(nothing_installed) is None
    assert toolchain.ensure(nothing_installed) == found
    assert (found.pulumi.parent / "pulumi-language-python").stat().st_size


def test_a_cli_that_cannot_run_where_it_was_made_says_so(
    nothing_installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache on a file system that is mounted noexec."""

    def of_no_use(target: Path) -> None:
        for made in cli(target / "bin", "v3.272.0").iterdir():
            made.chmod(0o644)

    monkeypatch.setattr(official, "install", of_no_use)
    monkeypatch.setattr(build, "build", of_no_use)
    with pytest.raises(ToolchainError) as caught:
        toolchain.ensure(nothing_installed)
    assert str(caught.value).count("noexec") == 2
    assert "XDG_CACHE_HOME" in str(caught.value)


def test_the_cache_is_where_the_user_may_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "given"))
    assert toolchain.cache_folder() == tmp_path / "given" / "jtld-platform"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert toolchain.cache_folder() == tmp_path / "home" / ".cache" / "jtld-platform"
    monkeypatch.setattr(toolchain.os, "access", lambda *_: False)
    assert toolchain.cache_folder() == toolchain.ROOT / ".sandbox" / "cache"


def test_a_user_without_a_home_has_a_cache_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's made-up user: neither HOME nor an entry in /etc/passwd."""

    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(toolchain.Path, "home", no_home)
    assert toolchain.cache_folder() == toolchain.ROOT / ".sandbox" / "cache"


def test_when_nothing_works_the_error_names_every_attempt_and_the_next_thing_to_try(
    nothing_installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(official, "install", no_network)
    monkeypatch.setattr(build, "build", no_modules)
    with pytest.raises(ToolchainError) as caught:
        toolchain.ensure(nothing_installed)
    for part in ("name or service not known", "proxy refused", "brew install pulumi", "GOPROXY"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "version"),
    [("go1.26.8 linux/amd64", (1, 26, 8)), ("go1.27 darwin/arm64", (1, 27, 0)), ("nonsense", (0,))],
)
def test_the_version_of_go_is_read(tmp_path: Path, answer: str, version: tuple[int, ...]) -> None:
    go = tmp_path / "go"
    go.write_text(f"#!/bin/sh\necho go version {answer}\n")
    go.chmod(0o755)
    assert build._go_version(str(go)) == version


def test_the_go_modules_are_pinned_and_summed() -> None:
    for module in (build._CLI, build._HOST):
        assert (module / "go.sum").read_text().count("h1:") > 100
        assert (
            "replace" not in (module / "go.mod").read_text()
            or "tgummerer/clipboard" in (module / "go.mod").read_text()
        )
    assert build._GO_LOCK.read_text().count("--hash=sha256:") == 4, "Linux and macOS, two architectures each"


@pytest.mark.parametrize("home", ["usable", "none"])
def test_go_has_a_place_of_its_own_where_the_user_has_no_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    """Go reads the variable HOME and nothing else, and fails without it."""
    (tmp_path / "usable").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / home))
    monkeypatch.setenv("GOFLAGS", "-mod=vendor")
    go = tmp_path / "go"
    go.write_text('#!/bin/sh\necho "$HOME $GOFLAGS"\n')
    go.chmod(0o755)
    expected = tmp_path / ("usable" if home == "usable" else "target/home")
    assert build._run(str(go), tmp_path / "target", tmp_path, "env") == f"{expected} -modcacherw\n"
