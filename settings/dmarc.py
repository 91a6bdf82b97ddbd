"""DMARC as a state machine with dates: watch, quarantine, reject, and no step without its record (EM-2)."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Annotated

from pydantic import Field

from settings.base import Model, Violation, rule
from settings.day import Day, today

QUARANTINE_BEFORE_REJECT = timedelta(days=30)


class DmarcStage(StrEnum):
    """What receivers are asked to do with mail that fails; each stage is stricter than the one before."""

    MONITOR = "monitor"
    QUARANTINE = "quarantine"
    REJECT = "reject"

    @property
    def policy(self) -> str:
        """The value of the record's `p` tag."""
        return "none" if self is DmarcStage.MONITOR else self.value


class DmarcSettings(Model):
    """The stage of DMARC and since when each stage has been in force (EM-2, EM-N3)."""

    stage: DmarcStage = Field(default=DmarcStage.QUARANTINE, strict=False)
    """The stage in force: monitor, quarantine (where every domain starts) or reject (EM-2)."""

    monitor_since: Day | None = None
    """Day from which reports were collected without any effect on mail."""

    quarantine_since: Day | None = None
    """Day from which failing mail goes to the spam folder: reject needs 30 days of it (EM-N3)."""

    reject_since: Day | None = None
    """Day from which failing mail is refused."""

    report_mailbox: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._+-]{0,63}$")] = "dmarc"
    """Mailbox at the environment's domain that receives the aggregate reports (the `rua` tag)."""

    def since(self, stage: DmarcStage) -> date | None:
        """Return the recorded first day of `stage`."""
        return {
            DmarcStage.MONITOR: self.monitor_since,
            DmarcStage.QUARANTINE: self.quarantine_since,
            DmarcStage.REJECT: self.reject_since,
        }[stage]

    def record(self, domain: str) -> str:
        """Return the TXT value for `_dmarc.<domain>`; sub-domains are held to the same stage."""
        policy = self.stage.policy
        return (
            f"v=DMARC1; p={policy}; sp={policy}; adkim=r; aspf=r; rua=mailto:{self.report_mailbox}@{domain}"
        )

    @rule
    def _the_stage_has_begun(self) -> Iterator[Violation]:
        name = f"{self.stage}_since"
        begun = self.since(self.stage)
        if begun is None or begun > today():
            yield Violation(
                name,
                rule=f"must be the day from which DMARC is at {self.stage}, today at the latest",
                reason="the next stage counts its days from it (EM-2)",
                remedy="Write the day of the change that brings this stage into force.",
            )

    @rule
    def _stages_follow_each_other(self) -> Iterator[Violation]:
        recorded = [(stage, day) for stage in DmarcStage if (day := self.since(stage)) is not None]
        for (earlier, first), (later, second) in pairwise(recorded):
            if second <= first:
                yield Violation(
                    f"{later}_since",
                    rule=f"must be later than the day of {earlier}",
                    reason="a stage follows the one before it (EM-2)",
                    remedy="Correct the dates; delete the ones that never came into force.",
                )
        stages = list(DmarcStage)
        for stage, _ in recorded:
            if stages.index(stage) > stages.index(self.stage):
                yield Violation(
                    "stage",
                    rule=f"must not fall back from {stage}, which is recorded as in force",
                    reason="a weaker policy invites forgers back (EM-2)",
                    remedy=f"Write stage: {stage}; to step back on purpose, delete {stage}Since.",
                )

    @rule
    def _reject_follows_thirty_days_of_quarantine(self) -> Iterator[Violation]:
        if self.stage is not DmarcStage.REJECT:
            return
        since, now = self.quarantine_since, self.reject_since or today()
        if since is None or now - since < QUARANTINE_BEFORE_REJECT:
            served = 0 if since is None else max((now - since).days, 0)
            yield Violation(
                "stage",
                rule=f"must not be reject before 30 recorded days of quarantine; recorded: {served}",
                reason="mail that somebody forgot to sign would be refused without a trace (EM-N3)",
                remedy="Stay at quarantine with its first day as quarantineSince, and read the reports.",
            )
