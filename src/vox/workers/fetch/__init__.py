"""Pulls the files of a model: `python -m vox.workers.fetch REQUEST`, inside the engine's environment."""
