"""HubSpot: contacts are leads, activities carry our key, and everything is written so that it may be repeated."""

from callsheet.crm.hubspot.adapter import HubSpot, connect

__all__ = ["HubSpot", "connect"]
