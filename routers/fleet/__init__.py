"""How the routers fare: what the sweeps ask, what follows from the answers, what is kept of them."""
