"""The screens: the only place that knows Textual. They get a desk and never open the book themselves."""
