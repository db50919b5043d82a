"""Client programs as people use them, against a Switchboard in front of a fake vendor that speaks OpenAI's wire."""
