"""What the screens say, as pure functions from a view to `Content`: nothing here knows a widget or the book."""
