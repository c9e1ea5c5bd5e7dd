"""Tools that have never heard of letters and never see a request."""
