"""The simulation behind the ``demo`` vendor: it answers inside the process, without network or model."""
