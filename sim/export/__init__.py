"""Results as documents: JSON summaries, result folders, JUnit. Each is written under another name, then renamed."""
