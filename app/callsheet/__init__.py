"""callsheet: a rep's daily call sheet in the terminal."""
