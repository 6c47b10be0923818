"""Cameras: one module for each kind, and the wrappers that all kinds share."""
