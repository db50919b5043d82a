"""Classifiers: how safe a text is. ``lexicon`` judges in this process; ``moderation`` and ``judge`` ask a model behind
a provider, through the relay (``asking``); ``naming`` knows them by name; ``here`` is the lexicon as a provider.
"""
