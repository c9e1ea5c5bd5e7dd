"""The kit that all doors share: forms, guards, headers, language and error pages."""
