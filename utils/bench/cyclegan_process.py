"""One contestant of `course bench cyclegan`, alone in its process.

It waits for its turn on standard input, so that it takes no core from the others, and answers in
JSON lines.
"""

import json
import sys

from utils.bench import contest


def main(options):
    contest.on_the_cpu()
    from utils.bench.cyclegan import Contestant

    contestant = Contestant(**json.loads(options))
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(contestant.turn(**asked) if asked else contestant.facts()), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
