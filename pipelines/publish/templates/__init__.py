"""Jinja templates and style sheets of the pages (a package, so that they are installed with the code)."""
