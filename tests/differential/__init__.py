"""Redis 7.0.15 and Skein, asked the same things."""
