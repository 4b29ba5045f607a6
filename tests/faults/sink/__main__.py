"""`python -m tests.faults.sink SMTP-PORT HTTP-PORT CONTROL JOURNAL PIPELINING`: serve mail."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.faults.sink.serving import serve

if __name__ == "__main__":
    _, smtp, http, control, journal, pipelining = sys.argv
    asyncio.run(
        serve(int(smtp), int(http), Path(control), Path(journal), pipelining=pipelining == "1")
    )
