"""A checkout of CosyVoice for tests: its classes and calls with its habits, the bad ones too, and letters
instead of a voice. A text is its characters; a character is `PER_CHARACTER` speech tokens, a token 960 equal
samples. In `torch` and `torchaudio` is what vox and this use of them.

Not upstream's code, of which nothing is here.
"""
