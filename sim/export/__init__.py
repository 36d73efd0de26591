"""Results as documents: JSON summaries, result folders, JUnit. Written beside and renamed, never half."""
