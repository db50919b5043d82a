"""How secrets become headers where that takes more than spelling them: token exchange and request signatures."""
