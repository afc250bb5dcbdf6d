"""Bringing the journal into a remote CRM, and the CRM's changes into the journal."""
