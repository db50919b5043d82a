"""Provider logs: per provider, and per process, typed events as JSON lines in a rotating file, and the last 500 of each
provider in memory, or in Redis where there is one, so that all processes show the same."""
