"""What a rep does, a function each."""
