"""Letters: their text and its versions, who publishes them, and to whom they go."""
