"""New keys for all nodes of a network, while it is in use."""
