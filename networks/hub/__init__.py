"""The host that CloudPilot runs on, as a node of networks: see `docs/mesh-hub.md`.

`membership` is what the API does: it writes what shall be. `running` makes it so, in the one process
that may: it reads what shall be as `tunnels`, and `host` brings those up with `ip` and `wg`.
"""
