"""Reusable building blocks of the platform: one component a module, and the small vocabulary they share."""
