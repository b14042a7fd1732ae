"""One contestant of `course bench cyclegan`, alone in its process.

It waits for its turn on standard input, so that it takes no core from the others, and answers in
JSON lines.
"""

import json
import sys

from utils.bench import contest
from utils.notebooks.lines import served


def main(options):
    """Serve one contestant, made with these options (JSON)."""
    contest.on_the_cpu()
    from utils.bench.cyclegan import Contestant

    requests, reply = served()
    contestant = Contestant(**json.loads(options))
    reply("ready")
    for asked in requests:
        reply(contestant.turn(**asked) if asked else contestant.facts())


if __name__ == "__main__":
    main(*sys.argv[1:])
