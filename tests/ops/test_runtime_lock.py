"""A newcomer's environment holds requirements.lock and nothing of the tests' packages."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from components.database.bootstrap import DRIVER

ROOT = Path(__file__).parents[2]
# Imports every module that a run of `./jtld` or of the engine may need, where the modules in argv do not exist.
IMPORT_ALL = """
import importlib, pkgutil, sys

absent = set(sys.argv[1:])


class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Absent())
for root in ("components", "ops", "policies", "sandbox", "settings"):
    package = importlib.import_module(root)
    for module in pkgutil.walk_packages(package.__path__, f"{root}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
"""


def locked(file: str) -> set[str]:
    text = (ROOT / file).read_text(encoding="utf-8")
    return {name.lower() for name in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)}


def test_a_newcomer_gets_the_very_versions_that_the_tests_ran_with() -> None:
    """Else the runtime's own environment is one that nobody has tried."""
    pins = [
        set(re.findall(r"^[\w.-]+==[^ ]+", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE))
        for file in ("requirements.lock", "requirements-dev.lock")
    ]
    assert pins[0] - pins[1] == set()


def test_the_functions_libraries_are_in_the_runtime_s_own_lock() -> None:
    assert set(DRIVER) <= locked("requirements.lock")


def test_the_program_and_the_commands_import_nothing_that_only_the_tests_install() -> None:
    runtime = locked("requirements.lock")
    absent = [
        module
        for module, distributions in packages_distributions().items()
        if not {re.sub(r"[-_.]+", "-", name).lower() for name in distributions} & runtime
    ]
    assert {"moto", "pytest"} <= set(absent), "the test would see nothing"
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, *absent], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
