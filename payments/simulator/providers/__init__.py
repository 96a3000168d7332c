"""The payment providers, one a file."""
