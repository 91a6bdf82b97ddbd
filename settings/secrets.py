"""The stack secrets: which exist, where they are required, what they look like. Values stay with Pulumi."""

import base64
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from settings.alerting import PagerDuty
from settings.cache import ExternalCache
from settings.database import ExternalDatabase
from settings.errors import PROJECT, ROOT, Report
from settings.types import ENVIRONMENTS, EnvironmentName

if TYPE_CHECKING:  # its rules ask which secrets there are
    from settings.model import Settings


@dataclass(frozen=True, kw_only=True)
class StackSecret:
    """One secret of a stack, given as `jtld-platform:<name>` and encrypted by Pulumi (HO-N1).

    A whole value matches `pattern`, which `form` puts in words; `stand_in` makes a worthless one (sandbox).
    `needed` says with which settings there is a use for it, `service` whose key it is in `thirdParty.services`;
    of the services that a stack may choose instead of AWS' own, any that is listed.
    """

    name: str
    purpose: str
    form: str
    pattern: re.Pattern[str]
    stand_in: Callable[[], str]
    required_in: tuple[EnvironmentName, ...] = ENVIRONMENTS
    needed: Callable[["Settings"], bool] = lambda _: True
    service: str | None = None

    def required(self, settings: "Settings") -> bool:
        """Return whether a stack with these settings cannot do without it."""
        return settings.environment.name in self.required_in and self.needed(settings)


def _stand_in_pem() -> str:
    """Return a private key's frame around random bytes; made when run, so that no file seems to hold one."""
    body = base64.encodebytes(secrets.token_bytes(1190)).decode()
    return "-----BEGIN {0}-----\n{1}-----END {0}-----\n".format("PRIVATE KEY", body)


def _url(name: str, purpose: str, *schemes: str, needed: Callable[["Settings"], bool]) -> StackSecret:
    """Return the secret that holds a service's address with its password."""
    return StackSecret(
        name=name,
        purpose=purpose,
        form=f"an address with user and password that begins with {' or '.join(schemes)}://",
        pattern=re.compile(
            rf"(?:{'|'.join(schemes)})://[^\s:@/]+:[^\s@/]+@[a-z0-9.-]+(?::\d{{2,5}})?(?:[/?]\S*)?"
        ),
        stand_in=lambda: f"{schemes[0]}://stand-in:{secrets.token_hex(16)}@data.example.com/jtld",
        # Settings refuse such services in prod.
        required_in=("dev", "staging"),
        needed=needed,
    )


def _external_database(settings: "Settings") -> bool:
    return isinstance(settings.database, ExternalDatabase)


def _external_cache(settings: "Settings") -> bool:
    return isinstance(settings.cache, ExternalCache)


def _pager_duty(settings: "Settings") -> bool:
    return isinstance(settings.alerting.pager, PagerDuty)


def _error_tracking(settings: "Settings") -> bool:
    return settings.error_tracking is not None


def _grafana(settings: "Settings") -> bool:
    return settings.grafana is not None


def _stand_in_token(prefix: str, length: int) -> Callable[[], str]:
    return lambda: prefix + "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(length))


