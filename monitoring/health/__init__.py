"""Whether providers and models are well: from real traffic first, free probes second, paid tests when asked."""
