"""The command line: what the pages show and the API does, as ``switchboard providers list`` and the like."""
