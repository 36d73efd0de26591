"""The caller's side: how one logical call becomes attempts, under its link's policies, over its link's network."""
