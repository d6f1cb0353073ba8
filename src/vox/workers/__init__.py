"""The heavy side: every module here runs in a worker process, on Python 3.10 or later, in an engine's own
virtual environment. Imports nothing of vox but `vox.wire`."""
