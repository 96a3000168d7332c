"""Plain peers, such as phones, laptops and servers: their configuration, as text and as a QR code."""
