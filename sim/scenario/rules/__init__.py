"""What the models alone cannot say: names that must exist, parts that must fit together, and what is unwise."""
