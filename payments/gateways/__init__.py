"""The payment providers, one a file, all behind `base.Gateway`. Knows no Django and no model."""
