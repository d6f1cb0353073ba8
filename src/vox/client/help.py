"""What `vox --help` says."""

from __future__ import annotations

from vox import __version__

VERSION = f"vox {__version__}"

SHORT = """\
usage: vox [options] TEXT...        speak it
       vox [options] -o FILE TEXT... save it (wav mp3 opus ogg aac flac pcm ulaw alaw)
       vox --help                   all options and verbs"""

FULL = """\
usage: vox [options] TEXT...            speak a text
       vox [options] -f FILE            speak a file (- for the standard input)
       vox VERB ...                     one of the verbs below

A first word that is a verb is that verb; `vox say TEXT` and `vox -- TEXT` are always text.

what to say it with
  -b, --backend ENGINE[/MODEL]  engine, such as espeak or kokoro        ($VOX_ENGINE)
  -v, --voice VOICE             voice, see `vox voices`                 ($VOX_VOICE)
  -l, --lang LANG               language, such as en-gb or zh           ($VOX_LANG)
  -s, --speed SPEED             0.25 to 4, the pitch is kept            ($VOX_SPEED)
  -i, --instructions WORDS      how to say it, for engines that heed it: "cheerfully"
  -p, --preset PRESET           knobs of the engine by one name: expressive, fast, realtime, …
      --option NAME=VALUE       a knob of the engine; more than once for several
      --seed NUMBER             the same number gives the same speech again
      --no-normalize            leave figures and signs to the engine

where it goes (default: the daemon's own loudspeaker)
  -o, --output FILE             a file, its format by its suffix: .wav .mp3 .opus .ogg .aac
                                .flac .pcm .raw .ulaw .alaw; - for the standard output
      --format FORMAT           the format, where the suffix does not tell

how
      --no-daemon               don't use a running daemon, don't start one
      --keep-alive TIME         how long the engine stays loaded after this: 0, 30m, -1 (for ever)
      --no-cache                speak it anew
      --json                    report what was done as a JSON object
  -h, --help                    this text; `vox VERB --help` for a verb
      --version                 version

verbs
  say TEXT...                   speak TEXT, even if it begins with a verb
  stop                          stop what is playing, forget what is queued
  voices [ENGINE]               voices, and the languages they speak
  voices add NAME --audio FILE  make a voice of a recording; also show, rm, export, import
  engines                       engines, installed or not
  engine install|remove|check   an engine's own environment
  models                        models, pulled or not
  pull MODEL                    fetch the files of a model
  daemon start|stop|restart|status
                                the gateway in the background
  serve                         the gateway in the foreground
  ps                            engines that are loaded, and what they cost
  config get|set|unset|list     settings
  mcp                           tools for coding agents, on stdio (MCP)
  doctor                        what is wrong here, and what to do

Exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
