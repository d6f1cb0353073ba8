"""The user's side: the command line.

Everything that an ordinary `vox "text"` passes through (`cli`, `arguments`, `say`, `door`, `http11`,
`output`) imports nothing that the interpreter has not loaded already, but `_socket` and `_json`: each
import costs the listener milliseconds. The rest is imported when it is needed.
"""
