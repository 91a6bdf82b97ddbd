"""The registration of a domain, which people keep (ED-8)."""

from datetime import timedelta
from typing import Literal

from settings.base import Model
from settings.day import Day, today
from settings.types import Text

EXPIRY_NOTICE = timedelta(days=30)


class Registration(Model):
    """The domain's registration, which no provider manages here (ED-8)."""

    registrar: Text
    """Where the domain is registered."""

    expires_on: Day
    """Last day of the paid period; `./jtld dns` reminds of it 30 days before (ED-8)."""

    auto_renew: Literal[True] = True
    """The registration renews itself (ED-8)."""

    whois_privacy: Literal[True] = True
    """The owner's data is hidden from the public registry (ED-8)."""

    @property
    def expires_soon(self) -> bool:
        """Whether it is time to look after the registration by hand (ED-8)."""
        return self.expires_on - today() <= EXPIRY_NOTICE
