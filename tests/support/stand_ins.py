"""Secrets that are none, for runs that need some."""

from settings.secrets import SECRETS as REGISTRY

SECRETS = {name: secret.stand_in() for name, secret in REGISTRY.items()}
