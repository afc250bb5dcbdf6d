"""The adapter for Salesforce (REST API)."""

from callsheet.crm.salesforce.adapter import Salesforce, connect

__all__ = ["Salesforce", "connect"]
