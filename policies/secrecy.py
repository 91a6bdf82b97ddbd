"""What is a credential by its shape, whatever it is called."""

import re

_SHAPES = re.compile(
    r"://[^/\s:@]+:[^/\s@]+@"  # a URL with a password
    r"|\b(AKIA|ASIA)[A-Z0-9]{16}\b"  # an AWS access key
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bsk_live_\w+|\bxox[abprs]-[\w-]{10,}"
)


def is_credential(text: object) -> bool:
    """Return whether a text holds something that opens a door."""
    return _SHAPES.search(str(text)) is not None
