"""The demonstration: example letter, mailbox that takes every mail, launcher; all outside campaign."""
