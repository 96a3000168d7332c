"""Networks: `/api/networks`, and `/api/network` as the page also has it."""
