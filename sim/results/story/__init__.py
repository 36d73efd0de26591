"""The story of a run: what happened in order, every sentence measured."""
