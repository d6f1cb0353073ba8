"""The submodule of the checkout, as far as vox looks for it."""
