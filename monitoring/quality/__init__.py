"""How good answers are, as scored by a judge model on a sample; off until somebody turns it on."""
