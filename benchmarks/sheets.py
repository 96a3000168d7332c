"""What a printable sheet costs, and how fast codes are made."""

import os
import sys
import time
from datetime import timedelta
from decimal import Decimal

PROMISED = {"10,000 codes": 0.1, "sheet of 1,000 cards": 3.0}


def main():
    os.environ["DJANGO_SETTINGS_MODULE"] = "cloudpilot.settings"
    from hotspot import codes, sheets

    def cards(count):
        return [
            sheets.Card(code, "Day pass", Decimal("50.00"), "KES", timedelta(days=1), 5, 2, 2048, 1)
            for code in codes.new_codes(count)
        ]

    sheet = sheets.Sheet("مقهى النور", login_url="http://login.uhuru.example/login")
    few, thousand, many = cards(1), cards(1_000), cards(10_000)
    sheets.pdf(sheet, few)  # loads the fonts

    acts = {
        "10,000 codes": lambda: codes.new_codes(10_000),
        "sheet of 1,000 cards": lambda: sheets.pdf(sheet, thousand),
        "sheet of 10,000 cards": lambda: sheets.pdf(sheet, many),
        "CSV of 10,000 cards": lambda: b"".join(sheets.csv(many)),
    }
    late = []
    print(f"{'measured':<24}{'seconds':>9}{'CPU':>9}{'promised':>10}{'kB':>8}")
    for name, act in acts.items():
        wall, cpu, result = measure(act)
        size = f"{len(result) // 1024}" if isinstance(result, bytes) else ""
        promised = PROMISED.get(name)
        print(
            f"{name:<24}{wall:>9.3f}{cpu:>9.3f}{f'<= {promised}' if promised else '':>10}{size:>8}"
        )
        if promised and wall > promised:
            late.append(name)
    sys.exit(bool(late))


def measure(act):
    wall, cpu = time.perf_counter(), time.process_time()
    result = act()
    return time.perf_counter() - wall, time.process_time() - cpu, result


if __name__ == "__main__":
    main()
