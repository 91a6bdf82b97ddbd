"""Contracts: data about each provider's types, one YAML file per service."""

from sandbox.contracts.loader import ContractError, Contracts, contract, function
from sandbox.contracts.model import Contract, Function, ProviderContract, ServiceFile

__all__ = [
    "Contract",
    "ContractError",
    "Contracts",
    "Function",
    "ProviderContract",
    "ServiceFile",
    "contract",
    "function",
]
