"""A signature from form to counted, and the one way to a list of them."""
