"""The adapter for Odoo's CRM (JSON-2, version 19 and later)."""

from callsheet.crm.odoo.adapter import OdooCrm, connect

__all__ = ["OdooCrm", "connect"]
