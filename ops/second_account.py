"""`python -m ops.second_account Pulumi.prod.yaml`: the policies that a second account's operator sets up (BK-1)."""

import sys
from pathlib import Path

from components.backup.admission import bucket_statements, key_statements, render
from settings.loader import load_stack_file


def policies(stack_file: Path) -> str:
    """Return the policies of bucket and key, or what to write where the file names no second account."""
    settings = load_stack_file(stack_file)
    second, place = settings.backup.second_account, settings.environment
    if second is None:
        return f"{stack_file.name} names no backup.secondAccount: see docs/operators/second-account.md"
    parts = {"Bucket": bucket_statements(second, place), "Key": key_statements(second, place)}
    return "\n\n".join(f"{what} policy:\n\n{render(*statements)}" for what, statements in parts.items())


if __name__ == "__main__":
    sys.stdout.write(policies(Path(sys.argv[1])) + "\n")
