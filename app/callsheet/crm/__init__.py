"""The only httpx: transport, and one folder an adapter."""
