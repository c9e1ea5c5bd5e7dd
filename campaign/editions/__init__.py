"""The letter frozen: text and signatories as they were, numbered and hashed, and the PDFs made from them."""
