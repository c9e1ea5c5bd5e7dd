"""Who may sign in at the desk, and what each role may do."""
