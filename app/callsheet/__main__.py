"""`python -m callsheet` is `callsheet`."""

from callsheet.cli import main

main()
