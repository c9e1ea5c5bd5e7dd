"""Every mail we owe: attempts, backoff and outcome; the table is its own worklist."""
