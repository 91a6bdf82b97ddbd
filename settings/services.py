"""The services of others, declared once: what each is for and what we do without it (TP-1, TP-5).

What a stack has bought of them, and whose keys it holds, is in `settings.third_party`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Service:
    """What is true of a service in every environment.

    `limit` names the usage that its plan bounds. `probe` is asked without a key; a healthy answer is 2xx or
    3xx and holds `probe_contains`.
    """

    name: str
    title: str
    purpose: str
    owner: str
    limit: str
    sla: str
    support: str
    status_page: str
    fallback: str
    probe: str
    probe_contains: str | None = None


SERVICES = (
    Service(
        name="aws",
        title="Amazon Web Services",
        purpose="database, cache, files, containers, jobs, backups, e-mail",
        owner="platform-team",
        limit="cost per month",
        sla="99.9 % to 99.95 % by service",
        support="https://console.aws.amazon.com/support/",
        status_page="https://health.aws.amazon.com/health/status",
        fallback="Files: Cloudflare serves what it has, uploads queue in the browser and are retried. E-mail: "
        "SendGrid or Resend. Data: restore in ca-west-1 from the copies.",
        probe="https://s3.ca-central-1.amazonaws.com/",
    ),
    Service(
        name="cloudflare",
        title="Cloudflare",
        purpose="DNS, CDN, TLS, firewall",
        owner="platform-team",
        limit="rules of the plan",
        sla="100 % from Business; none below",
        support="https://dash.cloudflare.com/support/",
        status_page="https://www.cloudflarestatus.com/",
        fallback="edge.webTraffic: failOver: records point straight at the origins, with a TTL of 60 seconds",
        probe="https://api.cloudflare.com/client/v4/ips",
        probe_contains='"success":true',
    ),
    Service(
        name="vercel",
        title="Vercel",
        purpose="hosts the application",
        owner="web-team",
        limit="function hours and bandwidth",
        sla="99.99 % on Enterprise; none below",
        support="https://vercel.com/help",
        status_page="https://www.vercel-status.com/",
        fallback="Cloudflare's Always Online shows the public pages; the status page is hosted elsewhere",
        probe="https://vercel.com/",
    ),
    Service(
        name="sendgrid",
        title="Twilio SendGrid",
        purpose="second way of sending mail",
        owner="platform-team",
        limit="messages per month",
        sla="99.95 %",
        support="https://support.sendgrid.com/",
        status_page="https://status.sendgrid.com/",
        fallback="email.provider: ses or resend, one variable and a deployment",
        probe="https://status.sendgrid.com/api/v2/status.json",
        probe_contains='"indicator":"none"',
    ),
    Service(
        name="resend",
        title="Resend",
        purpose="third way of sending mail",
        owner="platform-team",
        limit="messages per month",
        sla="99.9 % on Scale; none below",
        support="https://resend.com/contact",
        status_page="https://resend-status.com/",
        fallback="email.provider: ses or sendgrid, one variable and a deployment",
        probe="https://resend.com/",
    ),
    Service(
        name="sentry",
        title="Sentry",
        purpose="errors of the application with their context",
        owner="web-team",
        limit="errors per month",
        sla="99.9 %",
        support="https://sentry.zendesk.com/",
        status_page="https://status.sentry.io/",
        fallback="The application's log in CloudWatch holds every error; alarms on the error rate do not need Sentry",
        probe="https://sentry.io/_health/",
    ),
    Service(
        name="github",
        title="GitHub",
        purpose="code, reviews, delivery",
        owner="platform-team",
        limit="workflow minutes per month",
        sla="99.9 % on Enterprise",
        support="https://support.github.com/",
        status_page="https://www.githubstatus.com/",
        fallback="Every clone holds the history; docs/operators/ says how to deploy from a person's machine",
        probe="https://www.githubstatus.com/api/v2/status.json",
    ),
    Service(
        name="pagerduty",
        title="PagerDuty",
        purpose="wakes whoever is on call",
        owner="platform-team",
        limit="users of the plan",
        sla="99.9 %",
        support="https://support.pagerduty.com/",
        status_page="https://status.pagerduty.com/",
        fallback="alerting.pager: sms sends critical alarms to telephones directly",
        probe="https://status.pagerduty.com/",
    ),
    Service(
        name="slack",
        title="Slack",
        purpose="every alarm, and the talk during an incident",
        owner="platform-team",
        limit="none that we near",
        sla="99.99 %",
        support="https://slack.com/help",
        status_page="https://slack-status.com/",
        fallback="The same alarms go to the mailbox; incidents move to a telephone conference",
        probe="https://slack.com/api/api.test",
        probe_contains='"ok":true',
    ),
)

OPTIONAL_SERVICES = (
    Service(
        name="grafana",
        title="Grafana",
        purpose="the dashboards, for teams that have Grafana anyway",
        owner="platform-team",
        limit="users of the plan",
        sla="99.5 % on Grafana Cloud",
        support="https://grafana.com/help/",
        status_page="https://status.grafana.com/",
        fallback="CloudWatch has the same dashboards; alarms do not pass through Grafana",
        probe="https://status.grafana.com/api/v2/status.json",
    ),
)
"""What only a stack has whose settings ask for it."""
