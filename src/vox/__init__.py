"""vox: one door to every neural voice on a machine.

Kept empty on purpose: the command line and every worker pay for what is imported here.
"""

__version__ = "0.1.0"
