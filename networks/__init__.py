"""Mesh networks: routers and plain peers that reach each other, and us, over WireGuard.

Each subject of the API has a folder of its own: `mesh` the networks, `keys`, `nodes`, `admins`.
What is decided stands beside them; `addressing` and `wireguard` know no Django.
"""
