from policies import tokens as t
from tests.policies.drafts import Case, Draft
from tests.policies.harness import node

R = t.DNS_RECORD


def _change(name: str, path: str, value: object, policy: str) -> Case:
    return Case(policy=policy, breaks=lambda draft: draft.set(R, path, value, name))


def _second_spf(draft: Draft) -> None:
    spf = draft.find(R, "spf")
    draft.add(node(R, "spf-again", spf.inputs, depends={"zoneId": [draft.find(t.ZONE)]}))


CASES = (
    _change("mx-smtp-google-com", "proxied", True, "dns-mail-unproxied"),
    _change("transactional-ses-dkim-1", "proxied", True, "dns-mail-unproxied"),
    _change("marketing-sendgrid-bounces", "proxied", True, "dns-mail-unproxied"),
    Case(
        policy="dns-web-proxied",
        breaks=lambda draft: (
            draft.set(R, "proxied", False, "web-api"),
            draft.set(R, "ttl", 3600, "web-api"),
        ),
    ),
    Case(policy="dns-purpose", breaks=lambda draft: draft.unset(R, "comment", "web-admin")),
    _change("spf", "ttl", 60, "dns-ttl"),
    _change("marketing-sendgrid-bounces", "name", "*.news.jtldconsulting.com", "dns-public-addresses"),
    Case(
        policy="dns-public-addresses",
        adds=(
            node(
                R,
                "office",
                {
                    "type": "A",
                    "name": "jtldconsulting.com",
                    "content": "76.76.21.21",
                    "proxied": True,
                    "ttl": 1,
                    "comment": "The site, once more",
                },
            ),
        ),
        breaks=lambda draft: draft.set(R, "content", "10.0.0.7", "office"),
    ),
    _change("web-portal", "content", "abandoned.example.net", "dns-target-owned"),
    _change("caa-issue-amazon", "data.value", "any-authority.example", "dns-certificate-authorities"),
    Case(policy="dns-certificate-authorities", breaks=lambda draft: draft.drop(R, "caa-report")),
    _change("spf", "content", '"v=spf1 include:amazonses.com +all"', "dns-spf"),
    _change("spf", "content", '"v=spf1 ptr ~all"', "dns-spf"),
    _change("spf", "content", '"v=spf1 include:nobody.example ~all"', "dns-spf"),
    Case(policy="dns-spf", breaks=_second_spf),
    Case(policy="dns-spf", breaks=lambda draft: draft.drop(R, "spf")),
    Case(policy="dns-dmarc", breaks=lambda draft: draft.drop(R, "dmarc")),
    _change("dmarc", "content", '"v=DMARC1; p=none; rua=mailto:dmarc@jtldconsulting.com"', "dns-dmarc"),
    _change("dmarc", "content", '"v=DMARC1; p=quarantine; rua=mailto:dmarc@example.net"', "dns-dmarc"),
)
