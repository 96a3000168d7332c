"""Money: whole minor units in the database, decimal strings on the wire."""

from decimal import Decimal

# ISO 4217: how many decimals a currency has, where it is not two.
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENTS = dict.fromkeys(_NONE.split(), 0) | dict.fromkeys(_THREE.split(), 3)


def exponent(currency: str) -> int:
    """Return how many decimals amounts of `currency` have."""
    return _EXPONENTS.get(currency, 2)


def to_minor(amount: Decimal, currency: str) -> int:
    """Return `amount` in minor units. Raises `ValueError` if it has more decimals than the currency."""
    scaled = amount.scaleb(exponent(currency))
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{currency} has {exponent(currency)} decimals.")
    return int(scaled)


def to_text(minor: int, currency: str) -> str:
    """Return minor units as a decimal string with all of the currency's decimals, such as `2.50`."""
    return str(Decimal(minor).scaleb(-exponent(currency)))
