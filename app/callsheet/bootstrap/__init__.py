"""The one place that knows all layers and puts them together; each module wires one thing."""
