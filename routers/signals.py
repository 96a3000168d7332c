"""What this app announces, for apps above it to hear."""

from django.dispatch import Signal

# A pass over `router` has come to its end, and its lease is given back: `problems` are what it
# could not settle, and `error` is why it broke off, or empty.
pass_ended = Signal()
