"""What routers show of the networks that they are in: keys, handshakes, what is around them."""
