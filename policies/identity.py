"""IAM: no people and no keys; roles that exactly the right caller can take on."""

from pulumi_policy import Severity

from policies import tokens as t
from policies.decorator import policy
from policies.documents import Statement, per_statement
from policies.resources import Resource, Stack
from policies.values import Findings, Truth


@policy(
    id="identity-no-users",
    title="There are no IAM users and no long-lived keys",
    severity=Severity.HIGH,
    requirements=("HO-6", "ST-N7", "DL-N3"),
    controls=("IAM.2", "IAM.3", "CIS 1.14", "CIS 1.15", "CKV_AWS_40", "CKV_AWS_273"),
    remedy="Federate by OIDC into a role; a static key that the settings ask for needs a waiver.",
    each=(t.USER, t.ACCESS_KEY, t.LOGIN_PROFILE, t.USER_POLICY, t.USER_POLICY_ATTACHMENT),
)
def no_users(resource: Resource) -> Findings:
    """Refuse whatever makes or equips a user."""
    yield resource.must(Truth.NO, "must not exist")


@policy(
    id="identity-trust-closed",
    title="No role can be taken on by everyone",
    severity=Severity.CRITICAL,
    requirements=("HO-6",),
    controls=("CKV_AWS_60", "CKV_AWS_61"),
    remedy="Name the service, account or identity provider that takes the role on.",
    each=(t.ROLE,),
)
def trust_closed(role: Resource) -> Findings:
    """Check every statement of the trust policy."""
    says = "lets any principal take the role on"
    return per_statement(role["assumeRolePolicy"], lambda statement: not statement.public, says)


@policy(
    id="identity-service-trust-pinned",
    title="A service takes a role on for this platform only",
    severity=Severity.HIGH,
    requirements=("ST-4",),
    controls=("CKV_AWS_60", "prowler confused_deputy"),
    remedy="Add aws:SourceAccount or aws:SourceArn to the statement's conditions.",
    # These services take roles on for a resource that itself names the role, and send no source.
    limits={"withoutSource": ["ec2.amazonaws.com", "lambda.amazonaws.com"]},
    each=(t.ROLE,),
)
def service_trust_pinned(role: Resource) -> Findings:
    """Look for the source that keeps a service from acting for a stranger."""

    def acceptable(statement: Statement) -> bool:
        services = set(statement.principals.get("Service", ())) - set(role.limits["withoutSource"])
        return not statement.allows or not services or statement.narrowed

    return per_statement(role["assumeRolePolicy"], acceptable, "trusts a service whoever it acts for")


@policy(
    id="identity-external-id",
    title="Another account's role or user takes a role on with an external id only",
    severity=Severity.HIGH,
    requirements=("HO-6", "MO-4"),
    controls=("prowler iam_role_cross_service_confused_deputy_prevention",),
    remedy="Compare sts:ExternalId by StringEquals with the id that was agreed upon.",
    each=(t.ROLE,),
)
def external_id(role: Resource) -> Findings:
    """Look for the id that keeps a company with many customers from acting for the wrong one."""

    def acceptable(statement: Statement) -> bool:
        # Everyone is identity-trust-closed's business.
        strangers = statement.allows and not statement.anyone and statement.principals.get("AWS", ())
        return not strangers or bool(statement.condition("sts:ExternalId", "StringEquals"))

    return per_statement(role["assumeRolePolicy"], acceptable, "trusts an account without an external id")


@policy(
    id="identity-federation-exact",
    title="Federated roles trust one audience and exact subjects",
    severity=Severity.CRITICAL,
    requirements=("HO-6", "DL-1"),
    controls=("CKV_AWS_393",),
    remedy="Compare the provider's :aud and :sub by StringEquals, without wildcards.",
    each=(t.ROLE, t.OIDC_PROVIDER),
)
def federation_exact(resource: Resource) -> Findings:
    """Check trust policies, and the audiences of the provider they trust."""

    def pinned(statement: Statement, claim: str) -> bool:
        issuers = [name.partition("oidc-provider/")[2] for name in statement.principals.get("Federated", ())]
        values = [statement.condition(f"{issuer}:{claim}", "StringEquals") for issuer in issuers]
        return all(found and not any("*" in value or "?" in value for value in found) for found in values)

    def acceptable(statement: Statement) -> bool:
        web = statement.allows and statement.covers("sts:AssumeRoleWithWebIdentity")
        return not web or (pinned(statement, "aud") and pinned(statement, "sub"))

    says = "trusts more than one exact audience and subject"
    yield from per_statement(resource["assumeRolePolicy"], acceptable, says)
    if resource.type == t.OIDC_PROVIDER:
        audiences = resource["clientIdLists"]
        named = audiences.given & ~audiences.some(lambda audience: audience.equals("*"))
        yield audiences.must(named, "must name the audiences")


@policy(
    id="identity-attachments-one-way",
    title="A role's policies are attached in one way only",
    severity=Severity.LOW,
    requirements=("ST-4",),
    controls=("AG iam-role-no-policy-management-conflicts",),
    remedy="Leave managedPolicyArns and inlinePolicies out: they delete what is attached beside them.",
    across=(t.ROLE, t.ROLE_POLICY, t.ROLE_POLICY_ATTACHMENT),
)
def attachments_one_way(stack: Stack) -> Findings:
    """Compare the exclusive lists with what stands beside them."""
    for role in stack.of(t.ROLE):
        for listed, beside in (
            ("managedPolicyArns", t.ROLE_POLICY_ATTACHMENT),
            ("inlinePolicies", t.ROLE_POLICY),
        ):
            both = role[listed].given & stack.has(role, beside, "role")
            yield role.must(~both, f"{listed} would remove what is attached beside it")
