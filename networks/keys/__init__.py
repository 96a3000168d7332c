"""Access keys: what lets devices join a network."""
