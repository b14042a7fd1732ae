"""Real public sets, which lie beside the clone if anywhere; without them tests are skipped."""

import pytest

from utils import ROOT

REAL = ROOT.parent / "shared" / "tfds"
needs_real = pytest.mark.skipif(
    not (REAL / "mnist").is_dir() or not (REAL / "cycle_gan").is_dir(),
    reason=f"public sets that are not beside this clone: {REAL} with mnist and cycle_gan",
)
