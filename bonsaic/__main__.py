"""`python -m bonsaic`."""

import sys

from bonsaic.cli import main

if __name__ == "__main__":
    sys.exit(main())
