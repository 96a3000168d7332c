"""Nodes: devices in a network, what they are told, and what they may do themselves."""
