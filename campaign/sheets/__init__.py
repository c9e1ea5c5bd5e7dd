"""Sign-ons that came by mail or sheet: read, looked through, brought in, and taken back as a whole."""
