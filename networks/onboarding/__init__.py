"""Routers that set themselves up: one line is pasted, and the rest is fetched from us.

`scripts` holds what runs on the router, `texts` fills it in. `desired` is what a router should hold
as a script, for those that ask (`poll`) because we cannot reach them. `services` takes them in.
"""