SECRETS: dict[str, StackSecret] = {
    secret.name: secret
    for secret in (
        StackSecret(
            name="filesSigningPrivateKey",
            service="aws",
            purpose="signs the URLs of private files (ST-5); storage.delivery.signingPublicKeys verify them",
            form="a private key in PEM",
            pattern=re.compile(
                r"-----BEGIN (?P<kind>(?:RSA |EC )?PRIVATE KEY)-----\n"
                r"(?:[A-Za-z0-9+/=]{1,76}\n)+"
                r"-----END (?P=kind)-----\n?"
            ),
            stand_in=_stand_in_pem,
        ),
        StackSecret(
            name="cloudflareApiToken",
            service="cloudflare",
            purpose="lets the provider manage the zone: a token for this zone alone (ED-1)",
            form="a Cloudflare API token, 40 to 80 letters, digits, dashes and underscores",
            pattern=re.compile(r"[A-Za-z0-9_-]{40,80}"),
            stand_in=_stand_in_token("", 40),
        ),
        StackSecret(
            name="vercelApiToken",
            service="vercel",
            purpose="lets the provider manage the project: a token that expires, for this team alone (HO-1)",
            form="a Vercel token, 24 to 80 letters, digits and underscores",
            pattern=re.compile(r"[A-Za-z0-9_]{24,80}"),
            stand_in=_stand_in_token("", 24),
        ),
        StackSecret(
            name="sendgridApiKey",
            service="sendgrid",
            purpose="sends through SendGrid when the provider is switched (EM-7)",
            form="a SendGrid key: SG., an id, a dot and the key",
            pattern=re.compile(r"SG\.[\w-]{16,32}\.[\w-]{32,64}"),
            stand_in=_stand_in_token(f"SG.{'standin' * 3}.", 43),
        ),
        StackSecret(
            name="resendApiKey",
            service="resend",
            purpose="sends through Resend when the provider is switched (EM-7)",
            form="a Resend key: re_ and letters, digits and underscores",
            pattern=re.compile(r"re_\w{20,60}"),
            stand_in=_stand_in_token("re_", 33),
        ),
        StackSecret(
            name="sentryAuthToken",
            service="sentry",
            purpose="uploads source maps to Sentry during the build (HO-2, MO-7)",
            form="a Sentry token of 32 to 300 characters without blanks",
            pattern=re.compile(r"[\w+/=.-]{32,300}"),
            stand_in=_stand_in_token("sntrys_", 64),
        ),
        StackSecret(
            name="sentryApiToken",
            service="sentry",
            purpose="lets the provider make Sentry's project and alert rules: an internal integration's token (MO-7)",
            form="a Sentry token of 32 to 300 characters without blanks",
            pattern=re.compile(r"[\w+/=.-]{32,300}"),
            stand_in=_stand_in_token("sntryi_", 64),
            needed=_error_tracking,
        ),
        StackSecret(
            name="grafanaToken",
            service="grafana",
            purpose="lets the provider make Grafana's folder, sources and dashboards: a service account's token (MO-4)",
            form="a token of a service account of Grafana: glsa_, 32 letters and digits, _ and 8 hexadecimal digits",
            pattern=re.compile(r"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}"),
            stand_in=lambda: _stand_in_token("glsa_", 32)() + f"_{secrets.token_hex(4)}",
            needed=_grafana,
        ),
        StackSecret(
            name="pagerDutyIntegrationKey",
            service="pagerduty",
            purpose="opens incidents in PagerDuty for critical alarms (MO-2)",
            form="the 32 letters and digits of an integration key of PagerDuty",
            pattern=re.compile(r"[A-Za-z0-9]{32}"),
            stand_in=_stand_in_token("", 32),
            needed=_pager_duty,
        ),
        _url(
            "externalDatabaseUrl",
            "reaches the service's pooled PostgreSQL (DB-5)",
            "postgresql",
            "postgres",
            needed=_external_database,
        ),
        _url(
            "externalDirectUrl",
            "reaches the service's PostgreSQL for migrations (DB-5)",
            "postgresql",
            "postgres",
            needed=_external_database,
        ),
        _url(
            "externalRedisUrl",
            "reaches the service's Redis, over TLS (CA-1)",
            "rediss",
            needed=_external_cache,
        ),
    )
}


def check_secrets(settings: "Settings", values: Mapping[str, str | None], *, source: str) -> None:
    """Accept the decrypted `values` of the secrets of `settings`' stack, by name; none is kept or shown.

    Raises:
        SettingsError: naming every secret that is missing or is not what it should be.
    """
    report = Report(source)
    stack = settings.environment.name
    for secret in SECRETS.values():
        value = values.get(secret.name)
        if value is None and not secret.required(settings):
            continue
        if value is None or not secret.pattern.fullmatch(value):
            report.add(
                (ROOT, f"{PROJECT}:{secret.name}"),
                given="nothing" if value is None else "a secret of another form (not shown)",
                rule=f"must be {secret.form}",
                reason=f"it {secret.purpose}",
                remedy=f"Store it: `pulumi config set --secret --stack {stack} {PROJECT}:{secret.name}`.",
            )
    report.conclude()
