"""The adapter for EspoCRM (REST API, version 9)."""

from callsheet.crm.espocrm.adapter import EspoCrm, connect

__all__ = ["EspoCrm", "connect"]
