"""One verb a file, each with `run(argv) -> exit code`; `argv[0]` is the verb."""
