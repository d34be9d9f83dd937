"""Facts shipped with the product: the public-sector calendar."""
