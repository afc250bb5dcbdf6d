"""The adapter for Pipedrive, which speaks two versions of its interface at once."""

from callsheet.crm.pipedrive.adapter import PipedriveCrm, connect

__all__ = ["PipedriveCrm", "connect"]
