"""The documentation, and what fills the parts of it that are made from the code."""
