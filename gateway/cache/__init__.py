"""The answer cache: answers that finished well, given again to the same request.

``compiled`` says what is wanted, ``keying`` which requests are the same, ``answers`` is what a call meets; behind it
``memory``, ``shared`` (Redis) and ``disk`` keep entries, ``flights`` joins identical calls, ``similar`` finds those
that are alike.
"""
