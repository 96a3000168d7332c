"""Spec page 3: companies' routers and their keys, under Spanish names, for a super admin.

The same rows as `/routers/`; the wire names live in this package alone.
"""
