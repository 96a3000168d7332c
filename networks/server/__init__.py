"""The page's server management: whether this installation's host, or a router, is a network's hub."""
