from cloudpilot.errors import Conflict, DomainError


class CodeTaken(Conflict):
    """Another voucher of the router has this code."""

    code = "code_taken"


class PackageRetired(Conflict):
    """The package is not sold any more."""

    code = "package_retired"


class VoucherEnded(Conflict):
    """The voucher is over, by the clock, by its limits or by somebody's decision."""

    code = "voucher_ended"


class VoucherInUse(Conflict):
    """Somebody has logged in with the voucher, or may be doing so now."""

    code = "voucher_in_use"


class VoucherNotPaused(Conflict):
    code = "voucher_not_paused"


class VoucherPaused(Conflict):
    code = "voucher_paused"


class NothingToExtend(DomainError):
    """The voucher has no such limit that could be moved."""

    code = "nothing_to_extend"


class ExtendedTooFar(DomainError):
    """The voucher would allow more than can be reckoned with."""

    code = "extended_too_far"


class VoucherNotValid(DomainError):
    """Nobody gets in with this code here; why, is nobody's business who does not know it."""

    status = 404
    code = "voucher_not_valid"
