#!/usr/bin/env python
"""Django's command line for Switchboard."""

import sys

from gateway.command import main

if __name__ == "__main__":
    main(sys.argv)
